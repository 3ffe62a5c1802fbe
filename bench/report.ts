import { CONTESTANTS, LANGFUSE, NOOP, OWN, REFERENCE, type Contestant } from './contestants.js';
import type { RunOutcome } from './run.js';

/** One process's outcome and where it belongs: ratios pair samples of one scenario and round. */
export interface Sample extends RunOutcome {
  readonly scenario: string;
  readonly contestant: string;
  readonly round: number;
}

/** The middle of the rounds, and their ends. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

type Reading = (sample: Sample) => number | undefined;
/** A cell of a table before it is written; undefined where nothing was measured. */
type Figure = (contestant: string) => Spread | undefined;

interface Column {
  readonly title: string;
  readonly cell: (contestant: Contestant) => string;
}

const main: Reading = ({ result }) => result.job?.mainMillis;
const wholeProcess: Reading = ({ result }) => result.job?.processMillis;
const call: Reading = ({ result }) => result.job?.callMillis;
const importAndSetUp: Reading = ({ result }) =>
  result.job && result.job.importMillis + result.job.setUpMillis;
const worstSection: Reading = ({ result }) => result.worstSectionMillis;
const latest: Reading = ({ result }) => result.load?.latestMillis;
const peakMegabytes: Reading = ({ result }) => result.load && result.load.peakBytes / 1e6;
const textProcess: Reading = ({ result }) => result.textProcessMillis;
const wireBytes: Reading = ({ received }) => received.bytes;
const posts: Reading = ({ received }) => received.requests;

