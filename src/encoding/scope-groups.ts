import type { EncodedSpan, ScopeRecord } from './span-record.js';

/** Spans of one scope, in the order they came. */
export interface ScopeGroup {
  readonly scope: ScopeRecord;
  readonly bytes: readonly [Uint8Array, ...Uint8Array[]];
}

/** Groups spans by the name and version of their scope; scopes stand in the order of their first span. */
export function groupByScope(spans: readonly EncodedSpan[]): ScopeGroup[] {
  const groups = new Map<string, { scope: ScopeRecord; bytes: [Uint8Array, ...Uint8Array[]] }>();
  for (const span of spans) {
    const { scope } = span;
    const key = JSON.stringify([scope.name, scope.version]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { scope, bytes: [span.bytes] });
    else group.bytes.push(span.bytes);
  }
  return [...groups.values()];
}
