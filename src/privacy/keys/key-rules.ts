import type { ContentClass } from '../content-rules.js';

/** What is known of the keys of one vocabulary. */
export interface KeyRules {
  /** Whole keys. They come before every prefix. */
  readonly exact: Readonly<Record<string, ContentClass>>;
  /** Beginnings of keys, the more specific ones first. */
  readonly prefixes: readonly PrefixRule[];
}

/** Class of the keys that have this prefix and, where there is a pattern, match it. */
export type PrefixRule = readonly [prefix: string, content: ContentClass, pattern?: RegExp];

/** Rules that give many whole keys the same class. */
export function sameClass(
  content: ContentClass,
  keys: readonly string[],
): Readonly<Record<string, ContentClass>> {
  return Object.fromEntries(keys.map((key) => [key, content]));
}

/**
 * Makes one table of the vocabularies; where two speak of a key, the first one counts.
 *
 * Prefixes are filed under their first segment, so that a key is compared with a few of them and
 * not with all. A rule whose prefix is empty goes into every file. Nothing is remembered of keys
 * that were asked for: those with indexes in them have no bound.
 */
export function keyClassifier(
  vocabularies: readonly KeyRules[],
): (key: string) => ContentClass | undefined {
  // A key is foreign text: `__proto__` and `constructor` must not find what an object inherits.
  const exact = new Map<string, ContentClass>();
  const rulesBySegment = new Map<string, PrefixRule[]>();
  const general: PrefixRule[] = [];
  for (const { exact: rows, prefixes } of vocabularies) {
    for (const [key, content] of Object.entries(rows)) {
      if (!exact.has(key)) exact.set(key, content);
    }
    for (const rule of prefixes) {
      const segment = firstSegment(rule[0]);
      if (segment === '')
        for (const rules of [general, ...rulesBySegment.values()]) rules.push(rule);
      else if (rulesBySegment.has(segment)) rulesBySegment.get(segment)?.push(rule);
      else rulesBySegment.set(segment, [...general, rule]);
    }
  }
  return (key) => {
    const known = exact.get(key);
    if (known !== undefined) return known;
    for (const [prefix, content, pattern] of rulesBySegment.get(firstSegment(key)) ?? general) {
      if (key.startsWith(prefix) && pattern?.test(key) !== false) return content;
    }
    return undefined;
  };
}

function firstSegment(key: string): string {
  const dot = key.indexOf('.');
  return dot === -1 ? key : key.slice(0, dot);
}
