import type { NamedPattern } from '../redaction-options.js';
import { hasIbanCheckDigits, hasLuhnCheckDigit } from './check-digits.js';
import { CREDENTIAL_PATTERNS } from './credential-patterns.js';
import { DIGITS, PHONE_PATTERNS } from './phone-patterns.js';
import { SPOKEN_PATTERNS } from './spoken-patterns.js';

// Every repetition here and among the credentials is bounded, or parted by what it cannot match
// itself, so that no text makes these slow.

const NOT_A_DIGIT = /\D/g;

/** Letters of any script count: an address with an umlaut is an address. */
const EMAIL: NamedPattern = {
  name: 'email',
  needs: '@',
  pattern:
    /(?<![\p{L}\p{N}._%+-])(?:[\p{L}\p{N}._%+-]{1,64}')?[\p{L}\p{N}._%+-]{1,256}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/u,
  // `icon@2x.png` is a file.
  accepts: (match) => /@.+\./.test(match) && !/\.(?:gif|jpe?g|png|svg|webp)$/i.test(match),
};

const IBAN: NamedPattern = {
  name: 'iban',
  needs:
    /\d(?<=[a-z][ .\u00a0\u2009\u202f-]?[a-z][ .\u00a0\u2009\u202f-]?\d)[ .\u00a0\u2009\u202f-]?\d(?:[ .\u00a0\u2009\u202f-]?[a-z0-9]){11}/i,
  pattern:
    /(?<![a-z0-9])[a-z][ .\u00a0\u2009\u202f-]?[a-z](?:[ .\u00a0\u2009\u202f-]?\d){2}(?:[ .\u00a0\u2009\u202f-]?[a-z0-9]){11,30}(?![a-z0-9])/i,
  accepts: (match) => {
    const iban = match.replace(/[^a-z0-9]/gi, '').toUpperCase();
    return iban.length >= 15 && hasIbanCheckDigits(iban);
  },
};

/** Grouped in any way, digit by digit too: that is how they are dictated. */
const CARD: NamedPattern = {
  name: 'card',
  needs: DIGITS,
  // The lookbehind stands after the first digit: before it, it would be tried at every character.
  pattern: /[2-6](?<!\d\d)(?:[\s.,/_\u2010-\u2015-]{0,3}\d){12,18}(?!\d)/,
  accepts: (match) => {
    const digits = match.replace(NOT_A_DIGIT, '');
    if (digits.length < 13 || !hasLuhnCheckDigit(digits)) return false;
    // Commas and dots stand between the groups of a card, and between all kinds of other numbers.
    return match.split(/[.,/_\n]/).every((group) => group.replace(NOT_A_DIGIT, '').length >= 4);
  },
};

/** Written with its separators; nine digits in a row may be anything. */
const SSN: NamedPattern = {
  name: 'ssn',
  needs: DIGITS,
  pattern: /(?<![\d-])(?!000|666|9)\d{3}([- .\u2010-\u2015])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/,
};

/** Nine digits that are said to be one. */
const NAMED_SSN: NamedPattern = {
  name: 'ssn',
  needs: DIGITS,
  pattern:
    /\b(?:ssn|social(?: security)?)\b(?: (?:number|no\.?))?\W{0,4}(?:(?:is|was)\W{1,3})?(?<secret>\d(?:[ .-]{0,2}\d){8})(?!\d)/i,
};

/**
 * E-mail addresses, phone numbers, payment cards (Luhn), IBANs (modulo 97), US social security
 * numbers, bearer tokens and API keys, as they stand in text, and in English what is dictated digit
 * by digit or as `alice at example dot com`. What is matched becomes `[REDACTED:email]`, `[REDACTED:card]` and so on.
 */
export const DEFAULT_REDACT_PATTERNS: readonly NamedPattern[] = [
  ...CREDENTIAL_PATTERNS,
  EMAIL,
  IBAN,
  CARD,
  SSN,
  NAMED_SSN,
  ...PHONE_PATTERNS,
  ...SPOKEN_PATTERNS,
];
