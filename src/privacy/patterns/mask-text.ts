import { isJson, looksLikeJson, rewriteJson } from '../json-scanner.js';
import { REDACTED_VALUE } from '../redacted-value.js';
import { maskPattern, type CompiledPattern, type IsOverdue } from './mask-pattern.js';
import { mayMatch, possiblePatterns } from './needed-text.js';

const MAX_NESTED_TEXTS = 4;

/** Whether nothing in a content value can match: most of what is said on a call. */
export function isHarmless(text: string, patterns: readonly CompiledPattern[]): boolean {
  if (patterns.length === 0) return true;
  // An escape may hide what a pattern needs; without one, every string stands in JSON as it is.
  if (looksLikeJson(text) && text.includes('\\')) return false;
  return !mayMatch(text, patterns);
}

/**
 * Masks what the patterns match in a content value; `undefined` when time ran out.
 *
 * JSON is masked string by string, decoded, and number by number, so that an escaped character
 * neither hides a match nor is cut in two, and then once more as it is written, for patterns that
 * look at a name and its value together.
 */
export function maskText(
  text: string,
  patterns: readonly CompiledPattern[],
  isOverdue: IsOverdue,
): string | undefined {
  if (!looksLikeJson(text)) {
    return maskPlain(text, possiblePatterns(text, patterns), isOverdue);
  }
  const possible = text.includes('\\') ? patterns : possiblePatterns(text, patterns);
  const leaves = maskLeaves(text, possible, isOverdue, 0);
  if (leaves === undefined) return undefined;
  const masked = maskPlain(leaves, possiblePatterns(leaves, possible), isOverdue);
  // A match across tokens may have taken a quote along. What no longer parses is not sent.
  if (masked === undefined || masked === leaves || isJson(masked) || !isJson(leaves)) return masked;
  return REDACTED_VALUE;
}

function maskPlain(
  text: string,
  patterns: readonly CompiledPattern[],
  isOverdue: IsOverdue,
): string | undefined {
  let masked: string | undefined = text;
  for (const pattern of patterns) {
    masked = maskPattern(masked, pattern, isOverdue);
    if (masked === undefined) return undefined;
  }
  return masked;
}

function maskLeaves(
  json: string,
  patterns: readonly CompiledPattern[],
  isOverdue: IsOverdue,
  nested: number,
): string | undefined {
  let complete = true;
  const masked = rewriteJson(json, {
    text: (leaf) => {
      if (!complete) return leaf;
      const inner =
        nested < MAX_NESTED_TEXTS && looksLikeJson(leaf)
          ? maskLeaves(leaf, patterns, isOverdue, nested + 1)
          : leaf;
      const result =
        inner === undefined
          ? undefined
          : maskPlain(inner, possiblePatterns(inner, patterns), isOverdue);
      complete = result !== undefined && !isOverdue();
      return result ?? leaf;
    },
  });
  return complete ? masked : undefined;
}
