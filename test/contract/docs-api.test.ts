import { expect, it } from 'vitest';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { API_PARTS } from './api-markdown.js';

it.each(Object.entries(API_PARTS))('docs/api.md shows %s as the code has it', (name, render) => {
  expect(withoutPadding(readMarkedPart('docs/api.md', name))).toBe(withoutPadding(render()));
});
