import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ALLOCATION_NODE_FLAGS } from './child/allocation.js';
import { CONTESTANTS, NOOP, OWN, type Contestant } from './contestants.js';
import { startRunner, type RunOutcome } from './run.js';

/**
 * `npm run bench:gate`: what a change must not make worse, without a clock. Spans, posts and bytes
 * are the same on every machine; allocated bytes are within 1 % on the same major version of Node.
 *   --update   writes the measured numbers to bench/gate.json
 */
const { values: flags } = parseArgs({ options: { update: { type: 'boolean', default: false } } });

const FILE = join(import.meta.dirname, 'gate.json');
/** How much more than the committed number may be allocated. */
const MARGIN = 1.03;
const TURNS = [50, 200];

interface Numbers {
  readonly turns: number;
  readonly spans: number;
  readonly posts: number;
  readonly wireBytes: number;
  readonly allocatedBytes: number;
  readonly offHeapBytes: number;
}

interface GateFile {
  readonly node: string;
  readonly sessions: readonly Numbers[];
}

const runner = await startRunner(['project']);
const sessions: Numbers[] = [];
for (const turns of TURNS) sessions.push(await measure(turns));
runner.close();
const measured: GateFile = {
  node: `v${String(process.versions.node.split('.')[0])}`,
  sessions,
};
const text = `${JSON.stringify(measured, undefined, 2)}\n`;
process.stdout.write(text);

if (flags.update) writeFileSync(FILE, text);
else {
  const failures = compare(measured, JSON.parse(readFileSync(FILE, 'utf8')) as GateFile);
  for (const failure of failures) console.error(`gate: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  else console.log('gate: passed');
}

async function measure(turns: number): Promise<Numbers> {
  const play = (name: string): Promise<RunOutcome> =>
    runner.run(
      find(name),
      { measure: 'allocation', turns, alphabet: 'ascii', sessions: 1, timeScale: 1 },
      ALLOCATION_NODE_FLAGS,
    );
  const [none, { result, received }] = [await play(NOOP), await play(OWN)];
  if (received.spans === 0 || received.spans !== result.spans) {
    throw new Error(`gate: ${String(received.spans)} of ${String(result.spans)} spans arrived`);
  }
  const [own, floor] = [result.allocation, none.result.allocation];
  if (own === undefined || floor === undefined) throw new Error('gate: nothing measured');
  if (own.collections + floor.collections > 0) throw new Error('gate: the heap was collected');
  return {
    turns,
    spans: received.spans,
    posts: received.requests,
    wireBytes: received.bytes,
    allocatedBytes: own.heapBytes - floor.heapBytes,
    offHeapBytes: own.offHeapBytes - floor.offHeapBytes,
  };
}

function find(name: string): Contestant {
  const found = CONTESTANTS.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no contestant is called ${name}`);
  return { ...found, home: 'project' };
}

function compare(now: GateFile, committed: GateFile): readonly string[] {
  const failures: string[] = [];
  for (const [index, own] of now.sessions.entries()) {
    const expected = committed.sessions[index];
    for (const key of ['turns', 'spans', 'posts', 'wireBytes'] as const) {
      if (own[key] !== expected?.[key]) {
        failures.push(`${key}: ${String(own[key])}, not ${String(expected?.[key])}`);
      }
    }
    if (now.node !== committed.node || expected === undefined) continue;
    for (const key of ['allocatedBytes', 'offHeapBytes'] as const) {
      if (!(own[key] <= expected[key] * MARGIN)) {
        failures.push(
          `${String(own.turns)} turns, ${key}: ${String(own[key])}, more than ${String(expected[key])} + 3 %`,
        );
      }
    }
  }
  return failures;
}
