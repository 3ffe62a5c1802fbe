import { asPrintable } from '../diagnostics.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { asJsonRecord } from '../spans/serialize-value.js';

/**
 * Where a value was found. `refuse` and `note` take text that follows the source's name in a
 * message, so it reads on from it: "must be true or false; saw the text "maybe"". It never contains
 * a secret.
 */
export interface ValueSource {
  /** `option`, or the name of an environment variable. */
  readonly name: string;
  readonly isOption: boolean;
  /** For a second variable that belongs to the first. */
  readonly env: NodeJS.ProcessEnv;
  /** The value cannot be used: the option is an error, a variable warns and the next source is asked. */
  readonly refuse: (problem: string) => undefined;
  /** Part of the value cannot be used. */
  readonly note: (text: string) => void;
}

/**
 * Reads what one source has: trimmed text of a variable, anything in code; never `undefined`, `null`
 * or blank text. `undefined`: the source says nothing.
 */
export type ReadValue<T> = (value: unknown, source: ValueSource) => T | undefined;

/** One option: its variables in order of precedence, and how a value is read. */
export interface OptionRow<T> {
  /** Variables, strongest first: ours, the documented legacy names, those of other projects. */
  readonly env?: readonly string[];
  readonly default: T;
  readonly read: ReadValue<T>;
  /** The objects of all sources are merged; the stronger source wins a key. */
  readonly merges?: true;
}

/** A row for each property of `T`. */
export type OptionTable<T> = { readonly [K in keyof T]: OptionRow<T[K]> };

/** The largest delay that a Node timer takes; a larger one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1;

/** Names the type of a value and shows nothing of it: for values that may be secret. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Shows a value shortly in an error or a warning. Not for values that may be secret. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(asPrintable(value, 80));
  const isShort = ['number', 'boolean', 'bigint'].includes(typeof value);
  return isShort ? String(value) : describeType(value);
}

/** Text in a pair of quotation marks, as an env file leaves it that no shell has read. */
export function withoutQuotes(text: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(text.trim());
  return (quoted?.[2] ?? text).trim();
}

const TRUE_WORDS: readonly string[] = ['true', '1', 'yes', 'on'];
const FALSE_WORDS: readonly string[] = ['false', '0', 'no', 'off'];

/** A switch: in code only a boolean, since `'false'` in code is a mistake that should show. */
export function parseBoolean(value: unknown, { isOption }: ValueSource): boolean | undefined {
  if (isOption) return typeof value === 'boolean' ? value : undefined;
  const word = String(value).toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : undefined;
}

export function readBoolean(value: unknown, source: ValueSource): boolean | undefined {
  return (
    parseBoolean(value, source) ??
    source.refuse(`must be true or false; saw ${describeValue(value)}`)
  );
}

/** Reads whole numbers within bounds, both included. `unit` is named in the problem. */
export function countReader(
  unit: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): ReadValue<number> {
  return (value, source) => {
    const count = !source.isOption && /^\d+$/.test(String(value)) ? Number(value) : value;
    if (Number.isSafeInteger(count) && typeof count === 'number' && count >= min && count <= max) {
      return count;
    }
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
    return source.refuse(
      `must be a whole number of ${unit}, ${range}; saw ${describeValue(value)}`,
    );
  };
}

/** Text, without the spaces around it. A number may be somebody's telephone, so it is not shown. */
export function readText(value: unknown, source: ValueSource): string | undefined {
  return typeof value === 'string'
    ? value.trim()
    : source.refuse(`must be a string; saw ${describeType(value)}`);
}

/** Reads one of a few texts, in any case. */
export function wordReader<T extends string>(...choices: readonly T[]): ReadValue<T> {
  return (value, source) => {
    const seen = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    const expected = (): string => choices.map((choice) => `"${choice}"`).join(' or ');
    return (
      choices.find((choice) => choice === seen) ??
      source.refuse(`must be ${expected()}; saw ${describeValue(value)}`)
    );
  };
}

/** An object, copied as what JSON can say of it: it is written anew on every span. */
export function readJson(value: unknown, source: ValueSource): JsonRecord | undefined {
  const record = asJsonRecord(value);
  return record === undefined
    ? source.refuse(`must be an object; saw ${describeType(value)}`)
    : Object.freeze(record);
}

/** Reads a list of values of one kind, and copies it. */
export function listReader<T>(
  plural: string,
  isItem: (item: unknown) => item is T,
): ReadValue<readonly T[]> {
  return (value, source) => {
    if (!Array.isArray(value)) {
      return source.refuse(`must be an array of ${plural}; saw ${describeType(value)}`);
    }
    const items: readonly unknown[] = value;
    const good = items.filter(isItem);
    return good.length === items.length
      ? Object.freeze(good)
      : source.refuse(
          `must be an array of ${plural}; item ${items.findIndex((item) => !isItem(item))} is none`,
        );
  };
}

/** Whether a value has methods: how an object of another library is known. */
export function hasMethods(value: unknown, ...methods: readonly string[]): boolean {
  return isRecord(value) && methods.every((method) => typeof value[method] === 'function');
}

/**
 * Parses the list format that OpenTelemetry's variables share: W3C Baggage without properties,
 * `key=value,key=value`. Only the first `=` of an entry separates, so base64 padding needs no
 * escaping. An entry that is no pair, or whose percent-encoding is broken, is `undefined`.
 */
export function parseKeyValueList(
  value: unknown,
): readonly (readonly [key: string, value: string] | undefined)[] {
  const entries = String(value).split(',');
  return entries.filter((entry) => entry.trim() !== '').map(parsePair);
}

function parsePair(entry: string): readonly [string, string] | undefined {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
  try {
    const name = decodeURIComponent(key.trim());
    return name === '' ? undefined : [name, decodeURIComponent(value.trim())];
  } catch {
    return undefined;
  }
}
