import type { NamedPattern } from '../redaction-options.js';
import { CREDENTIAL_PATTERNS } from './credential-patterns.js';

// Every repetition here and among the credentials is bounded, or parted by what it cannot match
// itself, and every check looks at each character of a match once: no text makes these slow.
// `test/privacy/pattern-cost.test.ts` holds them to it.

/** Seven digits, with nothing between them but what patterns of numbers allow: ids have letters. */
const DIGITS: RegExp = /\d(?:[\s.,/_()\u2010-\u2015-]{0,3}\d){6}/;

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
  accepts: hasIbanCheckDigits,
};

/**
 * Grouped in any way, digit by digit too: that is how they are dictated. Commas and dots stand
 * between the groups of a card, and between all kinds of other numbers.
 */
const CARD: NamedPattern = {
  name: 'card',
  needs: DIGITS,
  // The lookbehind stands after the first digit: before it, it would be tried at every character.
  pattern: /[2-6](?<!\d\d)(?:[\s.,/_\u2010-\u2015-]{0,3}\d){12,18}(?!\d)/,
  accepts: isCard,
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

const DATE_OR_ADDRESS =
  /^(?:\d{4}[-./ ]\d{2}[-./ ]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,3}(?:\.\d{1,3}){3}$)/;
/** North America, Brazil, China, India, Russia: how they group their digits where no zero leads. */
const NATIONAL_SHAPES = new RegExp(
  [
    String.raw`\(?(?:1[ .\u00a0\u2010-\u2015()-]{0,3})?[2-9]\d{2}[ .\u00a0\u2010-\u2015()-]{0,3}[2-9]\d{2}[ .\u00a0\u2010-\u2015-]{0,3}\d{4}`,
    String.raw`\d{3}[ .-]\d{3}[ .-]\d{4}`,
    String.raw`\(\d{2,5}\)[ -]?(?:\d[ -]?){5,8}\d`,
    String.raw`1[3-9]\d[ -]\d{4}[ -]\d{4}`,
    String.raw`[6-9]\d{4}[ -]\d{5}`,
    String.raw`8[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d{2}[ -]?\d{2}`,
  ]
    .map((shape) => `^${shape}$`)
    .join('|'),
);

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
    const digits = countDigits(match);
    if (digits < 7 || digits > 17) return false;
    if (match.startsWith('+')) return digits <= 15;
    if (/^00[1-9]/.test(match)) return digits >= 9;
    if (DATE_OR_ADDRESS.test(match)) return false;
    if (/^\(?0[1-9]/.test(match)) return digits >= 9 && digits <= 12;
    return NATIONAL_SHAPES.test(match);
  },
};

/** Any number that is said to be one: `my number is …`, `call me at …`. */
const NAMED_PHONE: NamedPattern = {
  name: 'phone',
  needs: DIGITS,
  pattern:
    /\b(?:(?:tele)?phone|mobile|cell(?:phone)?|whats ?app|landline|tel|fax|(?:my|his|her|our|your|their|callback|contact) number|(?:call|reach|text|ring) (?:me|us|him|her|them)(?: back)?)(?: (?:number|no\.?))?\W{0,3}(?:(?:is|at|on|to)\W{1,3})?(?<secret>\d(?:[ .,\u00a0\u2010-\u2015()-]{0,3}\d){6,14})(?!\d)/i,
  accepts: (number) => countDigits(number) >= 7 && !DATE_OR_ADDRESS.test(number),
};

const WORD = '(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)';
const DIGIT = String.raw`(?:(?:double|triple)\s)?(?:${WORD}|\d(?!\d))`;
const ONE_WORD = String.raw`(?:double|triple|${WORD}|\d)`;
/** A pause, a comma or a hyphen, as transcripts set them between digits. */
const BETWEEN = String.raw`(?:[,.]?\s{1,2}|[\u2010-\u2015-])`;
const EACH_DIGIT = new RegExp(String.raw`\b(?:${WORD}|double|triple|\d)\b`, 'gi');
const FEWEST_DIGITS = 7;

