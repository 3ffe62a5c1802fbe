import { asPrintable } from '../diagnostics.js';
import { describeType } from './describe-value.js';
import { hideValues } from './hidden-values.js';
import { parseKeyValueList } from './key-value-list.js';
import type { OptionSource, Reading } from './option-row.js';

/** One header's value and who gave it. */
export interface HeaderEntry {
  readonly value: string;
  readonly source: OptionSource;
}

/** Headers by lower-case name: HTTP's names have no case, so two spellings are one header. */
export type HeaderEntries = ReadonlyMap<string, HeaderEntry>;

// RFC 9110, 5.6.2.
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// What Node refuses to send; a line break would let a value add headers of its own.
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;
// Framing and encoding of the request belong to who writes the body.
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'transfer-encoding',
]);

/** Whether HTTP can carry the text as a header value. */
export function isHeaderValue(text: string): boolean {
  return !UNSENDABLE.test(text);
}

/** Reads headers given in code. A value of `undefined` or blank text leaves the header out. */
export function readHeadersOption(value: unknown): Reading<HeaderEntries> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: `must be an object of header names and values; saw ${describeType(value)}` };
  }
  const pairs: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string') {
      return { problem: `must have strings as values; ${showName(name)} is ${describeType(text)}` };
    }
    const problem = headerProblem(name, text.trim());
    if (problem !== undefined) return { problem };
    pairs.push([name, text]);
  }
  return withOwnHeadersLeftOut(pairs, 'option', []);
}

/**
 * Reads `name=value,name=value`, names and values percent-decoded, as the OTLP exporter
 * specification has it. An entry that cannot be used is left out and counted in the note; the
 * others are kept.
 */
export function readHeadersEnv(text: string, variable: string): Reading<HeaderEntries> {
  const { pairs, unreadable } = parseKeyValueList(text);
  const good = pairs.filter(([name, value]) => headerProblem(name, value) === undefined);
  const bad = unreadable + pairs.length - good.length;
  if (bad > 0 && good.length === 0) {
    return { problem: 'must be a list such as "name=value,name=value"; no entry of it is one' };
  }
  const notes =
    bad > 0
      ? [`has ${bad} of ${bad + good.length} entries that are no header; they are left out`]
      : [];
  return withOwnHeadersLeftOut(good, variable, notes);
}

/** Adds the headers of a weaker source to those of a stronger one. */
export function mergeHeaders(stronger: HeaderEntries, weaker: HeaderEntries): HeaderEntries {
  return new Map([...weaker, ...stronger]);
}

/**
 * Headers as delivery spreads them into a request, `authorization` being the one that was decided
 * on. Printed or serialised as a whole, the object shows its names and no value, so that a dump of
 * the resolved options gives nothing away.
 */
export function createHeaders(
  entries: HeaderEntries,
  authorization: string | undefined,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.fromEntries(
    [...entries].map(([name, { value }]) => [name, value]),
  );
  if (authorization !== undefined) headers['authorization'] = authorization;
  return hideValues(headers);
}

function headerProblem(name: string, value: string): string | undefined {
  if (!HEADER_NAME.test(name.trim())) {
    return `must have names that HTTP allows; ${showName(name)} is none`;
  }
  return isHeaderValue(value)
    ? undefined
    : `must have values that HTTP can carry; the value of ${showName(name)} has line breaks, control characters or letters beyond Latin-1`;
}

function withOwnHeadersLeftOut(
  pairs: readonly (readonly [string, string])[],
  source: OptionSource,
  notes: readonly string[],
): Reading<HeaderEntries> {
  const entries = new Map<string, HeaderEntry>();
  const left: string[] = [];
  for (const [name, text] of pairs) {
    const key = name.trim().toLowerCase();
    const value = text.trim();
    if (OWN_HEADERS.has(key)) left.push(key);
    else if (value !== '') entries.set(key, { value, source });
  }
  const all =
    left.length === 0
      ? notes
      : [...notes, `sets ${left.join(', ')}, which the exporter sets itself; left out`];
  return all.length === 0 ? { value: entries } : { value: entries, note: all.join('; and ') };
}

// A malformed name may be a value that slipped to the wrong side of the "=".
function showName(name: string): string {
  return HEADER_NAME.test(name) && name.length <= 40 ? `"${asPrintable(name)}"` : 'one name';
}
