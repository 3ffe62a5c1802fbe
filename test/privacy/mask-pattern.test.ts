import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, maskPattern } from '../../src/privacy/patterns/mask-text.js';

const EMAIL = compilePattern({ name: 'email', pattern: /[a-z0-9]+@[a-z]+\.com/ });

describe('masking in long texts', () => {
  it.each([16_370, 16_378, 16_384, 16_390, 28_665, 32_768])(
    'finds what crosses position %i',
    (position) => {
      const text = `${' '.repeat(position)}alice@example.com${' '.repeat(20_000)}`;
      expect(maskPattern(text, EMAIL)).toBe(
        `${' '.repeat(position)}[REDACTED:email]${' '.repeat(20_000)}`,
      );
    },
  );

  it('masks the same, wherever the windows end', () => {
    const word = fc.constantFrom('alice@example.com ', 'x '.repeat(500), '  ', 'a@b ', 'é😀 ');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 120 }), (words) => {
        const text = words.join('');
        expect(maskPattern(text, EMAIL)).toBe(
          text.replace(/[a-z0-9]+@[a-z]+\.com/g, '[REDACTED:email]'),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('masks a match that is longer than any window', () => {
    const digits = compilePattern(/\d+/);
    expect(maskPattern(`a${'1'.repeat(200_000)}b`, digits)).toBe('a[REDACTED]b');
  });

  it('lets a lookbehind see before the window', () => {
    const alone = compilePattern(/(?<!a)b/);
    const text = 'ab'.repeat(20_000);
    expect(maskPattern(text, alone)).toBe(text);
  });
});

describe("the user's patterns", () => {
  it('uses a copy: flags and state of the RegExp stay as they are', () => {
    const own = /x/y;
    own.lastIndex = 1;
    expect(maskPattern('axbx', compilePattern(own))).toBe('a[REDACTED]b[REDACTED]');
    expect(own.lastIndex).toBe(1);
  });

  it('skips empty matches', () => {
    expect(maskPattern('abc', compilePattern(/x*/))).toBe('abc');
    expect(maskPattern('😀a', compilePattern(/(?:)/u))).toBe('😀a');
  });

  it('masks the group named secret only', () => {
    const pin = compilePattern({ name: 'pin', pattern: /pin (?<secret>\d{4})/ });
    expect(maskPattern('pin 1234, pin 12', pin)).toBe('pin [REDACTED:pin], pin 12');
  });

  it('masks when the check throws', () => {
    const checked = compilePattern({
      name: 'id',
      pattern: /\d+/,
      accepts: () => {
        throw new Error('no');
      },
    });
    expect(maskPattern('a1', checked)).toBe('a[REDACTED:id]');
  });
});