/** A number given digit by digit: nobody does that with a price or a time. */
const DICTATED_NUMBER: NamedPattern = {
  name: 'number',
  // Five words of the six or more, from the second on: the gap before it is quicker to look for.
  needs: new RegExp(String.raw`[\s\u2010-\u2015-]${ONE_WORD}(?:${BETWEEN}${ONE_WORD}){4}`, 'i'),
  // More than 40 numbers in a row with commas are a list: each start in it would be tried in vain.
  pattern: new RegExp(
    String.raw`(?<![\p{L}\p{N}])(?!(?:\d[,.]\s){41})${DIGIT}(?:${BETWEEN}${DIGIT}){5,40}(?![\p{L}\p{N}])`,
    'iu',
  ),
  accepts: (match) =>
    // A list of figures, as code and JSON have it.
    !/^\d(?:[,.]\s\d)+[,.]?$/.test(match) &&
    (match.match(EACH_DIGIT)?.length ?? 0) >= FEWEST_DIGITS,
};

const DOMAIN_END =
  '(?:com|net|org|edu|gov|info|io|co|ai|app|dev|me|eu|uk|us|ca|au|in|de|fr|es|it|nl)';
const PART = String.raw`[\p{L}\p{N}_-]{1,63}`;
const DOT = String.raw`(?:\sdot\s|\.)`;

/**
 * `alice at example dot com`, with what may stand for the `@` and between the parts of the domain.
 * One pattern for each of these, since each has something of its own that is quick to look for.
 */
function dictatedEmail(needs: RegExp, at: string, dot: string): NamedPattern {
  return {
    name: 'email',
    needs,
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])[\p{L}\p{N}._+-]{2,64}(?:\s(?:dot|underscore|dash)\s${PART}){0,4}${at}(?:${PART}${dot}){1,4}${DOMAIN_END}(?![\p{L}\p{N}])`,
      'iu',
    ),
    // "Order it at example dot com" names a shop.
    accepts: (match) =>
      / dot |@|[([]at/i.test(match) &&
      !/^(?:available|book|bought|buy|find|found|here|is|it|look|me|online|order|that|them|this|us|visit|you) at /i.test(
        match,
      ),
  };
}

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
  PHONE,
  NAMED_PHONE,
  DICTATED_NUMBER,
  dictatedEmail(/\sdot\s/i, String.raw`\sat\s`, String.raw`\sdot\s`),
  dictatedEmail(/[([]at[)\]]/i, String.raw`\s?[(\[]at[)\]]\s?`, DOT),
  dictatedEmail(/\s@\s/, String.raw`\s@\s`, DOT),
];

const ZERO = 48;
const NINE = 57;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function countDigits(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (isDigit(text.charCodeAt(index))) digits += 1;
  }
  return digits;
}

/** Characters that part a card's groups, each of four digits or more. */
const GROUP_END = '.,/_\n';

/** Whether the digits end in the check digit that Luhn's rule asks for (ISO/IEC 7812-1). */
function isCard(match: string): boolean {
  let digits = 0;
  let digitsOfGroup = 0;
  let sum = 0;
  for (let index = match.length - 1; index >= 0; index -= 1) {
    const code = match.charCodeAt(index);
    if (isDigit(code)) {
      const doubled = digits % 2 === 1 ? (code - ZERO) * 2 : code - ZERO;
      sum += doubled > 9 ? doubled - 9 : doubled;
      digits += 1;
      digitsOfGroup += 1;
    } else if (GROUP_END.includes(match.charAt(index))) {
      if (digitsOfGroup < 4) return false;
      digitsOfGroup = 0;
    }
  }
  return digits >= 13 && digitsOfGroup >= 4 && sum % 10 === 0;
}

/** Whether letters and digits have the check digits of an IBAN: 1 modulo 97 (ISO 13616). */
function hasIbanCheckDigits(match: string): boolean {
  let characters = 0;
  let remainder = 0;
  let firstFour = 0;
  for (let index = 0; index < match.length; index += 1) {
    const value = valueInIban(match.charCodeAt(index));
    if (value === undefined) continue;
    characters += 1;
    const factor = value > 9 ? 100 : 10;
    // The first four characters, two letters and two digits, come last.
    if (characters <= 4) firstFour = firstFour * factor + value;
    else remainder = (remainder * factor + value) % 97;
  }
  return characters >= 15 && (remainder * 1_000_000 + firstFour) % 97 === 1;
}

/** A letter stands for two digits: A is 10, Z is 35. */
function valueInIban(code: number): number | undefined {
  if (isDigit(code)) return code - ZERO;
  // Capitals and small letters differ in this bit.
  const small = code | 0x20;
  return small >= 97 && small <= 122 ? small - 87 : undefined;
}
