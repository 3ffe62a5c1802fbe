/** What a `key=value,key=value` variable holds. */
export interface KeyValueList {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  /** Entries that are no pair, or whose percent-encoding is broken. */
  readonly unreadable: number;
}

/**
 * Parses the list format that OpenTelemetry's variables share: W3C Baggage without properties.
 * Only the first `=` of an entry separates, so base64 padding needs no escaping.
 */
export function parseKeyValueList(text: string): KeyValueList {
  const entries = text.split(',').filter((entry) => entry.trim() !== '');
  const pairs = entries.map(parsePair).filter((pair) => pair !== undefined);
  return { pairs, unreadable: entries.length - pairs.length };
}

function parsePair(entry: string): readonly [string, string] | undefined {
  const separator = entry.indexOf('=');
  if (separator < 0) return undefined;
  try {
    const key = decodeURIComponent(entry.slice(0, separator).trim());
    const value = decodeURIComponent(entry.slice(separator + 1).trim());
    return key === '' ? undefined : [key, value];
  } catch {
    return undefined;
  }
}
