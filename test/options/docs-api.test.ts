import { expect, it } from 'vitest';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { renderOptionTables } from './options-markdown.js';

it('docs/api.md shows every option as the code has it', () => {
  expect(withoutPadding(readMarkedPart('docs/api.md', 'options'))).toBe(
    withoutPadding(renderOptionTables()),
  );
});
