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
/** Other names that say something of the digits next to them, and how they are read. */
const SIGNS: readonly (readonly [names: string, reading: string])[] = [
  [FILLERS, ''],
  [HYPHENS, '-'],
  ['plus más mas più mais', '+'],
  ['double doppel doppelt doble doppio doppia dubbel dubbele duplo', 'D'],
  ['triple dreimal', 'T'],
  ['hundred hundert cent cents cientos cento centos honderd', 'H'],
];

/** Letters and digits of the languages above. Without the flag `u` a search takes half as long. */
export const LETTER: string = String.raw`\w\u00c0-\u024f`;
export const END: string = `(?![${LETTER}])`;
/** Where a word begins, and not in a mask. */
export const START: string = String.raw`(?<![${LETTER}]|\[REDACTED:[\w-]{0,16})`;
/** What may be between two digits of a number. */
export const BETWEEN: string = String.raw`[\s,.…/()_\0\u2010-\u2015-]`;
/** A filler or a hyphen by its name. */
export const PAUSE: string = `(?:${`${FILLERS} ${HYPHENS}`.replaceAll(' ', '|')})`;

/** Two numbers, the first one a name or whatever else may be it. From the pause before them on. */
export function twoNumbers(): string {
  // How names of numbers begin, as plain alternatives: these are searched for in one go.
  const names = NUMBER_NAMES.flat().join(' ').split(/[ /-]/);
  const beginning = `(?:${beginnings(4, names).join('|')}|doub|dopp|dobl|dubb|dupl|trip|dreimal)`;
  return `${BETWEEN}${beginning}[${LETTER}]*${BETWEEN}{1,4}(?:${PAUSE}${BETWEEN}{1,4}){0,2}(?:\\d|${beginning})`;
}

function beginnings(length: number, names: readonly string[]): readonly string[] {
  const short = [...new Set(names.map((name) => name.slice(0, length)))];
  return short.filter((one) => !short.some((other) => other !== one && one.startsWith(other)));
}

/**
 * What is read for each name, and what finds the names in a text. Made when a text first needs it:
 * most processes load the patterns and never do.
 */
let readings: readonly [byName: ReadonlyMap<string, string>, name: RegExp] | undefined;

function createReadings(): NonNullable<typeof readings> {
  const byName = new Map<string, string>();
  const add = (name: string, reading: string): void => {
    if (!byName.has(name)) byName.set(name, reading);
  };
  for (const [units, teens, tens] of NUMBER_NAMES) {
    for (const [ten, place] of spellings(tens)) {
      const stem = ten.slice(0, -1);
      // `vierunddreißig` is one name, `trenta` loses its vowel in `trentotto`, `veinte` becomes `veinti`.
      for (const [one, unit] of spellings(units)) {
        for (const beginning of [`${one}und`, `${one}en`, `${one}ën`]) {
          add(beginning + ten, `${place + 2}${unit}`);
        }
        for (const beginning of [ten, stem, `${stem}i`, `${stem}a`]) {
          add(beginning + one, `${place + 2}${unit}`);
        }
      }
    }
    for (const [one, unit] of spellings(units)) add(one, String(unit));
    for (const [teen, unit] of spellings(teens)) add(teen, `1${unit}`);
    for (const [ten, place] of spellings(tens)) add(ten, `${place + 2}0`);
  }
  for (const [names, reading] of SIGNS) for (const name of names.split(' ')) add(name, reading);
  const name = `(?<![${LETTER}])(?:${beginnings(3, [...byName.keys()]).join('|')})[a-z\u00df-\u024f]*${END}`;
  return [byName, new RegExp(name, 'gi')];
}

/** Names with their places in the list. A slash separates spellings. */
function spellings(names: string): readonly (readonly [name: string, place: number])[] {
  return names
    .split(' ')
    .flatMap((same, place) => same.split('/').map((name) => [name, place] as const));
}

/** Fills up the digits read from a longer name, so that the text keeps its length. */
export const PAD = '\0';

/** Reads what names of numbers say, each as digits in its place: the text keeps its length. */
export function readNumbers(text: string): string {
  readings ??= createReadings();
  const [byName, name] = readings;
  const read = text.replace(name, (found) => pad(byName.get(found.toLowerCase()) ?? found, found));
  return COMBINATIONS.reduce(
    (soFar, [names, reading]) =>
      soFar.replace(names, (all: string, one: string, other: string) =>
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
  [/(10)\0+-([789])\0+/g, sumOf],
  [/(4)\0+[\s-](20)\0+s?/g, () => '80'],
  [/([68]0)\0+[\s-](?:et[\s-])?(1\d)(?=\0)\0*/g, sumOf],
  [/([2-9]0)\0+[\s-](?:(?:et|y|e)[\s-])?([1-9])(?=\0)\0*/g, sumOf],
  [/D\0+[\s-](\d)(?!\d)\0*/g, (digit) => digit.repeat(2)],
  [/T\0+[\s-](\d)(?!\d)\0*/g, (digit) => digit.repeat(3)],
  [/([1-9])\0+[\s-]H\0*/g, (digit) => `${digit}00`],
];

function sumOf(ten: string, one: string): string {
  return String(Number(ten) + Number(one));
}

/** Numbers one after the other, as they are read. */
export const RUN: string = String.raw`(?:\+\0+\s)?\d{1,19}(?:${BETWEEN}{1,48}\d{1,19})*\0*${END}`;

export function digitsIn(read: string): string {
  return read.replaceAll(/\D/g, '');
}

/** Days, and addresses of the internet, have as many digits as telephones. */
export const DATE_OR_ADDRESS: RegExp =
  /^(?:(?:19|20)\d{2}[-./ ]\d{2}[-./ ]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,3}(?:\.\d{1,3}){3}$)/;

/** As `digitsIn(text).length`, which takes four times as long. */
export function countDigits(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) digits += 1;
  }
  return digits;
}

/** Dots, commas and the like part the groups of a card, each of four digits or more. */
const SHORT_GROUP = /(?:^|[.,/_\n])(?:[^\d.,/_\n]*\d){0,3}[^\d.,/_\n]*(?:[.,/_\n]|$)/;

/** Whether the digits end in the check digit that Luhn's rule asks for (ISO/IEC 7812-1). */
export function isCard(match: string): boolean {
  if (SHORT_GROUP.test(match)) return false;
  let digits = 0;
  let sum = 0;
  for (let index = match.length - 1; index >= 0; index -= 1) {
    const digit = match.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) continue;
    const doubled = digits % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
    digits += 1;
  }
  return digits >= 13 && sum % 10 === 0;
}
