import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { KnownTexts } from '../../src/privacy/patterns/known-texts.js';
import type { RedactionOptions } from '../../src/privacy/redaction-options.js';
import { privacyWith, recordWith, sendOne } from './guarded.js';

/** What is sent of these texts, by one privacy, and how many of them it masked. */
function maskedBy(redaction: RedactionOptions, texts: readonly string[]) {
  const { privacy } = privacyWith({}, { redactBudgetMillis: 60_000, ...redaction });
  const sent = texts.map((text) => sendOne(privacy, ['input.value', text, 'inputValue']));
  return { sent, rewritten: privacy.counts.rewritten, privacy };
}

/** A privacy for each text: none has seen any before. */
function maskedApart(redaction: () => RedactionOptions, texts: readonly string[]) {
  const each = texts.map((text) => maskedBy(redaction(), [text]));
  return {
    sent: each.flatMap(({ sent }) => sent),
    rewritten: each.reduce((sum, { rewritten }) => sum + rewritten, 0),
  };
}

const CONSTANT: RedactionOptions = { redactPatterns: [/\d+/, { name: 'x', pattern: /x./s }] };
const arbitraryTexts = fc.array(
  fc.oneof(
    fc.constantFrom('call 7', 'nothing', 'x', '', '{"a":"x\\u0031"}', '__proto__', 'ü7'),
    fc.string({ maxLength: 4 }),
    fc.nat(3).map((digit) => `${digit} ${'long '.repeat(7_000)}`),
  ),
  { maxLength: 40 },
);

it('masks and counts a text that was said before as it did then', () => {
  fc.assert(
    fc.property(arbitraryTexts, (texts) => {
      const { sent, rewritten } = maskedBy(CONSTANT, texts);
      expect({ sent, rewritten }).toEqual(maskedApart(() => CONSTANT, texts));
    }),
    { numRuns: 100 },
  );
});

it('masks more texts than it remembers', () => {
  const texts = Array.from({ length: 1_500 }, (_, index) => `n ${index % 700}`);
  expect(maskedBy(CONSTANT, texts).sent).toEqual(texts.map(() => 'n [REDACTED]'));
});

it.each([
  ['many', 600, 1],
  ['long', 40, 5_000],
])('lets go of texts when they are too %s', (_, count, length) => {
  const known = new KnownTexts();
  known.add('first', 'masked');
  expect(known.masked('first')).toBe('masked');
  for (let index = 0; index < count; index += 1) known.add(`${index}`.padStart(length), 'x');
  expect(known.masked('first')).toBeUndefined();
  expect(known.masked(`${count - 1}`.padStart(length))).toBe('x');
  known.add('y'.repeat(100_000), 'x');
  expect(known.masked('y'.repeat(100_000))).toBeUndefined();
});

it('asks a check of the user again each time', () => {
  const asked: string[] = [];
  const accepts = (match: string): boolean => asked.push(match) % 2 === 0;
  const pattern = { name: 'x', pattern: /x\d/, accepts };
  const texts = ['x1', 'x1', 'x1', 'x1'];
  const { sent } = maskedBy({ redactPatterns: [pattern] }, texts);
  expect(sent).toEqual(['x1', '[REDACTED:x]', 'x1', '[REDACTED:x]']);
  expect(asked).toEqual(texts);
});

it('masks and counts a name that was said before', () => {
  const { privacy } = maskedBy(CONSTANT, ['call 7', 'nothing']);
  for (const name of ['call 7', 'nothing', 'call 8', 'call 8']) {
    expect(privacy.guardRecord(recordWith({ name }), 'LLM').name).toBe(
      name.replace(/\d/, '[REDACTED]'),
    );
  }
  expect(privacy.counts.rewritten).toBe(1 + 3);
});
