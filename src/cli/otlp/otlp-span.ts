/**
 * A value of an attribute as a receiver sees it; null is an empty `AnyValue`, bytes are base64, and
 * an object is a list of key-values.
 */
export type DecodedValue =
  string | number | boolean | null | DecodedValue[] | { [key: string]: DecodedValue };

export type DecodedAttributes = Record<string, DecodedValue>;

export interface DecodedEvent {
  readonly name: string;
  readonly timeNanos: bigint;
  readonly attributes: DecodedAttributes;
  readonly droppedAttributesCount: number;
}

export interface DecodedLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: DecodedAttributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
}

/** A span as a receiver sees it, the same from protobuf and from JSON; absent fields have proto3's defaults. */
export interface DecodedSpan {
  readonly resourceAttributes: DecodedAttributes;
  readonly resourceSchemaUrl: string;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** As on the wire: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: DecodedAttributes;
  readonly droppedAttributesCount: number;
  readonly events: readonly DecodedEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly DecodedLink[];
  readonly droppedLinksCount: number;
  /** `code` as on the wire: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
}

/**
 * Told of what OTLP forbids or this decoder does not know, and reading goes on: an unknown field, a
 * key that is there twice. Who wants to be strict throws.
 */
export type OnOddity = (what: string) => void;

/** An object of these pairs; of a key that is there twice, the last one. */
export function collectAttributes(
  pairs: readonly (readonly [string, DecodedValue])[],
  onOddity: OnOddity,
): DecodedAttributes {
  const seen = new Set<string>();
  for (const [key] of pairs) {
    if (seen.has(key)) onOddity(`attribute ${JSON.stringify(key)} is there twice`);
    seen.add(key);
  }
  // Object.fromEntries defines properties, so that even a key `__proto__` is one of them.
  return Object.fromEntries(pairs);
}
