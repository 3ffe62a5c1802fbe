import { isJson, looksLikeJson, rewriteJson } from '../json-scanner.js';
import { REDACTED_VALUE } from '../redacted-value.js';
import { maskPattern, type CompiledPattern, type IsOverdue } from './mask-pattern.js';

const MAX_NESTED_TEXTS = 4;

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
  if (!looksLikeJson(text)) return maskPlain(text, patterns, isOverdue);
  const leaves = maskLeaves(text, patterns, isOverdue, 0);
  if (leaves === undefined) return undefined;
  const masked = maskPlain(leaves, patterns, isOverdue);
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
      const result = inner === undefined ? undefined : maskPlain(inner, patterns, isOverdue);
      complete = result !== undefined && !isOverdue();
      return result ?? leaf;
    },
  });
  return complete ? masked : undefined;
}
