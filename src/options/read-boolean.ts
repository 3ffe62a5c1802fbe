import { describeValue } from './describe-value.js';
import type { Reading } from './option-row.js';

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', '0', 'no', 'off']);

/** `true`, `1`, `yes`, `on` and their opposites, in any case; anything else is `undefined`. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

/** A switch given in code: only a boolean, since `'false'` in code is a mistake to be told about. */
export function readBooleanOption(value: unknown): Reading<boolean> {
  return typeof value === 'boolean'
    ? { value }
    : { problem: `must be true or false; saw ${describeValue(value)}` };
}

/** A switch given by a variable. */
export function readBooleanEnv(text: string): Reading<boolean> {
  const value = parseBoolean(text);
  return value === undefined
    ? { problem: `must be true or false; saw ${describeValue(text)}` }
    : { value };
}
