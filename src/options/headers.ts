import { inspect } from 'node:util';
import { asPrintable } from '../diagnostics.js';
import type { Endpoint } from './endpoint.js';
import { describeType, isHeaderValue, parseKeyValueList, type Reading } from './option-readers.js';

/** Where a value came from: `option`, the name of an environment variable, or `default`. */
export type OptionSource = string;

/** A header's value, and where it comes from. */
export interface HeaderEntry {
  readonly value: string;
  readonly source: OptionSource;
}

/** Headers by lower-case name: HTTP's names have no case, so two spellings are one header. */
export type HeaderEntries = ReadonlyMap<string, HeaderEntry>;

// RFC 9110, 5.6.2.
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

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

/** Reads headers from code. A value of `undefined` or blank text leaves the header out. */
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
  return withoutReserved(pairs, 'option', []);
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
  return withoutReserved(good, variable, notes);
}

/** Adds the headers of a weaker source to those of a stronger one. */
export function mergeHeaders(stronger: HeaderEntries, weaker: HeaderEntries): HeaderEntries {
  return new Map([...weaker, ...stronger]);
}

/**
 * Headers as delivery spreads them into a request, `authorization` being the one that was decided
 * on. Printed or serialised as a whole, the object shows its names and no value, so that a dump of
 * the resolved options shows no secret.
 */
export function createHeaders(
  entries: HeaderEntries,
  authorization: string | undefined,
  weaker: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    ...weaker,
    ...Object.fromEntries([...entries].map(([name, { value }]) => [name, value])),
  };
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

function withoutReserved(
  pairs: readonly (readonly [string, string])[],
  source: OptionSource,
  notes: readonly string[],
): Reading<HeaderEntries> {
  const entries = new Map<string, HeaderEntry>();
  const left: string[] = [];
  for (const [name, text] of pairs) {
    const key = name.trim().toLowerCase();
    const value = text.trim();
    if (RESERVED_HEADERS.has(key)) left.push(key);
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

/**
 * Reads a bearer token and returns the value of the `Authorization` header. `Bearer ` in front, in
 * any case, is taken as written by the user and not doubled. The problems tell what is wrong and
 * show nothing of the token.
 */
export function readToken(value: unknown): Reading<string> {
  if (typeof value !== 'string') return { problem: `must be a string; saw ${describeType(value)}` };
  const token = value.trim().replace(/^bearer(?:[ \t]+|$)/i, '');
  if (token === '') return { problem: 'has no token after "Bearer"' };
  if (!isHeaderValue(token)) {
    return { problem: 'has line breaks, control characters or letters that HTTP cannot carry' };
  }
  if (/\s/.test(token)) {
    return {
      problem:
        'has a space in it, which no bearer token has; for another scheme set the Authorization header in "headers"',
    };
  }
  return { value: `Bearer ${token}` };
}

/** Everything that can authorise a request. */
export interface AuthorizationInput {
  readonly endpoint: Endpoint | undefined;
  readonly endpointSource: OptionSource;
  readonly token: string | undefined;
  readonly tokenSource: OptionSource;
  readonly headers: HeaderEntries;
}

/**
 * Decides which credential goes with the requests. Code comes before the environment, and there
 * what was written for this endpoint comes before what was written for another:
 *
 * 1. `Authorization` of the option `headers`, 2. the option `token`, 3. user info in the endpoint's
 * URL, 4. `Authorization` of `OTEL_EXPORTER_OTLP_*HEADERS` when the endpoint is one of
 * `OTEL_EXPORTER_OTLP_*ENDPOINT`, 5. the token of a variable, 6. `Authorization` of
 * `OTEL_EXPORTER_OTLP_*HEADERS` otherwise.
 *
 * Without the fourth rule an API key that is set for a model provider would take the place of the
 * credential of somebody's collector, and reach that collector.
 */
export function resolveAuthorization(input: AuthorizationInput): HeaderEntry | undefined {
  const header = input.headers.get('authorization');
  const token = asAuthorization(input.token, input.tokenSource);
  const userInfo = asAuthorization(input.endpoint?.authorization, input.endpointSource);
  if (header?.source === 'option') return header;
  if (token?.source === 'option') return token;
  if (userInfo !== undefined) return userInfo;
  if (header !== undefined && input.endpointSource.startsWith('OTEL_')) return header;
  return token ?? header;
}

function asAuthorization(value: string | undefined, source: OptionSource): HeaderEntry | undefined {
  return value === undefined ? undefined : { value, source };
}

/**
 * Freezes an object whose values are secrets. Printed or serialised as a whole it shows its names
 * and no value, so that a dump of an object with it in shows no secret.
 */
export function hideValues<T extends object>(secrets: T): Readonly<T> {
  const masked = Object.fromEntries(Object.keys(secrets).map((name) => [name, '(not shown)']));
  Object.defineProperty(secrets, 'toJSON', { value: () => masked });
  Object.defineProperty(secrets, inspect.custom, { value: () => masked });
  return Object.freeze(secrets);
}
