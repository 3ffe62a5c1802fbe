import { types } from 'node:util';
import { isJson, looksLikeJson, REDACTED_VALUE } from '../hide-in-json.js';
import type { NamedPattern } from '../redaction-options.js';

/** A pattern ready to run. */
export interface CompiledPattern {
  readonly regex: RegExp;
  readonly needs: string | RegExp | undefined;
  readonly accepts: ((match: string) => boolean) | undefined;
  readonly read: Reading['read'] | undefined;
  readonly replacement: string;
}

/** The text that our own patterns search: as it is read, of the same length. */
export interface Reading {
  readonly read: (text: string) => string;
}

const WINDOW_LENGTH = 16_384;
const OVERLAP_LENGTH = 4_096;
/** What a lookbehind may see of the text before a window. */
const CONTEXT_LENGTH = 64;
/** How many prefixes of a match are tried: a match may include some text that follows. */
const MAX_ATTEMPTS = 8;
const MAX_NESTED_TEXTS = 4;
/** Strings of a JSON text, the last one perhaps without its end, and numbers. */
const JSON_LEAF = /"[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$)|(?<![\w.])-?\d[\d.eE+-]*/g;
const JSON_ESCAPE = /\\(?:u([\da-f]{4})|([^]?))/gi;
/** Escapes of URLs, and those of JSON inside other text. */
const ESCAPE = /%[2-9a-f][\da-f]|\\u[\da-f]{4}/i;
const ESCAPES = /(?:%[\da-f]{2})+|\\u[\da-f]{4}/gi;
const CONTROL_CHARACTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);
/** What parts the words and numbers of a match. */
const SEPARATORS = '\t\n\r .,_/()-\u00a0';

/** Makes a copy of the pattern, so that the state of the user's own `RegExp` is left alone. */
export function compilePattern(
  pattern: RegExp | (NamedPattern & Partial<Reading>),
): CompiledPattern {
  const named = pattern instanceof RegExp ? undefined : pattern;
  const { source, flags } = pattern instanceof RegExp ? pattern : pattern.pattern;
  // Only the indices of groups need `d`, and they cost time.
  const indices = source.includes('(?<secret>') ? 'd' : '';
  const needs = named?.needs;
  const hasState = needs instanceof RegExp && (needs.global || needs.sticky);
  return {
    regex: new RegExp(source, `${withoutState(flags)}g${indices}`),
    needs: hasState ? new RegExp(needs.source, withoutState(needs.flags)) : needs,
    accepts: named?.accepts,
    read: named?.read,
    replacement: named === undefined ? '[REDACTED]' : `[REDACTED:${named.name}]`,
  };
}

function withoutState(flags: string): string {
  return flags.replace(/[dgy]/g, '');
}

/**
 * Masks what the patterns match in a content value.
 *
 * JSON is masked string by string, decoded, and number by number, so that an escaped character
 * neither hides a match nor is cut in two, and then once more as it is written, for patterns that
 * look at a name and its value together. Its leaves are found without parsing it: spacing and digits
 * stay, depth costs no stack, and a text that breaks off is masked as far as it goes.
 */
export function maskText(text: string, patterns: readonly CompiledPattern[]): string {
  if (!looksLikeJson(text)) return maskPlain(text, patterns);
  // An escape may hide what a pattern needs. Without one, JSON has its strings unchanged.
  const possible = text.includes('\\') || ESCAPE.test(text) ? patterns : possibleIn(text, patterns);
  if (possible.length === 0) return text;
  const leaves = maskLeaves(text, possible, 0);
  // What was masked may part what stood together.
  const masked = maskAsWritten(leaves, leaves === text ? possible : patterns);
  // A match across leaves may have taken a quote along. What no longer parses is not sent.
  return masked === leaves || isJson(masked) || !isJson(leaves) ? masked : REDACTED_VALUE;
}

function maskLeaves(json: string, patterns: readonly CompiledPattern[], nested: number): string {
  return json.replace(JSON_LEAF, (leaf) => {
    const value = leaf.startsWith('"') ? decode(leaf) : leaf;
    const inner =
      nested < MAX_NESTED_TEXTS && looksLikeJson(value)
        ? maskLeaves(value, patterns, nested + 1)
        : value;
    const masked = maskPlain(inner, patterns);
    return masked === value ? leaf : JSON.stringify(masked);
  });
}

