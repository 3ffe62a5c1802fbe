import { expect, it } from 'vitest';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { SPAN_MEASUREMENTS } from '../../src/metrics/instruments.js';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import {
  metricsWithoutTenant,
  renderBucketsTable,
  renderMetricsTable,
} from './metrics-markdown.js';

it.each([
  ['metrics', renderMetricsTable()],
  ['buckets', renderBucketsTable()],
])('docs/metrics.md shows the table of %s as the code has it', (name, table) => {
  expect(withoutPadding(readMarkedPart('docs/metrics.md', name))).toBe(withoutPadding(table));
});

it('leaves out of the README’s table the tenant of exactly the rows that it says have none', () => {
  expect(metricsWithoutTenant().length).toBeGreaterThan(0);
  expect(metricsWithoutTenant().every((name) => name.startsWith('catalyst.spans.'))).toBe(true);
});

it('names in the table exactly the spans that add to an instrument', () => {
  for (const instrument of Object.values(INSTRUMENTS)) {
    const names = SPAN_MEASUREMENTS.filter((each) => each.instrument === instrument).flatMap(
      ({ on }) => on ?? [],
    );
    for (const name of names) expect(instrument.from, instrument.name).toContain(`\`${name}\``);
  }
});
