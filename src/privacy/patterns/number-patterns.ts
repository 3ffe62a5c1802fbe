import type { NamedPattern } from '../redaction-options.js';
import { lazyPattern } from './lazy-pattern.js';
import { NAMED_NUMBERS } from './named-numbers.js';
import { countDigits, DATE_OR_ADDRESS, digitsIn, isCard } from './spoken-numbers.js';

/** Seven digits, with nothing between them but what patterns of numbers allow: ids have letters. */
const DIGITS: RegExp = /\d(?:[\s.,/_()\u2010-\u2015-]{0,3}\d){6}/;

const IBAN: NamedPattern = {
  name: 'iban',
  needs:
    /\d(?<=[a-z][ .\u00a0\u2009\u202f-]?[a-z][ .\u00a0\u2009\u202f-]?\d)[ .\u00a0\u2009\u202f-]?\d(?:[ .\u00a0\u2009\u202f-]?[a-z0-9]){11}/i,
  pattern:
    /(?<![a-z0-9])[a-z][ .\u00a0\u2009\u202f-]?[a-z](?:[ .\u00a0\u2009\u202f-]?\d){2}(?:[ .\u00a0\u2009\u202f-]?[a-z0-9]){11,30}(?![a-z0-9])/i,
  accepts: hasIbanCheckDigits,
};

/**
 * Grouped in any way, digit by digit too: that is how they are dictated. Commas and dots separate
 * the groups of a card, and all kinds of other numbers.
 */
const CARD: NamedPattern = {
  name: 'card',
  needs: DIGITS,
  // The lookbehind comes after the first digit: before it, it would be tried at every character.
  pattern: /[2-6](?<!\d\d)(?:[\s.,/_\u2010-\u2015-]{0,3}\d){12,18}(?!\d)/,
  accepts: isCard,
};

/** Written with its separators; nine digits in a row may be anything. */
const SSN: NamedPattern = {
  name: 'ssn',
  needs: DIGITS,
  pattern: /(?<![\d-])(?!000|666|9)\d{3}([- .\u2010-\u2015])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/,
};

/** How countries group their digits where no zero leads. */
const NATIONAL_SHAPES: readonly string[] = [
  // North America, Brazil, China, India, Russia.
  String.raw`\(?(?:1[ .\u00a0\u2010-\u2015()-]{0,3})?[2-9]\d{2}[ .\u00a0\u2010-\u2015()-]{0,3}[2-9]\d{2}[ .\u00a0\u2010-\u2015-]{0,3}\d{4}`,
  String.raw`\d{3}[ .-]\d{3}[ .-]\d{4}`,
  String.raw`\(\d{2,5}\)[ -]?(?:\d[ -]?){5,8}\d`,
  String.raw`1[3-9]\d[ -]\d{4}[ -]\d{4}`,
  String.raw`[6-9]\d{4}[ -]\d{5}`,
  String.raw`8[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d{2}[ -]?\d{2}`,
  // Spain, Italy.
  String.raw`[6-9]\d{2}[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}`,
  String.raw`9\d[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}`,
  String.raw`3\d{2}[ ./-]\d{6,7}`,
];

/** What else a number with the shape of a telephone's may be, in front of it. */
const NOT_A_TELEPHONE =
  '(?:order|tracking|invoice|ticket|case|reference|booking|confirmation|serial|part|isbn|imei|sku|bestell\\p{L}*|sendungs\\p{L}*|rechnungs\\p{L}*|commande|suivi|pedido|seguimiento|ordine|spedizione|bestelnummer)';

/**
 * International numbers, national ones with their zero, and shapes that only telephones have. Other
 * digits are counters, prices and times more often than they are telephones.
 */
