import type { NamedPattern } from '../redaction-options.js';
import { lazyPattern } from './lazy-pattern.js';
import type { Reading } from './mask-text.js';
import {
  BETWEEN,
  DATE_OR_ADDRESS,
  digitsIn,
  END,
  isCard,
  LETTER,
  PAD,
  PAUSE,
  readNumbers,
  RUN,
  START,
  twoNumbers,
} from './spoken-numbers.js';

// What says which number follows, in English, German, French, Spanish, Italian, Dutch, Portuguese.

const PHONE =
  '(?:tele)?phone|mobile|cell(?:phone)?|whats ?app|landline|tel|fax|(?:my|his|her|our|your|their|callback|contact) number|(?:call|reach|text|ring) (?:me|us|him|her|them)(?: back)?' +
  '|(?:handy|telefon|mobil|ruf|fax)(?:nummer)?|meine nummer|erreichen sie m(?:ich|ir)|rufen sie (?:mich|uns)' +
  '|t[ée]l(?:[ée]phone)?|(?:t[ée]l[ée]phone )?portable|mon num[ée]ro|(?:me|nous) joindre|r?app?el(?:ez|le)-moi' +
  '|m[óo]vil|celular|tel[ée]fono|fijo|mi n[úu]mero|ll[áa]m[ea]me' +
  '|cellulare|telefono|fisso|il mio numero|mi chiami|chiamami|richiamarmi' +
  '|telefoon(?:nummer)?|mobiele?|mijn nummer|bel me|mij bereiken' +
  '|telem[óo]vel|telefone|(?:o )?meu n[úu]mero|ligue(?:-me| para)';

const CARD =
  '(?:credit|debit|card) ?card|card number|kreditkarten?(?:nummer)?|kartennummer|num[ée]ro de (?:la )?carte|carte (?:bleue|bancaire)|(?:n[úu]mero de (?:la )?)?tarjeta|numero (?:della )?carta|(?:credit|bank)?kaartnummer|creditcard|cart[ãa]o';

const CARD_CODE =
  'cv[vc]2?|cvn|security code|(?:card )?verification value|(?:three|four|[34]\\0*) digits on the back' +
  '|(?:karten)?pr[üu]fnummer|sicherheitscode|cryptogramme|code de s[ée]curit[ée]|c[óo]digo de seguridad' +
  '|codice di sicurezza|beveiligingscode|c[óo]digo de seguran[çc]a';

const PIN =
  '(?:pin|otp|passcode)(?:[ -]?(?:code|number|nummer))?|(?:verification|(?:one|1\\0*)[ -]time|access|login|confirmation|(?:six|6\\0*)[ -]digit) code|code (?:they|you) (?:texted|sent)(?: me)?' +
  '|geheimzahl|best[äa]tigungscode|code (?:pin|secret|de v[ée]rification)|c[óo]digo de verificaci[óo]n|clave' +
  '|codice di verifica|pincode|verificatiecode|c[óo]digo de verifica[çc][ãa]o';

const EXPIRY =
  'exp|expiry(?: date| is)*|expiration(?: date| is)*|(?:card|carte|tarjeta|carta|karte|kaart)[^.!?]{0,24}(?:expires?|expire|caduca|scade|verloopt|gilt)|expires on the card|(?:valid|good) thru' +
  '|g[üu]ltig bis|ablaufdatum|date d.expiration|fecha de caducidad|(?:data di )?scadenza|vervaldatum|(?:data de )?validade';

const ID =
  'itin|(?:national insurance|ni|nhs|passport|driver.?s? licen[sc]e|licen[sc]e|member id|tax id)(?: (?:number|no))?' +
  '|steuer-?id|steuer(?:identifikations)?nummer|(?:personal)?ausweis(?:nummer)?|sozialversicherungsnummer|reisepass(?:nummer)?' +
  '|num[ée]ro de (?:s[ée]curit[ée] sociale|s[ée]cu)|passeport' +
  '|dni|nie|n[úu]mero de la seguridad social|pasaporte|codice fiscale|carta d.identit[àa]|partita iva|passaporto' +
  '|bsn|burgerservicenummer|paspoort(?:nummer)?|nif|cpf|n[úu]mero de contribuinte|passaporte';

const SSN = 'ssn|social(?: security)?(?: number)?';

