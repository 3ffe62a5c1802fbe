import type { NamedPattern } from '../redaction-options.js';
import type { Reading } from './mask-text.js';

/**
 * Names of numbers, as transcripts have them where a number is dictated: 0 to 9, 10 to 19, and the
 * tens from 20 on. A slash separates spellings. Other names are combinations of these.
 */
// prettier-ignore
const NUMBER_NAMES: readonly (readonly [units: string, teens: string, tens: string])[] = [
  ['zero/oh one two three four five six seven eight nine',
    'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    'twenty thirty forty fifty sixty seventy eighty ninety'],
  ['null eins/ein zwei/zwo drei vier fünf/fuenf sechs sieben acht neun',
    'zehn elf zwölf/zwoelf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
    'zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig neunzig'],
  ['zéro un/une deux trois quatre cinq six sept huit neuf',
    'dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf',
    'vingt trente quarante cinquante soixante septante quatre-vingt/quatre-vingts/huitante nonante'],
  ['cero uno/una dos/dós tres/trés cuatro cinco seis/séis siete ocho nueve',
    'diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve',
    'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa'],
  ['zero uno due tre/tré quattro cinque sei sette otto nove',
    'dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
    'venti trenta quaranta cinquanta sessanta settanta ottanta novanta'],
  ['nul een/één twee drie vier vijf zes zeven acht negen',
    'tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien',
    'twintig dertig veertig vijftig zestig zeventig tachtig negentig'],
  ['zero uma dois/duas três quatro cinco seis/meia sete oito nove',
    'dez onze doze treze catorze/quatorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove',
    'vinte trinta quarenta cinquenta sessenta setenta oitenta noventa'],
];

/** What is said between the digits of a number and is none of them. `um` is Portuguese for one, too. */
const FILLERS = 'uh uhm um er erm eh ehm em hm hmm äh ähm euh heu';
const HYPHENS = 'dash hyphen strich bindestrich tiret guion guión trattino streepje traço hífen';
const PLUS = 'plus más mas più mais';
const TWICE = 'double doppel doppelt doble doppio doppia dubbel dubbele duplo';
const THRICE = 'triple dreimal';
const HUNDRED = 'hundred hundert cent cents cientos cento centos honderd';

/** Fills up the digits read from a longer name, so that the text keeps its length. */
const PAD = '\0';

/** What is read for each name, and what finds the names in a text. */
interface Readings {
  readonly byName: ReadonlyMap<string, string>;
  readonly name: RegExp;
}

/** Made when a text first needs it: most processes load the patterns and never do. */
let readings: Readings | undefined;

function createReadings(): Readings {
  const byName = new Map(
    [
      ...NUMBER_NAMES.flatMap(readingsOfLanguage),
      ...readingsOf(FILLERS, ''),
      ...readingsOf(HYPHENS, '-'),
      ...readingsOf(PLUS, '+'),
      ...readingsOf(TWICE, 'D'),
      ...readingsOf(THRICE, 'T'),
      ...readingsOf(HUNDRED, 'H'),
    ].toReversed(),
  );
  const beginnings = new Set(Array.from(byName.keys(), (name) => name.slice(0, 3)));
  const name = `(?<![${LETTER}])(?:${[...beginnings].join('|')})[a-z\u00df-\u024f]*${END}`;
  return { byName, name: new RegExp(name, 'gi') };
}

function readingsOf(names: string, reading: string): readonly (readonly [string, string])[] {
  return names.split(' ').map((name) => [name, reading]);
}

/** Names and their values, one after the other; a slash separates spellings. */
function valuesOf(names: string, first: number, step: number): readonly [string, number][] {
  return names
    .split(' ')
    .flatMap((spellings, index) =>
      spellings.split('/').map((name): [string, number] => [name, first + index * step]),
    );
}

/** The names of a language, with those that are put together as one: `vierunddreißig`, `trentotto`. */
function readingsOfLanguage([units, teens, tens]: (typeof NUMBER_NAMES)[number]) {
  const ones = valuesOf(units, 0, 1);
  const joined = valuesOf(tens, 20, 10).flatMap(([ten, value]) =>
    ones.flatMap(([one, unit]) =>
      [`${one}und${ten}`, `${one}en${ten}`, `${one}ën${ten}`, `${ten}${one}`]
        // `trenta` loses its vowel in `trentotto`, `veinte` becomes `veinti`.
        .concat(['', 'i', 'a'].map((vowel) => `${ten.slice(0, -1)}${vowel}${one}`))
        .map((name) => [name, value + unit] as const),
    ),
  );
  return [...joined, ...ones, ...valuesOf(teens, 10, 1), ...valuesOf(tens, 20, 10)].map(
    ([name, value]) => [name, String(value)] as const,
  );
}

/** Letters and digits of the languages above. Without the flag `u` a search takes half as long. */
export const LETTER: string = String.raw`\w\u00c0-\u024f`;
export const END: string = `(?![${LETTER}])`;
/** Where a word begins, and not in a mask. */
export const START: string = String.raw`(?<![${LETTER}]|\[REDACTED:[\w-]{0,16})`;

/** What names begin with, as plain alternatives: these are searched for in one go. */
const NAME = `(?:${[...new Set(NUMBER_NAMES.flatMap((names) => names.flatMap((part) => part.split(/[ /-]/))))].join('|')}|doub|dopp|dobl|dubb|dupl|trip|dreimal)`;
const BETWEEN = String.raw`[\s,.…/()_\0\u2010-\u2015-]`;

/** Two numbers, the first one a name or whatever else may be it. From the pause before them on. */
export function twoNumbers(orElse = ''): RegExp {
  return new RegExp(
    `${orElse}${BETWEEN}${NAME}[${LETTER}]*${BETWEEN}{1,4}(?:(?:${[FILLERS, HYPHENS].join(' ').replaceAll(' ', '|')})${BETWEEN}{1,4}){0,2}(?:\\d|${NAME})`,
    'i',
  );
}

/** Reads what names of numbers say, each as digits in its place: the text keeps its length. */
export function readNumbers(text: string): string {
  readings ??= createReadings();
  const { byName, name } = readings;
  const read = text.replace(name, (found) => pad(byName.get(found.toLowerCase()) ?? found, found));
  return COMBINATIONS.reduce(
    (sum, [names, reading]) =>
      sum.replace(names, (all: string, one: string, other: string) =>
        pad(reading(one, other), all),
      ),
    read,
  );
}

function pad(reading: string, name: string): string {
  return reading.padEnd(name.length, PAD);
}

/** Names of more than one word, and what they say. */
const COMBINATIONS: readonly (readonly [RegExp, (one: string, other: string) => string])[] = [
  // `dix-huit`, `quatre-vingt`, `quatre-vingt-douze`, `soixante et onze`, `treinta y cuatro`.
  [/(10)\0+-([789])\0+/g, (ten, one) => String(Number(ten) + Number(one))],
  [/(4)\0+[\s-](20)\0+s?/g, () => '80'],
  [/([68]0)\0+[\s-](?:et[\s-])?(1\d)(?=\0)\0*/g, (ten, teen) => String(Number(ten) + Number(teen))],
  [
    /([2-9]0)\0+[\s-](?:(?:et|y|e)[\s-])?([1-9])(?=\0)\0*/g,
    (ten, one) => String(Number(ten) + Number(one)),
  ],
  [/D\0+[\s-](\d)(?!\d)\0*/g, (digit) => digit.repeat(2)],
  [/T\0+[\s-](\d)(?!\d)\0*/g, (digit) => digit.repeat(3)],
  [/([1-9])\0+[\s-]H\0*/g, (digit) => `${digit}00`],
];

/** Numbers one after the other, as they are read. */
export const RUN: string = String.raw`(?:\+\0+\s)?\d{1,19}(?:${BETWEEN}{1,48}\d{1,19})*\0*${END}`;

export function digitsIn(read: string): string {
  return read.replaceAll(/\D/g, '');
}

/** Days, and addresses of the internet, have as many digits as telephones. */
export const DATE_OR_ADDRESS: RegExp =
  /^(?:(?:19|20)\d{2}[-./ ]\d{2}[-./ ]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,3}(?:\.\d{1,3}){3}$)/;

