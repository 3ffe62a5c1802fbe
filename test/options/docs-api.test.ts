import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderOptionTables } from './options-markdown.js';

const BEGIN = '<!-- options: checked against the code -->';
const END = '<!-- /options -->';

/** A table without the padding that formatting gives its cells. */
function withoutPadding(markdown: string): string {
  return markdown
    .trim()
    .split('\n')
    .map((line) =>
      line.startsWith('|') ? line.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---') : line,
    )
    .join('\n');
}

it('docs/api.md shows every option as the code has it', () => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  expect(begin).toBeGreaterThan(0);
  expect(end).toBeGreaterThan(begin);
  expect(withoutPadding(page.slice(begin + BEGIN.length, end))).toBe(
    withoutPadding(renderOptionTables()),
  );
});
