import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ALLOCATION_NODE_FLAGS } from './child/allocation.js';
import { compileMeasuredCode } from './orchestrate/compile.js';
import { CONTESTANTS, NOOP, type Contestant } from './orchestrate/contestants.js';
import { COMPILED_DIRS, GATE_FILE, isPackageBuilt } from './orchestrate/places.js';
import { runRow, type Task } from './orchestrate/run-row.js';
import { startReceiver, type Receiver } from './receiver/receiver.js';

/**
 * `npm run bench:gate`: what a change must not make worse, without a clock. Everything here is the
 * same on every machine with the same Node major: bytes and posts exactly, allocated bytes within
 * the margin, and how they grow from 50 turns to 200.
 *   --update           writes the measured numbers to bench/gate.json
 *   --contestant name  gates another row (default: this package's)
 *   --file path        against another file
 */
const { values: flags } = parseArgs({
  options: {
    update: { type: 'boolean', default: false },
    contestant: { type: 'string', default: 'catalyst' },
    file: { type: 'string', default: GATE_FILE },
  },
});

const METRICS = 'catalyst:metrics';

/** How much more than the committed number may be allocated. */
const MARGIN = 1.03;
const SHORT_TURNS = 50;
const LONG_TURNS = 200;

interface GateNumbers {
  readonly spans: number;
  readonly posts: number;
  readonly wireBytes: number;
  readonly allocatedBytes: number;
  readonly offHeapBytes: number;
}

interface GateFile {
  readonly node: string;
  readonly short: GateNumbers;
  readonly long: GateNumbers;
  /** The short session with metrics on, which are posted as often as spans here: at every flush. */
  readonly withMetrics?: GateNumbers;
  /** Allocated bytes of the long session by those of the short one. */
  readonly growth: number;
}

const contestant = find(flags.contestant);
if (contestant.home === 'project' && !isPackageBuilt()) {
  throw new Error('The package is not built: run `npm run build` first.');
}
const noop: Contestant = { ...find(NOOP), home: contestant.home };
await compileMeasuredCode(contestant.home);
const receiver = await startReceiver(
  join(COMPILED_DIRS[contestant.home], 'receiver', 'receiver-process.js'),
);
const short = await measure(receiver, contestant, SHORT_TURNS);
const long = await measure(receiver, contestant, LONG_TURNS);
const withMetrics = METRICS.startsWith(`${contestant.name}:`)
  ? await measure(receiver, find(METRICS), SHORT_TURNS)
  : undefined;
receiver.close();
const node = `v${String(process.versions.node.split('.')[0])}`;
const measured: GateFile = {
  node,
  short,
  long,
  ...(withMetrics !== undefined && { withMetrics }),
  growth: long.allocatedBytes / short.allocatedBytes,
};
console.log(JSON.stringify(measured, undefined, 2));

if (flags.update) {
  writeFileSync(flags.file, `${JSON.stringify(measured, undefined, 2)}\n`);
} else {
  const failures = compare(measured, readCommitted());
  for (const failure of failures) console.error(`gate: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  else console.log('gate: passed');
}

function find(name: string): Contestant {
  const found = CONTESTANTS.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no contestant is called ${name}`);
  return found;
}

function readCommitted(): GateFile {
  if (!existsSync(flags.file)) throw new Error('no committed numbers: run with --update first');
  return JSON.parse(readFileSync(flags.file, 'utf8')) as GateFile;
}

async function measure(to: Receiver, row: Contestant, turns: number): Promise<GateNumbers> {
  const task: Task = {
    measure: 'allocation',
    turns,
    alphabet: 'ascii',
    sessions: 1,
    repetitions: 1,
    timeScale: 1,
  };
  const none = await runRow(to, noop, task, ALLOCATION_NODE_FLAGS);
  const { result, received } = await runRow(to, row, task, ALLOCATION_NODE_FLAGS);
  if (received.spans === 0) throw new Error('gate: no span arrived');
  if (received.spans !== result.spans) {
    throw new Error(`gate: ${String(received.spans)} of ${String(result.spans)} spans arrived`);
  }
  const [own, floor] = [result.allocation, none.result.allocation];
  if (own === undefined || floor === undefined) throw new Error('gate: nothing measured');
  if (own.collections + floor.collections > 0) throw new Error('gate: the heap was collected');
  return {
    spans: received.spans,
    posts: received.requests,
    wireBytes: received.bytes,
    allocatedBytes: own.heapBytes - floor.heapBytes,
    offHeapBytes: own.offHeapBytes - floor.offHeapBytes,
  };
}

function compare(now: GateFile, committed: GateFile): readonly string[] {
  const failures: string[] = [];
  const exact = (what: string, value: number, expected: number): void => {
    if (value !== expected) failures.push(`${what}: ${String(value)}, not ${String(expected)}`);
  };
  const atMost = (what: string, value: number, expected: number): void => {
    if (!(value <= expected * MARGIN)) {
      failures.push(`${what}: ${String(value)}, more than ${String(expected)} + 3 %`);
    }
  };
  for (const session of ['short', 'long', 'withMetrics'] as const) {
    const [own, expected] = [now[session], committed[session]];
    if (own === undefined && expected === undefined) continue;
    if (own === undefined || expected === undefined) {
      failures.push(`${session}: measured or committed, not both`);
      continue;
    }
    exact(`${session}: spans`, own.spans, expected.spans);
    exact(`${session}: posts`, own.posts, expected.posts);
    exact(`${session}: bytes on the wire`, own.wireBytes, expected.wireBytes);
    if (now.node !== committed.node) continue;
    atMost(`${session}: allocated`, own.allocatedBytes, expected.allocatedBytes);
    atMost(`${session}: allocated off-heap`, own.offHeapBytes, expected.offHeapBytes);
  }
  atMost('growth of allocation', now.growth, committed.growth);
  return failures;
}