const FEWEST_DIGITS = 7;

/** A number dictated digit by digit: nobody does that with a price or a time. */
export const DICTATED_NUMBER: NamedPattern & Reading = {
  name: 'number',
  read: readNumbers,
  needs: twoNumbers(
    String.raw`\d\W{1,4}\d\W{1,4}\d|\d\s\W?(?:${[FILLERS, HYPHENS].join(' ').replaceAll(' ', '|')})|`,
  ),
  // From the first number of a run on: each start in a long list would be tried in vain.
  pattern: new RegExp(
    String.raw`${START}(?<!\[\s{0,32}(?=\d))(?<!\d${BETWEEN}{1,48})(?=[\d+])${RUN}`,
  ),
  accepts: isDictatedNumber,
};

/** What is longer is no number that anybody says, and would take long to read. */
const LONGEST_READ = 400;
const DIGITS_APART = /^\d(?:\D+\d)*\D*$/;
const COMMAS = /^\d(?:[,.]\s?\d)+[,.]?$/;

function isDictatedNumber(match: string): boolean {
  const isWritten = !match.includes(PAD);
  if (isWritten && !DIGITS_APART.test(match)) return false;
  if (match.length > LONGEST_READ) return !isWritten || !match.includes(',');
  const digits = digitsIn(match);
  const numbers = match.match(/\d+\0*/g) ?? [];
  const { length } = digits;
  if (length < FEWEST_DIGITS || isSeries(numbers.map((number) => Number.parseInt(number, 10)))) {
    return false;
  }
  // A short list of numbers, as code and JSON have it, is none.
  if (isWritten) return !COMMAS.test(match) || (length >= 9 && /\s/.test(match));
  const singles = digitsIn(
    numbers.filter((number) => /^(?:\d\0*|(\d)\1+\0+|\d00\0+)$/.test(number)).join(''),
  ).length;
  if (singles >= FEWEST_DIGITS || match.includes(`-${PAD}`)) return true;
  if (/^[2-6]\d{12,18}$/.test(digits) && isCard(digits)) return true;
  if (singles >= 5 && singles * 3 >= length * 2) return true;
  if (length < 9 || length > 15) return false;
  // A telephone in pairs. Times end before 60, and prices in 90, 95 or 99.
  return /^[0+]/.test(match) || numbers.some(isNoTimeOrPrice);
}

function isNoTimeOrPrice(number: string): boolean {
  return /^(?:[6-8]\d|9[1-46-8])\0/.test(number);
}

/** Whether the speaker counts: one, two, three, or ten, twenty, thirty. */
function isSeries(values: readonly number[]): boolean {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return step !== 0 && values.every((value, index) => value === first + index * step);
}

const ZERO = 48;
const NINE = 57;

export function countDigits(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (isDigit(text.charCodeAt(index))) digits += 1;
  }
  return digits;
}

export function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Characters that part a card's groups, each of four digits or more. */
const GROUP_END = '.,/_\n';

/** Whether the digits end in the check digit that Luhn's rule asks for (ISO/IEC 7812-1). */
export function isCard(match: string): boolean {
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
