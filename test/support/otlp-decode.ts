import {
  decodeAttributes,
  decodeTraces,
  type DecodedAttributes,
  type DecodedSpan as ShownSpan,
  PROTOBUF_TYPE,
} from '../../src/cli/otlp/decode.js';
import { decodeProtobuf } from '../../src/cli/otlp/protobuf.js';

export type { DecodedAttributes } from '../../src/cli/otlp/decode.js';

interface DecodedEvent {
  readonly name: string;
  readonly timeNanos: bigint;
  readonly attributes: DecodedAttributes;
  readonly droppedAttributesCount: number;
}

interface DecodedLink {
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
  /** Empty for a root. */
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
 * The spans of an `ExportTraceServiceRequest`. Strict: malformed protobuf, invalid UTF-8, invalid
 * JSON, unknown fields and repeated attribute keys throw.
 */
export function decodeTraceRequest(body: Uint8Array, contentType: string): DecodedSpan[] {
  if (contentType === PROTOBUF_TYPE) decodeProtobuf(body, 'TraceRequest', refuse);
  return decodeTraces(body, contentType).map(withRest);
}

function refuse(oddity: string): never {
  throw new Error(oddity);
}

const VALUE_KINDS = /^(?:string|bool|int|double|array|kvlist|bytes)Value$/;

/** Looks everywhere for an attribute that is there twice, a double that is null, an unknown value. */
function refuseOdd(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  if (Array.isArray(json)) {
    const keys = json.flatMap((each: JsonObject) => each['key'] ?? []);
    if (new Set(keys).size < keys.length) refuse('an attribute is there twice');
  }
  for (const [name, value] of Object.entries(json as JsonObject)) {
    if (name === 'doubleValue' && value === null) refuse('a double is null');
    const isValue = name === 'value' && 'key' in json;
    const odd = isValue && Object.keys(value as JsonObject).find((kind) => !VALUE_KINDS.test(kind));
    if (typeof odd === 'string') refuse(`unknown value ${odd}`);
    refuseOdd(value);
  }
}

/** The fields that `dev` does not read, from the span as it came. */
function withRest(shown: ShownSpan): DecodedSpan {
  const { traceId, spanId, parentSpanId, name, attributes, status, resourceAttributes } = shown;
  const { received } = shown;
  refuseOdd(received);
  const [scopeSpans = {}] = objects(received['scopeSpans']);
  const [scope = {}] = objects(scopeSpans['scope'] === undefined ? [] : [scopeSpans['scope']]);
  const [span = {}] = objects(scopeSpans['spans']);
  const events = objects(span['events']);
  return {
    resourceAttributes,
    resourceSchemaUrl: text(received['schemaUrl']),
    scopeName: text(scope['name']),
    scopeVersion: text(scope['version']),
    traceId,
    spanId,
    parentSpanId,
    traceState: text(span['traceState']),
    flags: count(span['flags']),
    name,
    kind: count(span['kind']),
    startNanos: nanos(span['startTimeUnixNano']),
    endNanos: nanos(span['endTimeUnixNano']),
    attributes,
    droppedAttributesCount: count(span['droppedAttributesCount']),
    events: shown.events.map((event, index) => ({
      name: event.name,
      timeNanos: nanos(events[index]?.['timeUnixNano']),
      attributes: decodeAttributes(events[index]?.['attributes']),
      droppedAttributesCount: count(events[index]?.['droppedAttributesCount']),
    })),
    droppedEventsCount: count(span['droppedEventsCount']),
    links: objects(span['links']).map((link) => ({
      traceId: text(link['traceId']),
      spanId: text(link['spanId']),
      traceState: text(link['traceState']),
      attributes: decodeAttributes(link['attributes']),
      droppedAttributesCount: count(link['droppedAttributesCount']),
      flags: count(link['flags']),
    })),
    droppedLinksCount: count(span['droppedLinksCount']),
    status,
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function objects(value: unknown = []): readonly JsonObject[] {
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'object' || each === null)) {
    throw new Error('not a list of objects');
  }
  return value as readonly JsonObject[];
}

function text(value: unknown = ''): string {
  if (typeof value !== 'string') throw new Error(`not a string: a ${typeof value}`);
  return value;
}

function count(value: unknown = 0): number {
  if (typeof value !== 'number') throw new Error(`not a number: a ${typeof value}`);
  return value;
}

function nanos(value: unknown = 0n): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' || typeof value === 'number') return BigInt(value);
  throw new Error(`not an int64: a ${typeof value}`);
}
