import type { NamedPattern } from '../redaction-options.js';

/** Seven digits, with nothing between them but what patterns of numbers allow: ids have letters. */
export const DIGITS: RegExp = /\d(?:[\s.,/_()\u2010-\u2015-]{0,3}\d){6}/;
const NOT_A_DIGIT = /\D/g;
const DATE_OR_ADDRESS =
  /^(?:\d{4}[-./ ]\d{2}[-./ ]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,3}(?:\.\d{1,3}){3}$)/;
/** North America, Brazil, China, India, Russia: how they group their digits where no zero leads. */
const NATIONAL_SHAPES: readonly RegExp[] = [
  /^\(?(?:1[ .\u00a0\u2010-\u2015()-]{0,3})?[2-9]\d{2}[ .\u00a0\u2010-\u2015()-]{0,3}[2-9]\d{2}[ .\u00a0\u2010-\u2015-]{0,3}\d{4}$/,
  /^\d{3}[ .-]\d{3}[ .-]\d{4}$/,
  /^\(\d{2,5}\)[ -]?(?:\d[ -]?){5,8}\d$/,
  /^1[3-9]\d[ -]\d{4}[ -]\d{4}$/,
  /^[6-9]\d{4}[ -]\d{5}$/,
  /^8[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d{2}[ -]?\d{2}$/,
];

/**
 * International numbers, national ones with their zero, and shapes that only telephones have. Other
 * digits are counters, prices and times more often than they are telephones.
 */
const PHONE: NamedPattern = {
  name: 'phone',
  needs: DIGITS,
  pattern:
    /(?<![\p{L}\p{N}_.+-])(?:\+ ?)?\(?\d{1,16}(?:[ .\u00a0\u2010-\u2015/()-]{1,3}\d{1,14}){0,7}(?![\p{L}\p{N}_])/u,
  accepts: (match) => {
    const { length } = match.replace(NOT_A_DIGIT, '');
    if (match.startsWith('+')) return length >= 7 && length <= 15;
    if (/^00[1-9]/.test(match)) return length >= 9 && length <= 17;
    if (DATE_OR_ADDRESS.test(match)) return false;
    if (/^\(?0[1-9]/.test(match)) return length >= 9 && length <= 12;
    return NATIONAL_SHAPES.some((shape) => shape.test(match));
  },
};

/** Any number that is said to be one: `my number is …`, `call me at …`. */
const NAMED_PHONE: NamedPattern = {
  name: 'phone',
  needs: DIGITS,
  pattern:
    /\b(?:(?:tele)?phone|mobile|cell(?:phone)?|whats ?app|landline|tel|fax|(?:my|his|her|our|your|their|callback|contact) number|(?:call|reach|text|ring) (?:me|us|him|her|them)(?: back)?)(?: (?:number|no\.?))?\W{0,3}(?:(?:is|at|on|to)\W{1,3})?(?<secret>\d(?:[ .,\u00a0\u2010-\u2015()-]{0,3}\d){6,14})(?!\d)/i,
  accepts: (number) => number.replace(NOT_A_DIGIT, '').length >= 7 && !DATE_OR_ADDRESS.test(number),
};

/** Telephone numbers, as they are written in many countries. */
export const PHONE_PATTERNS: readonly NamedPattern[] = [PHONE, NAMED_PHONE];
