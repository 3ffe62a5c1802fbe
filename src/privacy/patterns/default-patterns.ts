import type { NamedPattern } from '../redaction-options.js';
import { hasIbanCheckDigits, hasLuhnCheckDigit } from './check-digits.js';
import { CREDENTIAL_PATTERNS } from './credential-patterns.js';

// Every repetition here and among the credentials is bounded, or parted by what it cannot match
// itself, so that no text makes these slow.

/** Seven digits, as close to one another as the patterns below allow them to be. */
const DIGITS = /\d(?:\D{0,3}\d){6}/;
const NOT_A_DIGIT = /\D/g;
const DATE_OR_ADDRESS =
  /^(?:\d{4}[-./ ]\d{2}[-./ ]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,3}(?:\.\d{1,3}){3}$)/;
const NORTH_AMERICAN =
  /^\(?(?:1[ .\u00a0()-]{0,3})?[2-9]\d{2}[ .\u00a0()-]{0,3}[2-9]\d{2}[ .\u00a0-]{0,2}\d{4}$/;

/** Letters of any script count: an address with an umlaut is an address. */
const EMAIL: NamedPattern = {
  name: 'email',
  needs: '@',
  pattern:
    /(?<![\p{L}\p{N}._%+-])(?:[\p{L}\p{N}._%+-]{1,64}')?[\p{L}\p{N}._%+-]{1,256}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/u,
};

const IBAN: NamedPattern = {
  name: 'iban',
  needs: /[a-z]\d\d/i,
  pattern: /(?<![a-z0-9])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}(?![a-z0-9])/i,
  accepts: (match) => {
    const iban = match.replace(/[ -]/g, '').toUpperCase();
    return iban.length >= 15 && hasIbanCheckDigits(iban);
  },
};

/** Grouped in any way, digit by digit too: that is how they are dictated. */
const CARD: NamedPattern = {
  name: 'card',
  needs: DIGITS,
  // The lookbehind stands after the first digit: before it, it would be tried at every character.
  pattern: /[2-6](?<!\d\d)(?:[ \u00a0\u2010-\u2015-]{0,2}\d){12,18}(?!\d)/,
  accepts: (match) => {
    const digits = match.replace(NOT_A_DIGIT, '');
    return digits.length >= 13 && hasLuhnCheckDigit(digits);
  },
};

/** Written with its separators; nine digits in a row may be anything. */
const SSN: NamedPattern = {
  name: 'ssn',
  needs: DIGITS,
  pattern: /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/,
};

/**
 * International numbers, national ones with their zero, and the North American shape. Other digits
 * are counters, prices and times more often than they are telephones.
 */
const PHONE: NamedPattern = {
  name: 'phone',
  needs: DIGITS,
  pattern:
    /(?<![\p{L}\p{N}_.+-])(?:\+ ?)?\(?\d{1,16}(?:[ .\u00a0/()-]{1,3}\d{1,14}){0,7}(?![\p{L}\p{N}_])/u,
  accepts: (match) => {
    const { length } = match.replace(NOT_A_DIGIT, '');
    if (match.startsWith('+')) return length >= 7 && length <= 15;
    if (/^00[1-9]/.test(match)) return length >= 9 && length <= 17;
    if (DATE_OR_ADDRESS.test(match)) return false;
    if (/^\(?0[1-9]/.test(match)) return length >= 9 && length <= 12;
    return NORTH_AMERICAN.test(match);
  },
};

/**
 * E-mail addresses, phone numbers, payment cards (Luhn), IBANs (modulo 97), US social security
 * numbers, bearer tokens and API keys, as they stand in text. Numbers that are spelt out in words
 * are not found. What is matched becomes `[REDACTED:email]`, `[REDACTED:card]` and so on.
 */
export const DEFAULT_REDACT_PATTERNS: readonly NamedPattern[] = [
  ...CREDENTIAL_PATTERNS,
  EMAIL,
  IBAN,
  CARD,
  SSN,
  PHONE,
];
