import { InvalidOptionError } from '../errors.js';
import { parseJsonPath, type JsonPath } from './json-paths.js';
import { DEFAULT_REDACT_PATTERNS } from './patterns/default-patterns.js';
import { compilePattern, type CompiledPattern } from './patterns/mask-pattern.js';
import type {
  HashableField,
  NamedPattern,
  RedactionOptions,
  Redactor,
} from './redaction-options.js';

/** {@link RedactionOptions} checked and ready to run. */
export interface ResolvedRedaction {
  readonly paths: readonly JsonPath[];
  readonly patterns: readonly CompiledPattern[];
  readonly redact: Redactor | undefined;
  readonly hash: ResolvedHash | undefined;
  /** Whether a value always comes to the same: no code of the user's own has a say in it. */
  readonly isRepeatable: boolean;
  readonly budgetMillis: number;
}

/** Identities that are hashed, and the key they are hashed with. */
export interface ResolvedHash {
  readonly key: string;
  readonly fields: ReadonlySet<HashableField>;
}

const DEFAULT_BUDGET_MILLIS = 50;
/** Checks that are known to go by the match alone, and no check. */
const READY_CHECKS: ReadonlySet<NamedPattern['accepts']> = new Set([
  undefined,
  ...DEFAULT_REDACT_PATTERNS.map(({ accepts }) => accepts),
]);
const HASHABLE_FIELDS: ReadonlySet<unknown> = new Set<HashableField>([
  'user.id',
  'participant.identity',
  'room.name',
]);

/**
 * Checks the options of redaction. Throws an `InvalidOptionError` for a value that cannot be used:
 * a redaction which does not run must be found out at set-up, not at the first call.
 */
export function resolveRedaction(options: RedactionOptions): ResolvedRedaction {
  const { redact, redactPatterns, toolJsonPaths, hash, redactBudgetMillis } = options;
  if (redact !== undefined && typeof redact !== 'function') {
    throw refused('redact', 'must be a function');
  }
  const budgetMillis = redactBudgetMillis ?? DEFAULT_BUDGET_MILLIS;
  if (typeof budgetMillis !== 'number' || !(budgetMillis > 0)) {
    throw refused('redactBudgetMillis', 'must be a number of milliseconds above 0');
  }
  const paths = resolvePaths(toolJsonPaths);
  const patterns = resolvePatterns(redactPatterns);
  return {
    paths,
    patterns,
    redact,
    isRepeatable: redact === undefined && patterns.every(hasNoCheckOfItsOwner),
    hash: hash === undefined ? undefined : resolveHash(hash),
    budgetMillis,
  };
}

/** A user's check may be of this value one time and of the next the other. */
function hasNoCheckOfItsOwner({ accepts }: CompiledPattern): boolean {
  return READY_CHECKS.has(accepts);
}

function resolvePaths(paths: RedactionOptions['toolJsonPaths']): readonly JsonPath[] {
  if (paths === undefined) return [];
  if (!Array.isArray(paths)) throw refused('toolJsonPaths', 'must be a list of JSON paths');
  return paths.map((path: unknown, index) => {
    const parsed = typeof path === 'string' ? parseJsonPath(path) : undefined;
    if (parsed !== undefined) return parsed;
    throw refused(`toolJsonPaths[${index}]`, 'must look like $.a.b, $..name or $.list[*].x');
  });
}

function resolvePatterns(patterns: RedactionOptions['redactPatterns']): readonly CompiledPattern[] {
  if (patterns === undefined) return [];
  const list = patterns === 'default' ? DEFAULT_REDACT_PATTERNS : patterns;
  if (!Array.isArray(list)) {
    throw refused('redactPatterns', "must be 'default' or a list of patterns");
  }
  return list.map((pattern: unknown, index) => {
    if (pattern instanceof RegExp || isNamedPattern(pattern)) return compilePattern(pattern);
    const problem =
      'must be a RegExp or { name, pattern: RegExp, needs?: text or RegExp, accepts?: function }';
    throw refused(`redactPatterns[${index}]`, problem);
  });
}

function isNamedPattern(value: unknown): value is NamedPattern {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value && 'pattern' in value)) return false;
  const { name, pattern } = value;
  // The name is sent, between brackets.
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) return false;
  if (!(pattern instanceof RegExp)) return false;
  if ('needs' in value && !isNeed(value.needs)) return false;
  return !('accepts' in value) || ['undefined', 'function'].includes(typeof value.accepts);
}

function isNeed(value: unknown): boolean {
  return value === undefined || typeof value === 'string' || value instanceof RegExp;
}

function resolveHash(hash: unknown): ResolvedHash {
  const key = typeof hash === 'object' && hash !== null && 'key' in hash ? hash.key : undefined;
  if (typeof key !== 'string' || key === '') {
    throw refused('hash.key', 'must be a text that is not empty');
  }
  const fields =
    typeof hash === 'object' && hash !== null && 'fields' in hash ? hash.fields : undefined;
  if (fields === undefined) return { key, fields: new Set(['user.id', 'participant.identity']) };
  if (!Array.isArray(fields) || !fields.every(isHashableField)) {
    throw refused('hash.fields', `may hold ${[...HASHABLE_FIELDS].join(', ')}`);
  }
  return { key, fields: new Set(fields) };
}

function isHashableField(value: unknown): value is HashableField {
  return HASHABLE_FIELDS.has(value);
}

function refused(option: string, problem: string): InvalidOptionError {
  // What was given is not shown: keys and patterns may themselves be secrets.
  return new InvalidOptionError(`privacy.${option}`, `privacy.${option} ${problem}`);
}
