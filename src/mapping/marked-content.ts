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
  if (!hasMark(attributes)) return attributes;
  const entries = Object.entries(attributes).map(
    ([key, value]) => [sentKey(key, attributes), value] as const,
  );
  // Not by assignment: a key named `__proto__` would be lost, or worse.
  return Object.fromEntries(entries.filter(isNamed));
}

/** The key that an attribute is sent under; `undefined` when another one has it. */
function sentKey(key: string, attributes: Attributes): string | undefined {
  if (!key.startsWith(MARK)) return key;
  const unmarked = key.slice(MARK.length);
  if (classifyRawKey(unmarked) === 'none') return key;
  return Object.hasOwn(attributes, unmarked) ? undefined : unmarked;
}

function isNamed<T>(entry: readonly [string | undefined, T]): entry is readonly [string, T] {
  return entry[0] !== undefined;
}

function hasMark(attributes: Attributes): boolean {
  for (const key in attributes) if (key.startsWith(MARK)) return true;
  return false;
}
