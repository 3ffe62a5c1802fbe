import type { CompiledPattern } from './mask-pattern.js';

const copies = new WeakMap<RegExp, RegExp>();

/**
 * The pattern without flags that keep a position between tests. The same one for the same pattern:
 * what neighbours need is then looked for once.
 */
export function asNeed(needs: RegExp): RegExp {
  const known = copies.get(needs);
  if (known !== undefined) return known;
  const copy = new RegExp(needs.source, needs.flags.replace(/[dgy]/g, ''));
  copies.set(needs, copy);
  return copy;
}

/** Whether any of the patterns may match in a text or in a part of it. */
export function mayMatch(text: string, patterns: readonly CompiledPattern[]): boolean {
  let last: CompiledPattern['needs'];
  for (const { needs } of patterns) {
    if (needs === undefined || (needs !== last && holds(text, needs))) return true;
    last = needs;
  }
  return false;
}

/** The patterns that may match in a text or in a part of it, in their order. */
export function possiblePatterns(
  text: string,
  patterns: readonly CompiledPattern[],
): readonly CompiledPattern[] {
  let last: CompiledPattern['needs'];
  let isThere = false;
  return patterns.filter(({ needs }) => {
    if (needs === undefined) return true;
    if (needs !== last) isThere = holds(text, needs);
    last = needs;
    return isThere;
  });
}

function holds(text: string, needs: string | RegExp): boolean {
  return typeof needs === 'string' ? text.includes(needs) : needs.test(text);
}