/** The tables, in Markdown. */
export function renderReport(samples: readonly Sample[]): readonly string[] {
  const values = (scenario: string, contestant: string, reading: Reading): Values =>
    valuesByRound(samples, scenario, contestant, reading);
  /** The value itself. */
  const absolute =
    (scenario: string, reading: Reading): Figure =>
    (contestant) =>
      spreadOf([...values(scenario, contestant, reading).values()]);
  /** The value by another row's. */
  const by =
    (other: string, scenario: string, reading: Reading): Figure =>
    (contestant) =>
      spreadOf(
        pair(values(scenario, contestant, reading), values(scenario, other, reading), divide),
      );
  /** Beyond the untraced process's, by the reference's beyond that. */
  const beyond =
    (scenario: string, reading: Reading): Figure =>
    (contestant) => {
      const none = values(scenario, NOOP, reading);
      const cost = (name: string): Values =>
        new Map(pairs(values(scenario, name, reading), none, subtract));
      return contestant === NOOP
        ? undefined
        : spreadOf(pair(cost(contestant), cost(REFERENCE), divide));
    };
  const column = (title: string, figure: Figure, digits = 2): Column => ({
    title,
    cell: ({ name }) => show(figure(name), digits),
  });
  /** The untraced row has its milliseconds there. */
  const cost = (title: string, scenario: string, reading: Reading): Column => {
    const [ratio, own] = [beyond(scenario, reading), absolute(scenario, reading)];
    return {
      title,
      cell: ({ name }) => (name === NOOP ? show(own(name), 0, ' ms') : show(ratio(name), 2)),
    };
  };
  const spans: Column = {
    title: 'spans lost',
    cell: ({ name }) => (name === NOOP ? '' : String(lostSpans(samples, name))),
  };
  const target = (
    what: string,
    must: number,
    stretch: number | undefined,
    spread: Spread | undefined,
  ): readonly string[] => [
    what,
    String(must),
    stretch === undefined ? '' : String(stretch),
    spread === undefined ? '' : showAgainst(spread.median, must),
  ];
  const importRatio = by(LANGFUSE, 'job-10', importAndSetUp);

  const sections: readonly (readonly [heading: string, table: string])[] = [
    [
      '### The whole job\n\nImport, `setup()`, call and shutdown of a fresh process, beyond the untraced one, by stock protobuf. Import and set-up are main-thread milliseconds, nothing subtracted.',
      contestantTable([
        cost('main thread, 10 turns', 'job-10', main),
        cost('main thread, 50 turns', 'job-50', main),
        cost('main thread, 200 turns', 'job-200', main),
        cost('process, 10 turns', 'job-10', wholeProcess),
        cost('process, 50 turns', 'job-50', wholeProcess),
        cost('process, 200 turns', 'job-200', wholeProcess),
        column('import + set-up, ms', absolute('job-10', importAndSetUp), 1),
        column('by `@langfuse/otel`', importRatio),
      ]),
    ],
    [
      '### A real text session\n\nCPU of the whole process that runs a real `AgentSession`, by the untraced one.',
      contestantTable([
        column('10 turns', by(NOOP, 'text-10', textProcess)),
        column('50 turns', by(NOOP, 'text-50', textProcess)),
        column('10 turns, ms', absolute('text-10', textProcess), 0),
        column('50 turns, ms', absolute('text-50', textProcess), 0),
      ]),
    ],
    [
      '### The call alone\n\nMain-thread CPU of call and shutdown, as above. Worst section: the longest span operation or callback, in CPU milliseconds.',
      contestantTable([
        cost('10 turns', 'job-10', call),
        cost('50 turns', 'job-50', call),
        cost('200 turns', 'job-200', call),
        cost('50 turns, accented', 'job-50-accented', call),
        column('worst section, 50 turns', absolute('section-50', worstSection)),
        column('worst section, 200 turns', absolute('section-200', worstSection)),
      ]),
    ],
    [
      '### 50 sessions at once, and the wire\n\nLateness of a 1 ms timer by the untraced process; peak memory beyond it by stock protobuf, then in MB; bytes by stock protobuf.',
      contestantTable([
        column('worst lateness', by(NOOP, 'load-50', latest)),
        column('peak memory', beyond('load-50', peakMegabytes)),
        column('peak memory, MB', absolute('load-50', peakMegabytes), 0),
        column('bytes, 10 turns', by(REFERENCE, 'job-10', wireBytes)),
        column('50 turns', by(REFERENCE, 'job-50', wireBytes)),
        column('200 turns', by(REFERENCE, 'job-200', wireBytes)),
        column('posts, 50 turns', absolute('job-50', posts), 0),
        spans,
      ]),
    ],
    [
      '### Against the targets\n\nWhat is in bold is not reached.',
      table(
        ['', 'must', 'stretch', 'this run'],
        [
          target('whole job, 10 turns', 1, 0.8, beyond('job-10', main)(OWN)),
          target('50 turns', 0.6, 0.45, beyond('job-50', main)(OWN)),
          target('200 turns', 0.3, 0.2, beyond('job-200', main)(OWN)),
          target('import + set-up, by `@langfuse/otel`', 0.6, 0.4, importRatio(OWN)),
          target('worst lateness, 50 sessions', 1.3, 1.1, by(NOOP, 'load-50', latest)(OWN)),
          target('peak memory, 50 sessions', 0.35, 0.25, beyond('load-50', peakMegabytes)(OWN)),
          target('bytes, 50 turns', 0.55, undefined, by(REFERENCE, 'job-50', wireBytes)(OWN)),
          target('spans lost', 0, undefined, spreadOf([lostSpans(samples, OWN)])),
        ].filter(([, , , run]) => run !== ''),
      ),
    ],
  ];
  return sections.filter(([, body]) => body !== '').flat();

  function contestantTable(columns: readonly Column[]): string {
    // What no row has was not measured; neither was a row that has nothing.
    const filled = columns.filter(({ cell }) => CONTESTANTS.some((row) => cell(row) !== ''));
    const rows = CONTESTANTS.filter(({ name }) => samples.some((one) => one.contestant === name));
    if (filled.every((one) => one === spans)) return '';
    const cells = rows.map((row) => [row.label, ...filled.map(({ cell }) => cell(row))]);
    return table(
      ['', ...filled.map(({ title }) => title)],
      cells.filter((line) => line.slice(1).some((cell) => cell !== '')),
    );
  }
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function show(spread: Spread | undefined, digits: number, unit = ''): string {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  const middle = `${median.toFixed(digits)}${unit}`;
  const ends = [min.toFixed(digits), max.toFixed(digits)];
  return ends[0] === ends[1] ? middle : `${middle} (${ends.join('..')})`;
}

function showAgainst(value: number, must: number): string {
  const digits = Number.isInteger(value) ? 0 : 2;
  return value > must ? `**${value.toFixed(digits)}**` : value.toFixed(digits);
}

function lostSpans(samples: readonly Sample[], contestant: string): number {
  let lost = 0;
  for (const { contestant: name, result, received } of samples) {
    if (name === contestant && result.spans !== undefined) lost += result.spans - received.spans;
  }
  return lost;
}

type Values = ReadonlyMap<number, number>;

function valuesByRound(
  samples: readonly Sample[],
  scenario: string,
  contestant: string,
  reading: Reading,
): Values {
  const values = new Map<number, number>();
  for (const sample of samples) {
    if (sample.scenario !== scenario || sample.contestant !== contestant) continue;
    const value = reading(sample);
    if (value !== undefined) values.set(sample.round, value);
  }
  return values;
}

type Join = (one: number, other: number) => number;
const subtract: Join = (one, other) => one - other;
const divide: Join = (one, other) => one / other;

function pairs(left: Values, right: Values, join: Join): [round: number, value: number][] {
  return [...left].flatMap(([round, one]): [number, number][] => {
    const other = right.get(round);
    return other === undefined ? [] : [[round, join(one, other)]];
  });
}

function pair(left: Values, right: Values, join: Join): number[] {
  return pairs(left, right, join).map(([, value]) => value);
}

/** Undefined when there is nothing to take the middle of. */
function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const [lower, upper] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return { min, max, median: ((sorted[lower] ?? min) + (sorted[upper] ?? max)) / 2 };
}
