import { isRecord } from '../../mapping/read-attributes.js';
import { decodeProtobuf, type JsonObject, type OnOddity } from './protobuf.js';

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

/** One data point of a metric, with what the metric around it says. */
export interface DecodedPoint {
  readonly resourceAttributes: DecodedAttributes;
  readonly metric: string;
  readonly unit: string;
  readonly type: 'gauge' | 'sum' | 'histogram';
  readonly temporality: 'delta' | 'cumulative' | undefined;
  readonly isMonotonic: boolean;
  readonly attributes: DecodedAttributes;
  readonly startNanos: bigint;
  /** Value of a gauge or a sum; the sum of a histogram. */
  readonly value: number;
  /** Values in a histogram. */
  readonly count: number;
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
}

export const PROTOBUF_TYPE = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ignore: OnOddity = () => {};

/** The spans of an `ExportTraceServiceRequest`. Throws on a body that is none. */
export function decodeTraces(
  body: Uint8Array,
  contentType: string,
  odd: OnOddity = ignore,
): DecodedSpan[] {
  const request = decodeRequest(body, contentType, 'TraceRequest', odd);
  return asObjects(request['resourceSpans']).flatMap((resourceSpans) => {
    const resource = asObject(resourceSpans['resource']);
    const resourceAttributes = decodeAttributes(resource['attributes'], odd);
    const resourceSchemaUrl = asString(resourceSpans['schemaUrl']);
    return asObjects(resourceSpans['scopeSpans']).flatMap((scopeSpans) => {
      const scope = asObject(scopeSpans['scope']);
      const scopeName = asString(scope['name']);
      const scopeVersion = asString(scope['version']);
      return asObjects(scopeSpans['spans']).map((span) => {
        const shared = { resourceAttributes, resourceSchemaUrl, scopeName, scopeVersion };
        const decoded = { ...shared, ...decodeSpan(span, odd) };
        RECEIVED.set(decoded, { ...resourceSpans, scopeSpans: [{ ...scopeSpans, spans: [span] }] });
        return decoded;
      });
    });
  });
}

/** Each span as it came, with its scope and resource: what is kept and exported is what was sent. */
const RECEIVED = new WeakMap<DecodedSpan, JsonObject>();

/** Decoded spans as an `ExportTraceServiceRequest` in OTLP/JSON, on one line. */
export function encodeTraces(spans: readonly DecodedSpan[]): string {
  const request = { resourceSpans: spans.map((span) => RECEIVED.get(span)) };
  // 64-bit integers and numbers that JSON cannot write are text in OTLP/JSON.
  return JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
      ? String(value)
      : value,
  );
}

/** The data points of an `ExportMetricsServiceRequest`. Throws on a body that is none. */
export function decodeMetrics(body: Uint8Array, contentType: string): DecodedPoint[] {
  const request = decodeRequest(body, contentType, 'MetricsRequest', ignore);
  return asObjects(request['resourceMetrics']).flatMap((resourceMetrics) => {
    const resource = asObject(resourceMetrics['resource']);
    const resourceAttributes = decodeAttributes(resource['attributes'], ignore);
    return asObjects(resourceMetrics['scopeMetrics'])
      .flatMap((scope) => asObjects(scope['metrics']))
      .flatMap(decodeMetric)
      .map((point) => ({ ...point, resourceAttributes }));
  });
}

function decodeRequest(
  body: Uint8Array,
  contentType: string,
  message: string,
  odd: OnOddity,
): JsonObject {
  if (contentType.startsWith(PROTOBUF_TYPE)) return decodeProtobuf(body, message, odd);
  if (!contentType.startsWith(JSON_TYPE)) throw new Error(`content type ${contentType}`);
  return asObject(JSON.parse(strictUtf8.decode(body)));
}

