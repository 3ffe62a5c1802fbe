import { expect, it } from 'vitest';
import { renderVoiceTable } from './mapping/voice-markdown.js';
import { renderShortOptionTable } from './options/options-markdown.js';
import { readMarkedPart, withoutPadding } from './support/markdown.js';

it.each([
  ['docs/voice.md', 'voice', renderVoiceTable()],
  ['README.md', 'options', renderShortOptionTable()],
])('%s shows the table of %s as the code has it', (page, name, table) => {
  expect(withoutPadding(readMarkedPart(page, name))).toBe(withoutPadding(table));
});
