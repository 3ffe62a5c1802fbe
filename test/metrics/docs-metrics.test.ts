import { expect, it } from 'vitest';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { SPAN_MEASUREMENTS } from '../../src/metrics/instruments.js';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { renderBucketsTable, renderMetricsTable } from './metrics-markdown.js';

it.each([
  ['metrics', renderMetricsTable()],
  ['buckets', renderBucketsTable()],
])('docs/metrics.md shows the table of %s as the code has it', (name, table) => {
  expect(withoutPadding(readMarkedPart('docs/metrics.md', name))).toBe(withoutPadding(table));
});

it('names in the table exactly the spans that add to an instrument', () => {
  for (const instrument of Object.values(INSTRUMENTS)) {
    const names = SPAN_MEASUREMENTS.filter((each) => each.instrument === instrument).flatMap(
      ({ on }) => on ?? [],
    );
    for (const name of names) expect(instrument.from, instrument.name).toContain(`\`${name}\``);
  }
});