function decodeSpan(
  span: JsonObject,
  odd: OnOddity,
): Omit<DecodedSpan, 'resourceAttributes' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion'> {
  const status = asObject(span['status']);
  return {
    traceId: asString(span['traceId']),
    spanId: asString(span['spanId']),
    parentSpanId: asString(span['parentSpanId']),
    traceState: asString(span['traceState']),
    flags: asNumber(span['flags']),
    name: asString(span['name']),
    kind: asNumber(span['kind']),
    startNanos: asInt64(span['startTimeUnixNano']),
    endNanos: asInt64(span['endTimeUnixNano']),
    attributes: decodeAttributes(span['attributes'], odd),
    droppedAttributesCount: asNumber(span['droppedAttributesCount']),
    events: asObjects(span['events']).map((event) => ({
      name: asString(event['name']),
      timeNanos: asInt64(event['timeUnixNano']),
      attributes: decodeAttributes(event['attributes'], odd),
      droppedAttributesCount: asNumber(event['droppedAttributesCount']),
    })),
    droppedEventsCount: asNumber(span['droppedEventsCount']),
    links: asObjects(span['links']).map((link) => ({
      traceId: asString(link['traceId']),
      spanId: asString(link['spanId']),
      traceState: asString(link['traceState']),
      attributes: decodeAttributes(link['attributes'], odd),
      droppedAttributesCount: asNumber(link['droppedAttributesCount']),
      flags: asNumber(link['flags']),
    })),
    droppedLinksCount: asNumber(span['droppedLinksCount']),
    status: { code: asNumber(status['code']), message: asString(status['message']) },
  };
}

const TEMPORALITIES = [undefined, 'delta', 'cumulative'] as const;

function decodeMetric(metric: JsonObject): Omit<DecodedPoint, 'resourceAttributes'>[] {
  return (['gauge', 'sum', 'histogram'] as const).flatMap((type) => {
    const data = asObject(metric[type]);
    const isHistogram = type === 'histogram';
    return asObjects(data['dataPoints']).map((point) => ({
      metric: asString(metric['name']),
      unit: asString(metric['unit']),
      type,
      temporality: TEMPORALITIES[asNumber(data['aggregationTemporality'])],
      isMonotonic: data['isMonotonic'] === true,
      attributes: decodeAttributes(point['attributes'], ignore),
      startNanos: asInt64(point['startTimeUnixNano']),
      value: asDouble(
        (isHistogram ? point['sum'] : point['asDouble']) ?? Number(asInt64(point['asInt'])),
      ),
      count: isHistogram ? Number(asInt64(point['count'])) : 1,
      bucketCounts: asList(point['bucketCounts']).map((count) => Number(asInt64(count))),
      bounds: asList(point['explicitBounds']).map(asDouble),
    }));
  });
}

function decodeAttributes(json: unknown, odd: OnOddity): DecodedAttributes {
  const seen = new Set<string>();
  const pairs = asObjects(json).map((pair): [string, DecodedValue] => {
    const key = asString(pair['key']);
    if (seen.has(key)) odd(`attribute ${JSON.stringify(key)} is there twice`);
    seen.add(key);
    return [key, decodeValue(pair['value'], odd)];
  });
  // Object.fromEntries defines properties, so that even a key `__proto__` is one of them.
  return Object.fromEntries(pairs);
}

function decodeValue(json: unknown, odd: OnOddity): DecodedValue {
  const [entry, ...more] = Object.entries(asObject(json));
  if (entry === undefined) return null;
  if (more.length > 0) throw new Error('an attribute has two values');
  const [kind, value] = entry;
  switch (kind) {
    case 'stringValue':
    case 'bytesValue':
      return asString(value);
    case 'boolValue':
      if (typeof value !== 'boolean') throw wrong('a boolean', value);
      return value;
    case 'intValue':
      return Number(asInt64(value));
    case 'doubleValue':
      // The stock JSON exporter writes NaN and infinities so: no reason to refuse the whole request.
      if (value === null) odd('a double is null');
      return value === null ? NaN : asDouble(value);
    case 'kvlistValue':
      return decodeAttributes(asObject(value)['values'], odd);
    case 'arrayValue':
      return asList(asObject(value)['values']).map((each) => decodeValue(each, odd));
    default:
      odd(`unknown value ${kind}`);
      return null;
  }
}

function asObject(value: unknown): JsonObject {
  if (value === undefined) return {};
  if (!isRecord(value)) throw wrong('an object', value);
  return value;
}

function asObjects(value: unknown): readonly JsonObject[] {
  return asList(value).map(asObject);
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong('an array', value);
  return value;
}

function asString(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw wrong('a string', value);
  return value;
}

function asNumber(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'number') throw wrong('a number', value);
  return value;
}

/** OTLP/JSON writes 64-bit integers as decimal strings and readers accept numbers. */
function asInt64(value: unknown): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' || typeof value === 'number') return BigInt(value);
  throw wrong('an int64', value);
}

/** A double, or proto3 JSON's names of the numbers that JSON cannot write. */
function asDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw wrong('a double', value);
}

function wrong(expected: string, value: unknown): Error {
  return new Error(`not ${expected}: a ${value === null ? 'null' : typeof value}`);
}
