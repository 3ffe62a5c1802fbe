import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrowingText } from '../../src/history/growing-text.js';

/** Some of them the same but for their upper byte, their length in UTF-8, or what UTF-8 makes of them. */
const CHARACTERS = [
  'a',
  '\u0161',
  'é',
  '\u01e9',
  '\ue900',
  '\ud83d',
  '\ude00',
  '\ufffd',
  '🙂',
  '\0',
];

const arbitraryText = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 6 })
  .map((characters) => characters.join(''));
const arbitraryPiece = fc.oneof(
  arbitraryText,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat(6_000).map((length) => 'é'.repeat(length)),
);

it('is equal to the text that it grew to, and to no other', () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryPiece, { maxLength: 8 }),
      arbitraryText,
      fc.nat(),
      (pieces, other, at) => {
        const grown = new GrowingText();
        let text = '';
        for (const piece of pieces) {
          text += piece;
          grown.growTo(text);
          expect(grown.length).toBe(text.length);
          expect(grown.equals(text)).toBe(true);
          const cut = text.length === 0 ? 0 : at % text.length;
          const changed = text.slice(0, cut) + other + text.slice(cut + other.length);
          expect(grown.equals(changed)).toBe(changed === text);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

it('takes one byte per character until one needs two', () => {
  const [narrow, wide] = [new GrowingText(), new GrowingText()];
  narrow.growTo('é'.repeat(100_000));
  wide.growTo('é'.repeat(100_000));
  wide.growTo(`${'é'.repeat(100_000)}ж`);
  expect(narrow.capacity).toBeLessThanOrEqual(110_000);
  expect(wide.capacity).toBeGreaterThan(200_000);
  expect(wide.capacity).toBeLessThan(210_000);
});
