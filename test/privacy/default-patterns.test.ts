import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACT_PATTERNS } from '../../src/privacy/patterns/default-patterns.js';
import { compilePattern, maskText } from '../../src/privacy/patterns/mask-text.js';
import { FOUND, LEFT } from './pattern-samples.js';

const PATTERNS = DEFAULT_REDACT_PATTERNS.map(compilePattern);

function mask(text: string): string {
  return maskText(text, PATTERNS);
}

describe('the ready patterns', () => {
  it.each(FOUND)('%s', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each(LEFT)('leaves %s', (text) => {
    expect(mask(text)).toBe(text);
  });

  it.each(FOUND)('finds %s inside JSON, and JSON inside JSON', (text, masked) => {
    const once = JSON.stringify({ note: `x\n${text}`, n: 1 });
    expect(JSON.parse(mask(once))).toEqual({ note: `x\n${masked}`, n: 1 });
    const twice = JSON.stringify({ arguments: JSON.stringify([text]) });
    expect(JSON.parse(mask(twice))).toEqual({ arguments: JSON.stringify([masked]) });
  });

  it('masks what JSON escapes, its keys and its numbers, and leaves JSON', () => {
    expect(mask('{"a":"\\u0061lice\\u0040example.com"}')).toBe('{"a":"[REDACTED:email]"}');
    expect(mask('{"bob@example.com": [4111111111111111, 7]}')).toBe(
      '{"[REDACTED:email]": ["[REDACTED:card]", 7]}',
    );
    expect(mask('{"apiKey": "Zx81Qp0Lmn27Vb", "n": 12}')).toBe(
      '{"apiKey": "[REDACTED:secret]", "n": 12}',
    );
  });

  it('masks the part of a JSON text that breaks off', () => {
    expect(mask('{"to": "alice@example.com", "text": "hi bob@exam')).not.toContain('alice');
    expect(mask('{"to": "alice@example.co')).not.toContain('alice');
  });

  it('copes with lone surrogates and NUL', () => {
    expect(mask('\ud800 a@b.io \udc00\u0000')).toBe('\ud800 [REDACTED:email] \udc00\u0000');
  });

  it('looks only for what may be there, and finds the same', () => {
    const exhaustive = PATTERNS.map((pattern) => ({ ...pattern, needs: undefined }));
    const piece = fc.oneof(
      fc.constantFrom(...FOUND.map(([text]) => text)),
      fc.constantFrom(' ', '-', '@', '\\', '"', '(', '+', '\u00a0', 'bearer ', 'token='),
      fc.stringMatching(/^[\d .()-]{1,12}$/),
      fc.stringMatching(/^[a-zA-Z]{2}\d{2}[a-zA-Z0-9 ]{0,14}$/),
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((value) => JSON.stringify({ value })),
        ),
        (given) => {
          expect(mask(given)).toBe(maskText(given, exhaustive));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
