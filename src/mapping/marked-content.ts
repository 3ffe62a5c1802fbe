import type { Attributes } from '@opentelemetry/api';
import { classifyRawKey } from '../privacy/content-keys.js';

/**
 * Prefix of content on the live spans of this package. LiveKit deletes every attribute with a `pii`
 * segment before a span ends when a project mandates redaction (`telemetry/pii.ts`), and this
 * segment puts our own spans under the same rule.
 */
const MARK = 'catalyst.pii.';

/** The key under which content waits on a live span, out of the key it is sent under. */
export function markContentKey(key: string): string {
  return `${MARK}${key}`;
}

/**
 * The attributes under the keys they are sent under. A key that is also there unmarked stays, and so
 * does one that is marked although it counts as no content: who marked it knows better.
 */
export function unmarkContent(attributes: Attributes): Attributes {
  let isMarked = false;
  for (const key in attributes) isMarked ||= key.startsWith(MARK);
  if (!isMarked) return attributes;
  // Not by assignment: a key named `__proto__` would be lost, or worse.
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => {
      const unmarked = key.startsWith(MARK) ? key.slice(MARK.length) : key;
      if (unmarked === key || classifyRawKey(unmarked) === 'none') return [[key, value]];
      return Object.hasOwn(attributes, unmarked) ? [] : [[unmarked, value]];
    }),
  );
}
