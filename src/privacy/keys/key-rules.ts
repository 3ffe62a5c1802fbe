import type { ContentClass } from '../content-class.js';

/** What is known of the keys of one vocabulary: whole keys first, then the longest prefix. */
export interface KeyRules {
  readonly exact: Readonly<Record<string, ContentClass>>;
  /** Prefixes, the more specific ones first. */
  readonly prefixes: readonly (readonly [prefix: string, content: ContentClass])[];
}

/** Class of a key by these rules; `undefined` when none speaks of it. */
export function classifyByRules(rules: KeyRules, key: string): ContentClass | undefined {
  // A key is foreign text: `__proto__` and `constructor` must not find what an object inherits.
  if (Object.hasOwn(rules.exact, key)) return rules.exact[key];
  for (const [prefix, content] of rules.prefixes) {
    if (key.startsWith(prefix)) return content;
  }
  return undefined;
}

/** Rules that give many whole keys the same class. */
export function sameClass(
  content: ContentClass,
  keys: readonly string[],
): Readonly<Record<string, ContentClass>> {
  return Object.fromEntries(keys.map((key) => [key, content]));
}