const PHONE = lazyPattern('phone', () => {
  const nationalShapes = new RegExp(NATIONAL_SHAPES.map((shape) => `^${shape}$`).join('|'));
  return {
    needs: DIGITS,
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}_.+-])(?:\+ ?)?\(?(?=\d)(?<!${NOT_A_TELEPHONE}(?: ?-?(?:number|no|nr|id|is|ist|lautet|est|es|è|é)){0,2}[\s:.#]{1,3})\d{1,16}(?:[ .\u00a0\u2010-\u2015/()-]{1,3}\d{1,14}){0,7}(?![\p{L}\p{N}_])`,
      'iu',
    ),
    accepts: (match) => {
      const digits = countDigits(match);
      if (digits < 7 || digits > 17) return false;
      if (match.startsWith('+')) return digits <= 15;
      if (/^00[1-9]/.test(match)) return digits >= 9;
      if (DATE_OR_ADDRESS.test(match)) return false;
      if (/^\(?0[1-9]/.test(match)) return digits >= 9 && digits <= 12;
      return nationalShapes.test(match);
    },
  };
});

/** Digits in groups of any size, with a letter at most between them. */
const DIGITS_OF_ID: RegExp = /\d[A-Z]?\d(?:[ .-]?[A-Z]?\d){4}/i;

/** Numbers of persons that have a check digit or a shape that nothing else has. */
const NATIONAL_IDS: readonly NamedPattern[] = [
  // Spain: the letter is the rest modulo 23.
  nationalId(
    /(?<![A-Z0-9])(?:[XYZ]|\d)[ .-]?\d(?:\.?\d){6}[ -]?[A-HJ-NP-TV-Z](?![A-Z0-9])/i,
    (match) => {
      const id = match.toUpperCase().replaceAll(/[ .-]/g, '');
      const number = id.slice(0, -1).replace(/^[XYZ]/, (first) => String('XYZ'.indexOf(first)));
      return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23] === id.at(-1);
    },
  ),
  // France: the key is 97 less the rest modulo 97. Corsica has letters, and is not looked for.
  nationalId(/(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d\d ?\d{3} ?\d{3} ?\d\d(?!\d)/, (id) => {
    const digits = digitsIn(id);
    return 97n - (BigInt(digits.slice(0, 13)) % 97n) === BigInt(digits.slice(13));
  }),
  // Italy.
  nationalId(
    /(?<![A-Z0-9])[A-Z]{3} ?[A-Z]{3} ?\d\d[A-EHLMPRST]\d\d ?[A-Z]\d{3} ?[A-Z](?![A-Z0-9])/i,
  ),
  // United Kingdom, Brazil.
  nationalId(
    /(?<![A-Z0-9])[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?![A-Z0-9])|(?<!\d)\d{3}\.\d{3}\.\d{3}-\d\d(?!\d)/,
  ),
];

function nationalId(pattern: RegExp, accepts?: (match: string) => boolean): NamedPattern {
  return { name: 'national-id', needs: DIGITS_OF_ID, pattern, ...(accepts && { accepts }) };
}

/** Cards, accounts, identity numbers and telephones, written and dictated, the strictest first. */
export const NUMBER_PATTERNS: readonly NamedPattern[] = [
  IBAN,
  CARD,
  SSN,
  ...NATIONAL_IDS,
  PHONE,
  ...NAMED_NUMBERS,
];

/** Whether letters and digits have the check digits of an IBAN: 1 modulo 97 (ISO 13616). */
function hasIbanCheckDigits(match: string): boolean {
  let characters = 0;
  let remainder = 0;
  let firstFour = 0;
  for (let index = 0; index < match.length; index += 1) {
    // Capitals and small letters differ in this bit, digits have it.
    const code = match.charCodeAt(index) | 0x20;
    if (code < 48 || code > 122) continue;
    // A letter counts as two digits: A is 10, Z is 35.
    const value = code > 57 ? code - 87 : code - 48;
    characters += 1;
    const factor = value > 9 ? 100 : 10;
    // The first four characters, two letters and two digits, come last.
    if (characters <= 4) firstFour = firstFour * factor + value;
    else remainder = (remainder * factor + value) % 97;
  }
  return characters >= 15 && (remainder * 1_000_000 + firstFour) % 97 === 1;
}
