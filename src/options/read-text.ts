import { describeType, describeValue } from './describe-value.js';
import type { Reading } from './option-row.js';

/** Text of an option, without the spaces around it. */
export function readTextOption(value: unknown): Reading<string> {
  return typeof value === 'string'
    ? { value: value.trim() }
    : { problem: `must be a string; saw ${describeValue(value)}` };
}

/** Text of a variable. */
export function readTextEnv(text: string): Reading<string> {
  return { value: text };
}

/** Reads one of a few words, whatever its case in a variable. */
export function readWord<T extends string>(words: readonly T[]): (value: unknown) => Reading<T> {
  const expected = words.map((word) => `"${word}"`).join(' or ');
  return (value) => {
    const seen = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    const word = words.find((candidate) => candidate === seen);
    return word === undefined
      ? { problem: `must be ${expected}; saw ${describeValue(value)}` }
      : { value: word };
  };
}

/** A list of texts, copied. */
export function readTextListOption(value: unknown): Reading<readonly string[]> {
  if (!Array.isArray(value)) {
    return { problem: `must be an array of strings; saw ${describeType(value)}` };
  }
  const items: readonly unknown[] = value;
  const texts = items.filter((item) => typeof item === 'string');
  return texts.length === items.length
    ? { value: Object.freeze(texts) }
    : { problem: 'must be an array of strings; one of its items is not' };
}
