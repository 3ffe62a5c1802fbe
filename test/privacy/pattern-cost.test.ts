import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACT_PATTERNS } from '../../src/privacy/patterns/default-patterns.js';
import { compilePattern, maskText } from '../../src/privacy/patterns/mask-text.js';

const PATTERNS = DEFAULT_REDACT_PATTERNS.map(compilePattern);
const LENGTH = 64 * 1024;
/**
 * What 64 KiB may cost. A quiet machine needs less than 100 ms for most of these and 400 for single
 * digits in JSON; patterns that try every length from every start need seconds. CPU time, so that a busy machine makes no difference.
 */
const MOST_MILLIS = 500;

/** What begins like something that is masked, again and again. */
// prettier-ignore
const NEAR_MATCHES = [
  'token=a', 'token=.', 'token=-', 'token:', 'secret.a:', 'secret-=', 'pwd:', 'pwd=1', 'key=',
  'password=', 'password is ', 'bearer ', 'bearer:a', 'authorization: ', 'authorization=a ',
  'eyJ', 'eyJ.', 'eyJaaaaaaaa.', 'sk-', 'ghp_a', 'SG.aaaaaaaaaaaaaaaa.', '://', '://a:b',
  '-----BEGIN PRIVATE KEY-----', '-----BEGIN A PRIVATE KEY-----a', '-----END ',
  '(1', '(1(1', '(1 ', '1 ', '1 1 ', '1.', '1-', '1/', ' 1.', '- 1', '+1', '00 1', '9 9 ', '5-',
  '5 ', '5, ', '5,', '1, ', '1. ', '4-.', '1 2 1', '4111 1111 ', '4111,', '4111, 1111 ', '()',
  'D E 8 9 ', 'DE89 ', 'DE89 3704 ', 'a1', 'a 1', 'ssn 1', 'ssn is ', 'social security ',
  'call me at ', 'call me at 1-', 'my number is 1', 'phone ', 'tel 1 ',
  'one ', 'double one ', 'one 2 ', 'oh-', 'one, ', 'four-one-',
  'double ', 'five hundred ', 'quatre-vingt-', 'treinta y ', 'vierundzwanzig ', 'oh uh ', 'uh 1 ',
  'plus eins ', '1, 1 uh, ', 'tel ', 'tel one ', 'pin is ', 'pin 1 pin ', 'cvv: 1a ', 'exp 1/', 'exp may ',
  'dni 1A', 'passport A1', '12.345.678-', 'RSS MRA 85T10 A', 'order number 1 ', '390.533.447-',
  'my password is ', 'mein passwort ist a', 'password a', '://hooks.slack.com/a/', ' -u a:', 'sig=',
  '1:AA', 'M.aaaaaa.', 'glsa_', 're_aaaaaa_', '%41', '%40a.b', '%E4', '\\u0040', '\\u0031 ',
  'a arroba b punto ', 'a at gmail ', 'a b c ', 'a [at] b [dot] ', 'a dash b ', ' at web.',
  'a@', 'a@a.', "a'a", "a'a@", '@', '_', 'a.b@', 'é@', 'a at b dot ', ' dot a', ' at ', 'a (at) ',
  'a @ b.', '[at]', 'a dot ', '"', '\\"', '[', '{"', '["1 ', '"token=', '\\"pwd:', '\ud800',
];

function costOf(text: string): number {
  const startedAt = process.cpuUsage().user;
  maskText(text, PATTERNS);
  return (process.cpuUsage().user - startedAt) / 1_000;
}

function repeat(part: string, length = LENGTH): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

describe('64 KiB of near-matches', () => {
  it.each(NEAR_MATCHES)('%j', (part) => {
    const texts = [repeat(part), `{"a":"${repeat(part)}`, `call me at ${repeat(part)}`];
    for (const text of texts) {
      const cost = costOf(text);
      // The first run may compile the patterns.
      expect(cost < MOST_MILLIS ? cost : costOf(text)).toBeLessThan(MOST_MILLIS);
    }
  });

  it('cost as much for each further one', () => {
    for (const part of ['token=a', '1 1 ', 'D E 8 9 ', 'one ']) {
      const once = Math.min(costOf(repeat(part)), costOf(repeat(part)));
      expect(costOf(repeat(part, LENGTH * 8)) / 8).toBeLessThan(Math.max(once, 5) * 4);
    }
  });
});
