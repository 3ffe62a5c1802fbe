import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, type as osType } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { FULL_SCENARIOS, NOOP, OWN, QUICK_SCENARIOS, REFERENCE } from './contestants.js';
import { renderReport, type Sample } from './report.js';
import { startRunner } from './run.js';

/**
 * `npm run bench`: every scenario, rounds in shuffled order; writes the tables into README.md.
 *   --quick            the whole job alone, with few rounds; printed only, like the next three
 *   --only a,b         these rows, beside the untraced one, the reference and this package
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

const ALWAYS = [NOOP, REFERENCE, OWN];
const only = flags.only?.split(',');
const scenarios = (flags.quick ? QUICK_SCENARIOS : FULL_SCENARIOS)
  .filter(({ name }) => flags.scenario?.split(',').includes(name) ?? true)
  .map((scenario) => ({
    ...scenario,
    rounds: Number(flags.rounds ?? scenario.rounds),
    contestants: scenario.contestants.filter(
      ({ name }) => only === undefined || ALWAYS.includes(name) || only.includes(name),
    ),
  }));
const isWhole = !flags.quick && Object.values(flags).filter(Boolean).length === 0;

const samples: Sample[] = [];
const runner = await startRunner(['peers', 'project']);
for (const { name, task, rounds, contestants } of scenarios) {
  for (let round = 1; round <= rounds; round++) {
    console.log(`${name}, round ${String(round)} of ${String(rounds)}`);
    for (const contestant of shuffled(contestants)) {
      const outcome = await runner.run(contestant, task);
      samples.push({ scenario: name, contestant: contestant.name, round, ...outcome });
    }
  }
}
runner.close();
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
writeFileSync(join(results, 'last-run.json'), `${JSON.stringify(samples)}\n`);

const report = [facts(), ...renderReport(samples)].join('\n\n');
console.log(`\n${report}`);
if (isWhole) await publish();
if (samples.some(hasLostSpans)) {
  console.error('Spans were lost; see the table.');
  process.exitCode = 1;
}

/** A text session does not say how many spans it had: some have to arrive. */
function hasLostSpans({ contestant, result, received }: Sample): boolean {
  if (contestant === NOOP) return false;
  return result.spans === undefined ? received.spans === 0 : received.spans !== result.spans;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
}

function facts(): string {
  const clocks = samples.flatMap(({ result }) => result.job?.clock ?? []);
  return [
    new Date().toISOString().slice(0, 10),
    `Node ${process.version}`,
    `${osType()} ${arch()}`,
    `${String(availableParallelism())} cores (${cpus()[0]?.model ?? 'unknown'})`,
    ...clocks.slice(0, 1).map((source) => `main-thread CPU time from \`${source}\``),
    'median (min..max) over the rounds of one run.',
  ].join(', ');
}

/** Writes the report between the README's marks. */
async function publish(): Promise<void> {
  const file = join(import.meta.dirname, 'README.md');
  const [before = '', rest = ''] = readFileSync(file, 'utf8').split(/(?<=<!-- last run -->\n)/);
  const after = rest.slice(rest.indexOf('<!-- end of last run -->'));
  writeFileSync(file, await format(`${before}${report}\n\n${after}`, { parser: 'markdown' }));
}
