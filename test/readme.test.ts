import { expect, it } from 'vitest';
import { renderVoiceTable } from './mapping/voice-markdown.js';
import { renderShortMetricsTable } from './metrics/metrics-markdown.js';
import { renderShortOptionTable } from './options/options-markdown.js';
import { readMarkedPart, withoutPadding } from './support/markdown.js';

it.each([
  ['voice', renderVoiceTable()],
  ['metrics', renderShortMetricsTable()],
  ['options', renderShortOptionTable()],
])('README.md shows the table of %s as the code has it', (name, table) => {
  expect(withoutPadding(readMarkedPart('README.md', name))).toBe(withoutPadding(table));
});
