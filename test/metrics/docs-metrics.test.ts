import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { INSTRUMENTS } from '../../src/metrics/metric-table.js';
import { SPAN_MEASUREMENTS } from '../../src/metrics/span-measurements.js';

const BEGIN = '<!-- metrics: checked against the code -->';
const END = '<!-- /metrics -->';

function table(): string {
  const rows = Object.values(INSTRUMENTS).map(({ name, kind, unit, from, attributes, meaning }) =>
    [
      `\`${name}\``,
      kind,
      `\`${unit}\``,
      meaning,
      from,
      attributes.map((key) => `\`${key}\``).join(', ') || '–',
    ].join('|'),
  );
  return ['name|kind|unit|what it is|from|attributes', '---|---|---|---|---|---', ...rows]
    .map((row) => `|${row}|`)
    .join('\n');
}

function withoutPadding(markdown: string): string {
  return markdown
    .trim()
    .replaceAll(/ *\| */g, '|')
    .replaceAll(/-{3,}/g, '---');
}

it('docs/metrics.md shows every instrument as the code has it', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const [, , shown] = /(<!-- metrics[^>]*>)([^]*?)<!-- \/metrics -->/u.exec(page) ?? [];
  expect(page).toContain(BEGIN);
  expect(page).toContain(END);
  expect(withoutPadding(shown ?? '')).toBe(withoutPadding(table()));
});

it('names in the table exactly the spans that add to an instrument', () => {
  for (const instrument of Object.values(INSTRUMENTS)) {
    const names = SPAN_MEASUREMENTS.filter((each) => each.instrument === instrument).flatMap(
      ({ on }) => on ?? [],
    );
    for (const name of names) expect(instrument.from, instrument.name).toContain(`\`${name}\``);
  }
});
