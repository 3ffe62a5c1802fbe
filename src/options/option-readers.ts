import { asPrintable } from '../diagnostics.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { asJsonRecord } from '../spans/serialize-value.js';

/**
 * What one source says about an option: a value (with a note when part of it was not usable), a
 * problem, or nothing.
 *
 * `problem` and `note` follow the name of the source in a message, so they read on from it:
 * "must be true or false; saw the text "maybe"". Neither ever contains a secret.
 */
export type Reading<T> =
  { readonly value: T; readonly note?: string } | { readonly problem: string } | undefined;

/** One option: its sources in order of precedence, and how each is read. */
export interface OptionRow<T> {
  /** Variables, strongest first: ours, the documented legacy names, those of other projects. */
  readonly env?: readonly string[];
  readonly default: T;
  /** Absent where there is no option, only variables. Never sees `undefined`, `null` or blank text. */
  readonly readOption?: (value: unknown) => Reading<T>;
  /** Sees trimmed, non-blank text, and the environment for a second variable that belongs to it. */
  readonly readEnv?: (text: string, name: string, env: NodeJS.ProcessEnv) => Reading<T>;
  /** For values that add up over sources instead of replacing one another. */
  readonly merge?: (stronger: T, weaker: T) => T;
}

/** A row for each property of `T`. */
export type OptionTable<T> = { readonly [K in keyof T]: OptionRow<T[K]> };

/** The largest delay that a Node timer takes; a larger one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1;

const MAX_SHOWN_LENGTH = 80;

/** Names the type of a value and shows nothing of it: for values that may be secret. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Shows a value shortly in an error or a warning. Not for values that may be secret. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(asPrintable(value, MAX_SHOWN_LENGTH));
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return describeType(value);
  }
}

// What Node refuses to send; a line break would let a value add further headers.
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** Whether HTTP can carry the text as a header value. */
export function isHeaderValue(text: string): boolean {
  return !UNSENDABLE.test(text);
}

/** Text in a pair of quotation marks, as an env file leaves it that no shell has read. */
export function withoutQuotes(text: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(text.trim());
  return (quoted?.[2] ?? text).trim();
}

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', '0', 'no', 'off']);

/** `true`, `1`, `yes`, `on` and their opposites, in any case; anything else is `undefined`. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

/** A switch in code: only a boolean, since `'false'` in code is a mistake that should show. */
export function readBooleanOption(value: unknown): Reading<boolean> {
  return typeof value === 'boolean'
    ? { value }
    : { problem: `must be true or false; saw ${describeValue(value)}` };
}

/** A switch in a variable. */
export function readBooleanEnv(text: string): Reading<boolean> {
  const value = parseBoolean(text);
  return value === undefined
    ? { problem: `must be true or false; saw ${describeValue(text)}` }
    : { value };
}

/** Readers for whole numbers within bounds, both included. `unit` is named in the problem. */
export function createCountReaders(
  unit: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): {
  readonly readOption: (value: unknown) => Reading<number>;
  readonly readEnv: (text: string) => Reading<number>;
} {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  const check = (count: unknown, seen: unknown): Reading<number> =>
    typeof count === 'number' && Number.isSafeInteger(count) && count >= min && count <= max
      ? { value: count }
      : { problem: `must be a whole number of ${unit}, ${range}; saw ${describeValue(seen)}` };
  return {
    readOption: (value) => check(value, value),
    readEnv: (text) => check(/^\d+$/.test(text) ? Number(text) : undefined, text),
  };
}

/** Text of an option, without the spaces around it. */
export function readTextOption(value: unknown): Reading<string> {
  return typeof value === 'string'
    ? { value: value.trim() }
    : { problem: `must be a string; saw ${describeValue(value)}` };
}

/** Text of a variable. */
export function readTextEnv(text: string): Reading<string> {
  return { value: text };
}

/** Reads one of a few texts, in any case. */
export function readWord<T extends string>(choices: readonly T[]): (value: unknown) => Reading<T> {
  const expected = choices.map((choice) => `"${choice}"`).join(' or ');
  return (value) => {
    const seen = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    const choice = choices.find((candidate) => candidate === seen);
    return choice === undefined
      ? { problem: `must be ${expected}; saw ${describeValue(value)}` }
      : { value: choice };
  };
}

/** A list of texts, copied. */
export function readTextListOption(value: unknown): Reading<readonly string[]> {
  if (!Array.isArray(value)) {
    return { problem: `must be an array of strings; saw ${describeType(value)}` };
  }
  const items: readonly unknown[] = value;
  const texts = items.filter((item) => typeof item === 'string');
  return texts.length === items.length
    ? { value: Object.freeze(texts) }
    : { problem: 'must be an array of strings; one of its items is not' };
}

/** An object, copied as what JSON can say of it: it is written anew on every span. */
export function readJsonOption(value: unknown): Reading<JsonRecord> {
  const record = asJsonRecord(value);
  return record === undefined
    ? { problem: `must be an object; saw ${describeType(value)}` }
    : { value: Object.freeze(record) };
}

/** Reads a list of objects that have certain methods, such as span processors. The list is copied. */
export function readListOf<T>(
  type: string,
  methods: readonly string[],
): (value: unknown) => Reading<readonly T[]> {
  const isItem = (item: unknown): item is T =>
    isRecord(item) && methods.every((method) => typeof item[method] === 'function');
  return (value) => {
    if (!Array.isArray(value)) {
      return { problem: `must be an array of ${type}s; saw ${describeType(value)}` };
    }
    const items: readonly unknown[] = value;
    const good = items.filter(isItem);
    return good.length === items.length
      ? { value: Object.freeze(good) }
      : {
          problem: `must be an array of ${type}s; item ${items.findIndex((item) => !isItem(item))} is none`,
        };
  };
}

/** What a `key=value,key=value` variable contains. */
export interface KeyValueList {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  /** Entries that are no pair, or whose percent-encoding is broken. */
  readonly unreadable: number;
}

/**
 * Parses the list format that OpenTelemetry's variables share: W3C Baggage without properties.
 * Only the first `=` of an entry separates, so base64 padding needs no escaping.
 */
export function parseKeyValueList(text: string): KeyValueList {
  const entries = text.split(',').filter((entry) => entry.trim() !== '');
  const pairs = entries.map(parsePair).filter((pair) => pair !== undefined);
  return { pairs, unreadable: entries.length - pairs.length };
}

function parsePair(entry: string): readonly [string, string] | undefined {
  const separator = entry.indexOf('=');
  if (separator < 0) return undefined;
  try {
    const key = decodeURIComponent(entry.slice(0, separator).trim());
    const value = decodeURIComponent(entry.slice(separator + 1).trim());
    return key === '' ? undefined : [key, value];
  } catch {
    return undefined;
  }
}
