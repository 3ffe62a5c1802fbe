import type { Attributes } from '@opentelemetry/api';

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

/** The attributes under the keys they are sent under. A key that is also there unmarked stays. */
export function unmarkContent(attributes: Attributes): Attributes {
  if (!hasMark(attributes)) return attributes;
  const unmarked: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(MARK)) unmarked[key] = value;
    else if (!Object.hasOwn(attributes, key.slice(MARK.length))) {
      unmarked[key.slice(MARK.length)] = value;
    }
  }
  return unmarked;
}

function hasMark(attributes: Attributes): boolean {
  for (const key in attributes) if (key.startsWith(MARK)) return true;
  return false;
}