/** Decodes a string as far as it is one: escapes that JSON does not know are left out. */
function decode(leaf: string): string {
  const inner = leaf.slice(1, leaf.length > 1 && leaf.endsWith('"') ? -1 : undefined);
  if (!inner.includes('\\')) return inner;
  return inner.replace(JSON_ESCAPE, (_, code: string | undefined, char: string = '') =>
    code === undefined
      ? (CONTROL_CHARACTERS.get(char) ?? char)
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Masks a text that is no JSON, also what escapes hide in it: then it is sent without them. */
function maskPlain(text: string, patterns: readonly CompiledPattern[]): string {
  const masked = maskAsWritten(text, patterns);
  if (!ESCAPE.test(masked)) return masked;
  const decoded = masked.replace(ESCAPES, decodeEscapes);
  const again = maskAsWritten(decoded, patterns);
  return again === decoded ? masked : again;
}

function decodeEscapes(escapes: string): string {
  if (escapes.startsWith('\\')) return String.fromCharCode(Number.parseInt(escapes.slice(2), 16));
  try {
    return decodeURIComponent(escapes);
  } catch {
    // Not UTF-8.
    return escapes;
  }
}

function maskAsWritten(text: string, patterns: readonly CompiledPattern[]): string {
  let masked = text;
  let read: string | undefined;
  for (const pattern of possibleIn(text, patterns)) {
    // All patterns that read a text read it alike.
    const searched = pattern.read === undefined ? masked : (read ??= pattern.read(masked));
    const next = maskPattern(masked, pattern, searched);
    if (next !== masked) read = undefined;
    masked = next;
  }
  return masked;
}

/** The patterns that may match in a text or in a part of it, in their order. */
function possibleIn(
  text: string,
  patterns: readonly CompiledPattern[],
): readonly CompiledPattern[] {
  // What neighbours need together is looked for once.
  let last: CompiledPattern['needs'];
  let isThere = false;
  return patterns.filter(({ needs }) => {
    if (needs === undefined) return true;
    if (needs !== last)
      isThere = typeof needs === 'string' ? text.includes(needs) : needs.test(text);
    last = needs;
    return isThere;
  });
}

/**
 * Masks every match of one pattern in a text.
 *
 * Long texts are searched in windows: a user's pattern that needs the square of a text's length then
 * needs that of a window, again and again. Windows overlap, and a match that ends with its window is
 * looked for again from its start.
 */
export function maskPattern(
  text: string,
  { regex, accepts, replacement }: CompiledPattern,
  searched: string = text,
): string {
  let masked = '';
  let copiedTo = 0;
  let from = 0;
  let length = WINDOW_LENGTH;
  for (;;) {
    const end = Math.min(text.length, from + length);
    const isLast = end === text.length;
    const base = Math.max(0, from - CONTEXT_LENGTH);
    const slice = base === 0 && isLast ? searched : searched.slice(base, end);
    let resumeAt = Math.max(from, end - OVERLAP_LENGTH);
    regex.lastIndex = from - base;
    for (let match = regex.exec(slice); match !== null; match = regex.exec(slice)) {
      const stop = match.index + match[0].length;
      if (base + stop === end && !isLast && stop > match.index) {
        // It may go on beyond the window.
        resumeAt = base + match.index;
        break;
      }
      const secret = match.indices?.groups?.['secret'];
      const [first, last] = secret ?? [match.index, stop];
      const attempts = secret === undefined ? MAX_ATTEMPTS : 1;
      const accepted = acceptedLength(slice.slice(first, last), accepts, attempts);
      regex.lastIndex = accepted === 0 ? nextCharacter(slice, match.index) : first + accepted;
      if (accepted === 0) continue;
      masked += text.slice(copiedTo, base + first) + replacement;
      copiedTo = base + regex.lastIndex;
      resumeAt = Math.max(resumeAt, copiedTo);
    }
    if (isLast) return copiedTo === 0 ? text : masked + text.slice(copiedTo);
    // A match as long as its window gets a window twice as long.
    length = resumeAt === from ? length * 2 : WINDOW_LENGTH;
    from = resumeAt;
  }
}

/** Past a surrogate pair as a whole: in its middle, a pattern with `u` would step back for ever. */
function nextCharacter(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
}

/**
 * How much of a match to mask: where a greedy pattern took in the next word or number, the part
 * before a separator is tried too. A group named `secret` is masked or left as a whole.
 */
function acceptedLength(
  match: string,
  accepts: CompiledPattern['accepts'],
  maxAttempts: number,
): number {
  if (accepts === undefined) return match.length;
  let { length } = match;
  for (let attempt = 1; length > 0; attempt += 1) {
    if (isAccepted(match.slice(0, length), accepts)) return length;
    if (attempt === maxAttempts) break;
    // To where the last separators begin.
    length -= 1;
    while (length > 0 && !SEPARATORS.includes(match.charAt(length))) length -= 1;
    while (length > 0 && SEPARATORS.includes(match.charAt(length - 1))) length -= 1;
  }
  return 0;
}

function isAccepted(match: string, accepts: (match: string) => boolean): boolean {
  try {
    const answer: unknown = accepts(match);
    if (typeof answer !== 'boolean') ignoreRejection(answer);
    // A promise is no answer: nothing but `false` speaks for the text.
    return answer !== false;
  } catch {
    // A check that fails says nothing in the text's favour.
    return true;
  }
}

/**
 * Takes note of a promise that was returned where none is awaited: when it is rejected nobody else
 * handles that, and Node would end the process over it and print the error.
 */
export function ignoreRejection(value: unknown): void {
  if (types.isPromise(value)) void Promise.prototype.then.call(value, undefined, () => undefined);
}
