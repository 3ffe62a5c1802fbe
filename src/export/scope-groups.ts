import type { EncodedSpan, ScopeRecord } from './span-record.js';

/** Spans of one scope, in the order they came. */
export interface ScopeGroup {
  readonly scope: ScopeRecord;
  readonly bytes: readonly [Uint8Array, ...Uint8Array[]];
}

interface MutableScopeGroup extends ScopeGroup {
  readonly bytes: [Uint8Array, ...Uint8Array[]];
}

/** Groups spans by the name and version of their scope; scopes stand in the order of their first span. */
export function groupByScope(spans: readonly EncodedSpan[]): ScopeGroup[] {
  const groups = new Map<string, MutableScopeGroup>();
  let last: MutableScopeGroup | undefined;
  for (const { scope, bytes } of spans) {
    if (last?.scope === scope) {
      last.bytes.push(bytes);
      continue;
    }
    const key = JSON.stringify([scope.name, scope.version]);
    last = groups.get(key);
    if (last === undefined) groups.set(key, (last = { scope, bytes: [bytes] }));
    else last.bytes.push(bytes);
  }
  return [...groups.values()];
}
