import { asPrintable } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { describeType, parseKeyValueList, type ValueSource } from './option-readers.js';

/** A header's value, and where it comes from: `option`, or the name of an environment variable. */
export interface HeaderEntry {
  readonly value: string;
  readonly source: string;
}

/** Headers by lower-case name: HTTP's names have no case, so two spellings are one header. */
export type HeaderEntries = Readonly<Record<string, HeaderEntry>>;

// RFC 9110, 5.6.2.
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// What Node refuses to send; a line break would let a value add further headers.
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** Headers that only the exporter sets: a configured one would break or reframe the request. */
export const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether HTTP can carry the text as a header value. */
export function isHeaderValue(text: string): boolean {
  return !UNSENDABLE.test(text);
}

/**
 * Reads headers: of code, where `undefined` or blank text leaves one out, or of a variable with
 * `name=value,name=value`, as the OTLP exporter specification has it. Entries of a variable that
 * cannot be used are left out and counted in a note.
 */
export function readHeaders(value: unknown, source: ValueSource): HeaderEntries | undefined {
  return source.isOption ? readObject(value, source) : readList(value, source);
}

function readObject(value: unknown, source: ValueSource): HeaderEntries | undefined {
  if (!isRecord(value)) {
    return source.refuse(
      `must be an object of header names and values; saw ${describeType(value)}`,
    );
  }
  const pairs: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string') {
      return source.refuse(
        `must have strings as values; ${showName(name)} is ${describeType(text)}`,
      );
    }
    const problem = headerProblem(name, text.trim());
    if (problem !== undefined) return source.refuse(problem);
    pairs.push([name, text]);
  }
  return withoutReserved(pairs, source, []);
}

function readList(value: unknown, source: ValueSource): HeaderEntries | undefined {
  const all = parseKeyValueList(value);
  const pairs = all.filter((pair) => pair !== undefined);
  const good = pairs.filter(([name, text]) => headerProblem(name, text) === undefined);
  const bad = all.length - good.length;
  if (bad > 0 && good.length === 0) {
    return source.refuse('must be a list such as "name=value,name=value"; no entry of it is one');
  }
  const note = `has ${bad} of ${all.length} entries that are no header; they are left out`;
  return withoutReserved(good, source, bad > 0 ? [note] : []);
}

function headerProblem(name: string, value: string): string | undefined {
  if (!HEADER_NAME.test(name.trim())) {
    return `must have names that HTTP allows; ${showName(name)} is none`;
  }
  return isHeaderValue(value)
    ? undefined
    : `must have values that HTTP can carry; the value of ${showName(name)} has line breaks, control characters or letters beyond Latin-1`;
}

function withoutReserved(
  pairs: readonly (readonly [string, string])[],
  source: ValueSource,
  notes: string[],
): HeaderEntries {
  const named = pairs.map(([name, text]) => [name.trim().toLowerCase(), text.trim()] as const);
  const reserved = named.map(([name]) => name).filter((name) => RESERVED_HEADERS.has(name));
  if (reserved.length > 0) {
    notes.push(`sets ${reserved.join(', ')}, which the exporter sets itself; left out`);
  }
  // In one text: a source warns once.
  if (notes.length > 0) source.note(notes.join('; and '));
  return Object.fromEntries(
    named
      .filter(([name, value]) => value !== '' && !RESERVED_HEADERS.has(name))
      .map(([name, value]) => [name, { value, source: source.name }]),
  );
}

// A malformed name may be a value that slipped to the wrong side of the "=".
function showName(name: string): string {
  return HEADER_NAME.test(name) && name.length <= 40 ? `"${asPrintable(name)}"` : 'one name';
}

/**
 * Reads a bearer token as the `Authorization` header. `Bearer ` in front, in any case, is taken as
 * written by the user and not doubled. Problems show nothing of the token.
 */
export function readToken(value: unknown, source: ValueSource): HeaderEntry | undefined {
  if (typeof value !== 'string') {
    return source.refuse(`must be a string; saw ${describeType(value)}`);
  }
  const token = value.trim().replace(/^bearer(?:[ \t]+|$)/i, '');
  if (token === '') return source.refuse('has no token after "Bearer"');
  if (!isHeaderValue(token)) {
    return source.refuse('has line breaks, control characters or letters that HTTP cannot carry');
  }
  if (/\s/.test(token)) {
    return source.refuse(
      'has a space in it, which no bearer token has; for another scheme set the Authorization header in "headers"',
    );
  }
  return { value: `Bearer ${token}`, source: source.name };
}