/** What may be between the name of a number and the number. */
const LINK =
  '(?:s|is|that|was|are|it|its|at|on|in|to|the|number|no|nr|num|code|my|uh|uhm|um|er|am|ist|lautet|war|die|der|das|unter|auf|nummer|äh|ähm|est|c|ce|le|la|les|au|sur|num[ée]ro|de|en|euh|es|el|los|al|eh|n[úu]mero|è|il|lo|numero|ehm|op|het|é|o|no|em)';

/** Behind one of these names: a search looks back from the number, which is rarer than letters. */
function behind(names: string): string {
  return `(?:${names})${END}(?:[^${LETTER}]{1,8}${LINK}${END}){0,4}[^${LETTER}]{1,8}`;
}

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const ALL: readonly string[] = [PHONE, CARD, CARD_CODE, PIN, EXPIRY, ID, SSN];
let needs: RegExp | undefined;

/**
 * A digit behind one of the names, digits apart from each other, or two numbers that are said. All
 * kinds look for it once.
 */
function needsOfAll(): RegExp {
  needs ??= new RegExp(
    String.raw`\d(?<=${behind(ALL.join('|'))}(?:[a-z]{1,3}[ .-]?|${MONTH},? )?\d)|\d\W{1,4}\d\W{1,4}\d|\d\s\W?${PAUSE}|${twoNumbers()}`,
    'i',
  );
  return needs;
}

/** A pattern that searches a text as it is read. */
function reading(
  name: string,
  makePattern: () => RegExp,
  accepts: (match: string) => boolean,
): NamedPattern & Reading {
  const pattern = lazyPattern(name, () => ({
    needs: needsOfAll(),
    pattern: makePattern(),
    accepts,
  }));
  return Object.assign(pattern, { read: readNumbers });
}

function named(
  name: string,
  names: string,
  beginning: string,
  number: string,
  accepts: (match: string) => boolean,
): NamedPattern {
  const find = (): string =>
    `(?<=[^${LETTER}])(?=${beginning})(?<=${START}${behind(names)})${number}`;
  return reading(name, () => new RegExp(find(), 'i'), accepts);
}

function numberBehind(name: string, names: string, fewestDigits: number): NamedPattern {
  return named(
    name,
    names,
    String.raw`[\d+]`,
    RUN,
    (match) => !DATE_OR_ADDRESS.test(match) && digitsIn(match).length >= fewestDigits,
  );
}

const FEWEST_DIGITS = 7;

/** A number dictated digit by digit: nobody does that with a price or a time. */
const DICTATED_NUMBER = reading(
  'number',
  // From the first number of a run on: each start in a long list would be tried in vain.
  () => new RegExp(String.raw`${START}(?<!\[\s{0,32}(?=\d))(?<!\d${BETWEEN}{1,48})(?=[\d+])${RUN}`),
  isDictatedNumber,
);

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
  if (length < FEWEST_DIGITS || isSeries(numbers.map(Number.parseFloat))) return false;
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
  return /^[0+]|(?:^|[^\d])(?:[6-8]\d|9[1-46-8])\0/.test(match);
}

/** Whether the speaker counts: one, two, three, or ten, twenty, thirty. */
function isSeries(values: readonly number[]): boolean {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return step !== 0 && values.every((value, index) => value === first + index * step);
}

/** Numbers that only their name identifies, written or dictated, and those that are dictated. */
export const NAMED_NUMBERS: readonly NamedPattern[] = [
  numberBehind('ssn', SSN, 9),
  named(
    'national-id',
    ID,
    String.raw`[A-Z]{0,3}[ .-]?\d`,
    String.raw`[A-Z]{0,3}[ .-]?\d(?:[ ./-]?[A-Z]{0,2}[ ./-]?\d){4,20}(?:[ -]?[A-Z]{1,2})?${END}`,
    (match) => !DATE_OR_ADDRESS.test(match) && digitsIn(match).length >= 5,
  ),
  numberBehind('national-id', ID, 8),
  named(
    'card-expiry',
    EXPIRY,
    String.raw`\d|${MONTH}`,
    String.raw`(?:(?:0?[1-9]|1[0-2]) ?[-./] ?|${MONTH},? )(?:20)?[2-4]\d(?![-./]?\d)`,
    () => true,
  ),
  named(
    'card-expiry',
    EXPIRY,
    String.raw`[\d+]`,
    RUN,
    (match) => /\d\D*\d\D*\d/.test(match) && match.includes('\0'),
  ),
  numberBehind('card-code', CARD_CODE, 3),
  numberBehind('pin', PIN, 4),
  numberBehind('card', CARD, 12),
  numberBehind('phone', PHONE, 7),
  DICTATED_NUMBER,
];
