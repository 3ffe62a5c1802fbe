import { expect, it } from 'vitest';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { renderBucketsTable, renderMetricsTable } from './metrics-markdown.js';

it.each([
  ['metrics', renderMetricsTable()],
  ['buckets', renderBucketsTable()],
])('docs/metrics.md shows the table of %s as the code has it', (name, table) => {
  expect(withoutPadding(readMarkedPart('docs/metrics.md', name))).toBe(withoutPadding(table));
});

it('names in the table exactly the spans that add to an instrument', () => {
  for (const { name, from, on } of INSTRUMENTS) {
    for (const span of on ?? []) expect(from, name).toContain(`\`${span}\``);
  }
});
