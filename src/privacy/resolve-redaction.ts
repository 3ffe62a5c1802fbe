import { createHmac } from 'node:crypto';
import { asPrintable } from '../diagnostics.js';
import { InvalidOptionError } from '../errors.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import type { Rewriting } from './content-rewriter.js';
import type { JsonSelection } from './hide-in-json.js';
import { parseJsonPath, selectionOfPaths } from './json-paths.js';
import { DEFAULT_REDACT_PATTERNS } from './patterns/default-patterns.js';
import { compilePattern, type CompiledPattern } from './patterns/mask-text.js';
import type { HashableField, NamedPattern, RedactionOptions } from './redaction-options.js';

/** The hash to send under a key; `undefined` when it names nobody to be hashed. */
export type HashIdentity = (key: string, value: string) => string | undefined;

/** {@link RedactionOptions} checked and ready to run. */
export interface ResolvedRedaction extends Rewriting {
  readonly hashIdentity: HashIdentity | undefined;
}

/** The keys under which an identity goes out, whatever tracer wrote it. */
const IDENTITY_KEYS: Readonly<Record<HashableField, RegExp>> = {
  'user.id': /^(?:(?:end)?user\.id|langfuse\.user\.id|(?:gen_ai|llm)\.user|.*\.user(?:_id|Id))$/,
  'participant.identity': /(?:^|\.)participant[._]identity$/,
  'room.name': /(?:^|\.)room[._]name$/,
};
/** A shorter one can be guessed, and then every telephone number be tried. */
const MIN_HASH_KEY_LENGTH = 16;
/** Some of the ready patterns have `read` as well, and an application may put them in its list. */
const PATTERN_NAMES: readonly string[] = ['name', 'pattern', 'needs', 'accepts', 'read'];

/**
 * Checks the options of redaction. Throws an `InvalidOptionError` for a value that cannot be used:
 * a redaction which does not run must be found out at set-up, not at the first call.
 */
export function resolveRedaction(options: RedactionOptions): ResolvedRedaction {
  const { redact, redactPatterns, toolJsonPaths, hash } = options;
  if (redact !== undefined && typeof redact !== 'function') {
    throw refused('redact', 'must be a function');
  }
  return {
    paths: resolvePaths(toolJsonPaths),
    patterns: resolvePatterns(redactPatterns),
    redact,
    hashIdentity: hash === undefined ? undefined : resolveHash(hash),
  };
}

function resolvePaths(paths: RedactionOptions['toolJsonPaths']): JsonSelection | undefined {
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths)) throw refused('toolJsonPaths', 'must be a list of JSON paths');
  if (paths.length === 0) return undefined;
  const parsedPaths = paths.map((path: unknown, index) => {
    const parsed = typeof path === 'string' ? parseJsonPath(path) : undefined;
    if (parsed !== undefined) return parsed;
    throw refused(`toolJsonPaths[${index}]`, 'must look like $.a.b, $..name or $.list[*].x');
  });
  return selectionOfPaths(parsedPaths);
}

function resolvePatterns(patterns: RedactionOptions['redactPatterns']): readonly CompiledPattern[] {
  if (patterns === undefined) return [];
  const list = patterns === 'default' ? DEFAULT_REDACT_PATTERNS : patterns;
  if (!Array.isArray(list)) {
    throw refused('redactPatterns', "must be 'default' or a list of patterns");
  }
  return list.map((pattern: unknown, index) => {
    refuseUnknown(pattern, PATTERN_NAMES, `redactPatterns[${index}]`);
    if (pattern instanceof RegExp || isNamedPattern(pattern)) return compilePattern(pattern);
    const problem =
      'must be a RegExp or { name, pattern: RegExp, needs?: text or RegExp, accepts?: function }';
    throw refused(`redactPatterns[${index}]`, problem);
  });
}

function isNamedPattern(value: unknown): value is NamedPattern {
  if (!isRecord(value)) return false;
  const { name, pattern, needs, accepts } = value;
  // The name is sent, between brackets.
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) return false;
  if (!(pattern instanceof RegExp)) return false;
  if (needs !== undefined && typeof needs !== 'string' && !(needs instanceof RegExp)) return false;
  return accepts === undefined || typeof accepts === 'function';
}

/** Gives identities another name that stays the same. */
function resolveHash(hash: unknown): HashIdentity {
  refuseUnknown(hash, ['key', 'fields'], 'hash');
  const { key, fields = ['user.id', 'participant.identity'] }: JsonRecord = isRecord(hash)
    ? hash
    : {};
  if (typeof key !== 'string' || key.trim().length < MIN_HASH_KEY_LENGTH) {
    throw refused('hash.key', `must be a text of ${MIN_HASH_KEY_LENGTH} characters or more`);
  }
  if (!Array.isArray(fields) || !fields.every(isHashable)) {
    throw refused('hash.fields', `may contain ${Object.keys(IDENTITY_KEYS).join(', ')}`);
  }
  const patterns = fields.map((field) => IDENTITY_KEYS[field]);
  return (name, value) =>
    patterns.some((pattern) => pattern.test(name))
      ? `hmac-sha256:${createHmac('sha256', key).update(value).digest('hex')}`
      : undefined;
}

function isHashable(field: unknown): field is HashableField {
  return typeof field === 'string' && Object.hasOwn(IDENTITY_KEYS, field);
}

/** A misspelt name would leave out what it was meant to mask. */
function refuseUnknown(value: unknown, known: readonly string[], option: string): void {
  if (!isRecord(value) || value instanceof RegExp) return;
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw refused(`${option}.${asPrintable(unknown, 60)}`, 'is not known');
}

function refused(option: string, problem: string): InvalidOptionError {
  // The value is not shown: keys and patterns may themselves be secrets.
  return new InvalidOptionError(`privacy.${option}`, `privacy.${option} ${problem}`);
}
