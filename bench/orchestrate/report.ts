import { CONTESTANTS, NOOP, REFERENCE, type Contestant } from './contestants.js';
import type { RunRecord, Sample } from './samples.js';
import {
  absolute,
  beyondNoop,
  relative,
  spreadOf,
  type Reading,
  type Spread,
} from './statistics.js';

interface Column {
  readonly title: string;
  /** Empty where the run did not measure it. */
  readonly cell: (contestant: Contestant) => string;
}

const cold: Reading = ({ result }) => result.cpuMillis?.[0];
const warm: Reading = ({ result }) => spreadOf(result.cpuMillis?.slice(1) ?? [])?.median;
const worstSection: Reading = ({ result }) => result.worstSectionMillis?.[0];
const lateMax: Reading = ({ result }) => result.lateness?.maxMillis;
const peakMegabytes: Reading = ({ result }) => result.peakResidentBytes / 1e6;
const importMillis: Reading = ({ result }) => result.importMillis;
const setUpMillis: Reading = ({ result }) => result.setUpMillis;
const wireMegabytes: Reading = ({ result, received }) =>
  received.bytes / 1e6 / Math.max(1, result.cpuMillis?.length ?? 1);
const posts: Reading = ({ result, received }) =>
  received.requests / Math.max(1, result.cpuMillis?.length ?? 1);

/** The last run as Markdown. */
export function renderReport(record: RunRecord): string {
  const { facts, samples } = record;
  const rows = CONTESTANTS.filter(({ name }) => record.contestants.includes(name));
  const ratio = (title: string, scenario: string, reading: Reading): Column => ({
    title,
    cell: ({ name }) =>
      name === NOOP
        ? show(absolute(samples, scenario, name, reading), 1, ' ms')
        : show(relative(samples, scenario, name, reading), 2),
  });
  const plain = (title: string, scenario: string, reading: Reading, digits: number): Column => ({
    title,
    cell: ({ name }) => show(absolute(samples, scenario, name, reading), digits),
  });
  const extra = (title: string, scenario: string, reading: Reading, digits: number): Column => ({
    title,
    cell: ({ name }) =>
      name === NOOP
        ? show(absolute(samples, scenario, name, reading), digits)
        : show(beyondNoop(samples, scenario, name, reading), digits),
  });
  const anyScenario = samples[0]?.scenario ?? '';
  const sections = [
    [
      'Node ' +
        facts.node +
        ', ' +
        facts.platform +
        ', ' +
        String(facts.cores) +
        ' cores (' +
        facts.cpuModel +
        '), ' +
        facts.date +
        '.',
      'Main-thread CPU time from `' +
        (samples[0]?.result.clock ?? 'unknown') +
        '`. Median (min..max) over the rounds of one run' +
        (facts.quick ? '; **a quick look with few rounds, not to be quoted**.' : '.'),
    ].join(' '),
    '### Main-thread CPU',
    `Beyond noop's, relative to \`${REFERENCE}\`'s beyond noop, paired by round; noop itself in ms.`,
    table(rows, [
      ratio('10 turns, cold', 'cpu-10', cold),
      ratio('50, cold', 'cpu-50', cold),
      ratio('200, cold', 'cpu-200', cold),
      ratio('50, warm', 'cpu-50', warm),
      ratio('200, warm', 'cpu-200', warm),
      ratio('50, cold, accented', 'cpu-50-latin1', cold),
      ratio('50, cold, Cyrillic', 'cpu-50-cyrillic', cold),
    ]),
    '### The event loop',
    'Worst section: the longest single span operation or callback, in ms of CPU. Late: the longest delay of a 1 ms timer, in ms.',
    table(rows, [
      plain('worst section, 50 turns', 'section-50', worstSection, 2),
      plain('worst section, 200 turns', 'section-200', worstSection, 2),
      plain('late, 1 session', 'load-1', lateMax, 1),
      plain('late, 20 sessions', 'load-20', lateMax, 1),
      plain('late, 50 sessions', 'load-50', lateMax, 1),
    ]),
    '### Memory, 50 concurrent sessions',
    'Peak resident set beyond noop, in MB; noop in all. CPU as above.',
    table(rows, [
      extra('peak RSS, 1 session', 'load-1', peakMegabytes, 0),
      extra('20 sessions', 'load-20', peakMegabytes, 0),
      extra('50 sessions', 'load-50', peakMegabytes, 0),
      ratio('CPU, 1 session', 'load-1', cold),
      ratio('CPU, 20 sessions', 'load-20', cold),
      ratio('CPU, 50 sessions', 'load-50', cold),
    ]),
    '### On the wire',
    'MB and posts of one session; spans received in all runs together.',
    table(rows, [
      plain('MB, 10 turns', 'cpu-10', wireMegabytes, 2),
      plain('MB, 50', 'cpu-50', wireMegabytes, 2),
      plain('MB, 200', 'cpu-200', wireMegabytes, 2),
      plain('MB, 50, Cyrillic', 'cpu-50-cyrillic', wireMegabytes, 2),
      plain('posts, 50', 'cpu-50', posts, 0),
      { title: 'spans', cell: ({ name }) => spansCell(samples, name) },
    ]),
    '### Before the first call',
    'Main-thread CPU ms to import it where LiveKit has already loaded its part of OpenTelemetry, and to set it up; packages and MB it adds beside `@livekit/agents`.',
    table(rows, [
      plain('import', anyScenario, importMillis, 1),
      plain('set-up', anyScenario, setUpMillis, 1),
      { title: 'install', cell: ({ name }) => installCell(record, name) },
    ]),
  ];
  return sections.filter((section) => section !== '').join('\n\n') + '\n';
}

/** Columns without a value are left out, a table without columns too. */
function table(rows: readonly Contestant[], columns: readonly Column[]): string {
  const filled = columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
  if (filled.length === 0) return '(not measured)';
  return [
    line(['', ...filled.map(({ title }) => title)]),
    line(['---', ...filled.map(() => '---:')]),
    ...rows.map((row) => line([row.label, ...filled.map(({ cell }) => cell(row) || '–')])),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function show(spread: Spread | undefined, digits: number, unit = ''): string {
  if (spread === undefined) return '';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    value.toFixed(digits),
  );
  return min === max
    ? `${String(median)}${unit}`
    : `${String(median)}${unit} (${String(min)}..${String(max)})`;
}

function spansCell(samples: readonly Sample[], contestant: string): string {
  let sent = 0;
  let received = 0;
  for (const sample of samples) {
    if (sample.contestant !== contestant) continue;
    sent += sample.result.spans;
    received += sample.received.spans;
  }
  if (contestant === NOOP) return '–';
  return sent === received ? `all ${String(sent)}` : `**${String(received)} of ${String(sent)}**`;
}

function installCell(record: RunRecord, contestant: string): string {
  const install = record.installs.find((entry) => entry.contestant === contestant);
  if (install === undefined) return '';
  return `${String(install.packages)} / ${(install.bytes / 1e6).toFixed(1)} MB`;
}
