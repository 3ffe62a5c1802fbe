import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/privacy/patterns/mask-pattern.js';
import { DEFAULT_REDACT_PATTERNS } from '../../src/privacy/patterns/default-patterns.js';
import { maskText } from '../../src/privacy/patterns/mask-text.js';

const PATTERNS = DEFAULT_REDACT_PATTERNS.map(compilePattern);

function mask(text: string): string | undefined {
  return maskText(text, PATTERNS, () => false);
}

// Put together here, so that nobody's scanner takes the table for leaked keys.
const key = (prefix: string, body: string): string => prefix + body;
const MIXED = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';

const FOUND: readonly (readonly [text: string, masked: string])[] = [
  ['write to alice@example.com please', 'write to [REDACTED:email] please'],
  ['alice+tag@mail.example.co.uk,', '[REDACTED:email],'],
  ['jürgen.müller@bücher.example', '[REDACTED:email]'],
  ['用户@例子.公司 说', '[REDACTED:email] 说'],
  ['mailto:a@b.io?subject=x', 'mailto:[REDACTED:email]?subject=x'],
  ["{'to': 'alice@example.com'}", "{'to': '[REDACTED:email]'}"],
  ["mary o'brien@example.ie", 'mary [REDACTED:email]'],
  ['call +1 (415) 555-2671 now', 'call [REDACTED:phone] now'],
  ['call (415) 555-2671', 'call [REDACTED:phone]'],
  ['415-555-2671', '[REDACTED:phone]'],
  ['415.555.2671.', '[REDACTED:phone].'],
  ['my number is 4155552671 ok', 'my number is [REDACTED:phone] ok'],
  ['1-415-555-2671', '[REDACTED:phone]'],
  ['+49 30 901820', '[REDACTED:phone]'],
  ['+442071838750', '[REDACTED:phone]'],
  ['0049 30 901820', '[REDACTED:phone]'],
  ['06 12 34 56 78', '[REDACTED:phone]'],
  ['030/901820-12', '[REDACTED:phone]'],
  ['415-555-2671 12 people', '[REDACTED:phone] 12 people'],
  ['4111 1111 1111 1111', '[REDACTED:card]'],
  ['4111-1111-1111-1111', '[REDACTED:card]'],
  ['4111111111111111', '[REDACTED:card]'],
  ['378282246310005', '[REDACTED:card]'],
  ['6304000000000000', '[REDACTED:card]'],
  ['card 4111 1111 1111 1111 12/26', 'card [REDACTED:card] 12/26'],
  ['it is 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 thanks', 'it is [REDACTED:card] thanks'],
  ['2 4111 1111 1111 1111', '2 [REDACTED:card]'],
  ['号码4111111111111111号', '号码[REDACTED:card]号'],
  ['４ is not 5555555555554444', '４ is not [REDACTED:card]'],
  ['DE89 3704 0044 0532 0130 00', '[REDACTED:iban]'],
  ['pay GB29NWBK60161331926819 today', 'pay [REDACTED:iban] today'],
  ['de89370400440532013000', '[REDACTED:iban]'],
  ['IBAN DE89 3704 0044 0532 0130 00 AND MORE', 'IBAN [REDACTED:iban] AND MORE'],
  ['NO93 8601 1117 947', '[REDACTED:iban]'],
  ['ssn 536-90-4399', 'ssn [REDACTED:ssn]'],
  ['536 90 4399', '[REDACTED:ssn]'],
  ['Authorization: Bearer abc.def-123_456', 'Authorization: Bearer [REDACTED:token]'],
  ['authorization: Basic dXNlcjpwYXNz', 'authorization: [REDACTED:token]'],
  [
    `${key('eyJ', 'hbGciOiJIUzI1NiJ9')}.${key('eyJ', 'zdWIiOiIxMjM0In0')}.c2lnbmF0dXJl`,
    '[REDACTED:token]',
  ],
  [key('sk-', `proj-${MIXED}`), '[REDACTED:api-key]'],
  [key('AKIA', 'IOSFODNN7EXAMPLE'), '[REDACTED:api-key]'],
  [key('ghp_', MIXED), '[REDACTED:api-key]'],
  [key('github_pat_', MIXED), '[REDACTED:api-key]'],
  [key('xoxb-', `123456789012-${MIXED}`), '[REDACTED:api-key]'],
  [key('AIza', 'SyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v'), '[REDACTED:api-key]'],
  [key('sk_live_', MIXED), '[REDACTED:api-key]'],
  [`(${key('hf_', MIXED)})`, '([REDACTED:api-key])'],
  ['password=hunter2-Tr0ub4dor', 'password=[REDACTED:secret]'],
  ['api_key: "Zx81Qp0Lmn27Vb"', 'api_key: "[REDACTED:secret]"'],
  [
    '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc+/=\n-----END RSA PRIVATE KEY----- after',
    '[REDACTED:private-key] after',
  ],
];

const LEFT: readonly string[] = [
  'not@home',
  '@mention and a@b',
  'at 2026-11-21 10:30:00 UTC',
  '21.11.2026 10:30',
  '192.168.100.200',
  '10.100.100.10',
  '1795225031',
  '1795225031.76',
  '1795225031760',
  '1234567890123456',
  '4111 1111 1111 1112',
  'order 12345',
  'between 10 20 30 40 and 50',
  'version 1.22.333',
  'FR14 2004 1010 0505 0001 3M02 607',
  'GB29NWBK60161331926818',
  '000-12-3456',
  '666-12-3456',
  '900-12-3456',
  '123-45-67890',
  'a bearer responsible for it',
  'sk-learn-is-a-library-for-python',
  'task-force-one-two-three-four',
  'password: required',
  'max_tokens: 12345678',
  '{"completionTokens":9,"promptTokens":1211}',
  '550e8400-e29b-41d4-a716-446655440000',
  'the tokenizer splits text into words',
  '',
];

describe('the ready patterns', () => {
  it.each(FOUND)('%s', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each(LEFT)('leaves %s', (text) => {
    expect(mask(text)).toBe(text);
  });

  it.each(FOUND)('finds %s inside JSON, and JSON inside JSON', (text, masked) => {
    const once = JSON.stringify({ note: `x\n${text}`, n: 1 });
    expect(JSON.parse(mask(once) ?? '')).toEqual({ note: `x\n${masked}`, n: 1 });
    const twice = JSON.stringify({ arguments: JSON.stringify([text]) });
    expect(JSON.parse(mask(twice) ?? '')).toEqual({ arguments: JSON.stringify([masked]) });
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
          expect(mask(given)).toBe(maskText(given, exhaustive, () => false));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
