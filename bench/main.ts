import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, type as osType } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileMeasuredCode } from './orchestrate/compile.js';
import { CONTESTANTS, NOOP, REFERENCE, type Contestant } from './orchestrate/contestants.js';
import { installPeers } from './orchestrate/install-peers.js';
import { measureInstall } from './orchestrate/install-size.js';
import { COMPILED_DIRS, isPackageBuilt, README, RESULTS } from './orchestrate/places.js';
import { renderReport } from './orchestrate/report.js';
import { runRow } from './orchestrate/run-row.js';
import type { RunFacts, RunRecord, Sample } from './orchestrate/samples.js';
import { FULL_SCENARIOS, QUICK_SCENARIOS } from './orchestrate/scenarios.js';
import { startReceiver, type Receiver } from './receiver/receiver.js';

/**
 * `npm run bench`: every contestant, every scenario, rounds in shuffled order.
 *   --quick            a look in a minute or two, printed only
 *   --only a,b         these contestants, besides noop and the reference
 *   --scenario a,b     these scenarios
 *   --rounds n         instead of each scenario's own
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    scenario: { type: 'string' },
    rounds: { type: 'string' },
  },
});

const contestants = chooseContestants(flags.only?.split(','));
const scenarios = (flags.quick ? QUICK_SCENARIOS : FULL_SCENARIOS)
  .filter(({ name }) => flags.scenario?.split(',').includes(name) ?? true)
  .map((scenario) => ({ ...scenario, rounds: Number(flags.rounds ?? scenario.rounds) }));
installPeers();
await compileMeasuredCode('peers');
if (contestants.some(({ home }) => home === 'project')) await compileMeasuredCode('project');

const receiver = await startReceiver(join(COMPILED_DIRS.peers, 'receiver', 'receiver-process.js'));
const samples = await runAll(receiver);
receiver.close();

const record: RunRecord = {
  facts: facts(),
  contestants: contestants.map(({ name }) => name),
  samples,
  installs: contestants.map(measureInstall),
};
const report = renderReport(record);
console.log(`\n${report}`);
const isWhole = !flags.quick && flags.only === undefined && flags.scenario === undefined;
if (isWhole) publish();
if (
  samples.some(
    (sample) => sample.contestant !== NOOP && sample.received.spans !== sample.result.spans,
  )
) {
  console.error('Spans were lost; see the table.');
  process.exitCode = 1;
}

function chooseContestants(only: readonly string[] | undefined): readonly Contestant[] {
  const built = isPackageBuilt();
  if (!built) console.log('The package is not built (npm run build): its own rows are left out.');
  return CONTESTANTS.filter(({ name, home }) => {
    if (home === 'project' && !built) return false;
    return only === undefined || only.includes(name) || name === NOOP || name === REFERENCE;
  });
}

async function runAll(to: Receiver): Promise<readonly Sample[]> {
  const taken: Sample[] = [];
  for (const scenario of scenarios) {
    for (let round = 1; round <= scenario.rounds; round++) {
      console.log(`${scenario.name}, round ${String(round)} of ${String(scenario.rounds)}`);
      for (const contestant of shuffled(contestants)) {
        const outcome = await runRow(to, contestant, scenario.task);
        taken.push({ scenario: scenario.name, contestant: contestant.name, round, ...outcome });
      }
    }
  }
  return taken;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
}

function facts(): RunFacts {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${osType()} ${arch()}`,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    quick: flags.quick,
  };
}

/** Writes the samples, and the report between the README's marks. */
function publish(): void {
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(record)}\n`);
  const readme = readFileSync(README, 'utf8');
  const marked = /(<!-- last run -->\n)[^]*(<!-- end of last run -->)/;
  writeFileSync(
    README,
    readme.replace(marked, (_whole, begin: string, end: string) => `${begin}\n${report}\n${end}`),
  );
}
