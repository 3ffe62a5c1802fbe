import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import type { Instrument } from '../../src/metrics/instruments.js';

/** The table of `docs/metrics.md`, as the code has it. */
export function renderMetricsTable(): string {
  return render(
    ['name', 'kind', 'unit', 'what it is', 'from', 'attributes'],
    ({ name, kind, unit, meaning, from, attributes }) => [
      code(name),
      kind,
      code(unit),
      meaning,
      from,
      codes(attributes),
    ],
  );
}

/** Upper bounds of buckets, and whose they are. */
export function renderBucketsTable(): string {
  const owners = new Map<string, string[]>();
  for (const { name, boundaries } of INSTRUMENTS) {
    if (boundaries === undefined) continue;
    const bounds = boundaries.join(', ');
    owners.set(bounds, [...(owners.get(bounds) ?? []), name]);
  }
  const rows = [...owners].map(([bounds, names]) => `|${codes(names)}|${bounds}|`);
  return ['|histogram|upper bounds, in its unit|', '|---|---|', ...rows].join('\n');
}

function render(head: readonly string[], cells: (row: Instrument) => readonly string[]): string {
  return [head, head.map(() => '---'), ...INSTRUMENTS.map(cells)]
    .map((row) => `|${row.join('|')}|`)
    .join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function codes(texts: readonly string[]): string {
  return texts.map(code).join(', ') || '–';
}
