import { isRecord } from '../../mapping/read-attributes.js';
import type { SpanFacts } from '../span-facts.js';
import { decodeProtobuf, type JsonObject } from './protobuf.js';

/**
 * A value of an attribute as a receiver sees it; null is an empty `AnyValue`, bytes are base64, and
 * an object is a list of key-values.
 */
export type DecodedValue =
  string | number | boolean | null | DecodedValue[] | { [key: string]: DecodedValue };

export type DecodedAttributes = Record<string, DecodedValue>;

/** A span as it came from protobuf or JSON; absent fields have proto3's defaults. */
export interface DecodedSpan extends SpanFacts {
  readonly attributes: DecodedAttributes;
  readonly resourceAttributes: DecodedAttributes;
  /** Its `ResourceSpans` with itself alone: what is kept and exported is what was sent. */
  readonly received: JsonObject;
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

/** The spans of an `ExportTraceServiceRequest`. Throws on a body that is none. */
export function decodeTraces(body: Uint8Array, contentType: string): DecodedSpan[] {
  const request = decodeRequest(body, contentType, 'TraceRequest');
  return asObjects(request['resourceSpans']).flatMap((resourceSpans) => {
    const resourceAttributes = decodeAttributes(asObject(resourceSpans['resource'])['attributes']);
    return asObjects(resourceSpans['scopeSpans']).flatMap((scopeSpans) =>
      asObjects(scopeSpans['spans']).map((span) => ({
        ...decodeSpan(span),
        resourceAttributes,
        received: { ...resourceSpans, scopeSpans: [{ ...scopeSpans, spans: [span] }] },
      })),
    );
  });
}

/** Decoded spans as an `ExportTraceServiceRequest` in OTLP/JSON, on one line. */
export function encodeTraces(spans: readonly DecodedSpan[]): string {
  const request = { resourceSpans: spans.map(({ received }) => received) };
  // 64-bit integers and numbers that JSON cannot write are text in OTLP/JSON.
  return JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
      ? String(value)
      : value,
  );
}

/** The data points of an `ExportMetricsServiceRequest`. Throws on a body that is none. */
export function decodeMetrics(body: Uint8Array, contentType: string): DecodedPoint[] {
  const request = decodeRequest(body, contentType, 'MetricsRequest');
  return asObjects(request['resourceMetrics']).flatMap((resourceMetrics) => {
    const resource = asObject(resourceMetrics['resource']);
    const resourceAttributes = decodeAttributes(resource['attributes']);
    return asObjects(resourceMetrics['scopeMetrics'])
      .flatMap((scope) => asObjects(scope['metrics']))
      .flatMap(decodeMetric)
      .map((point) => ({ ...point, resourceAttributes }));
  });
}

function decodeRequest(body: Uint8Array, contentType: string, message: string): JsonObject {
  if (contentType.startsWith(PROTOBUF_TYPE)) return decodeProtobuf(body, message);
  if (!contentType.startsWith(JSON_TYPE)) throw new Error(`content type ${contentType}`);
  return asObject(JSON.parse(strictUtf8.decode(body)));
}

function decodeSpan(span: JsonObject): Omit<DecodedSpan, 'resourceAttributes' | 'received'> {
  const status = asObject(span['status']);
  return {
    traceId: asString(span['traceId']),
    spanId: asString(span['spanId']),
    parentSpanId: asString(span['parentSpanId']),
    name: asString(span['name']),
    startMillis: asMillis(span['startTimeUnixNano']),
    endMillis: asMillis(span['endTimeUnixNano']),
    attributes: decodeAttributes(span['attributes']),
    events: asObjects(span['events']).map((event) => ({
      name: asString(event['name']),
      atMillis: asMillis(event['timeUnixNano']),
      attributes: decodeAttributes(event['attributes']),
    })),
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
      attributes: decodeAttributes(point['attributes']),
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

export function decodeAttributes(json: unknown): DecodedAttributes {
  // Object.fromEntries defines properties, so that even a key `__proto__` is one of them.
  return Object.fromEntries(
    asObjects(json).map((pair) => [asString(pair['key']), decodeValue(pair['value'])]),
  );
}

function decodeValue(json: unknown): DecodedValue {
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
      return value === null ? NaN : asDouble(value);
    case 'kvlistValue':
      return decodeAttributes(asObject(value)['values']);
    case 'arrayValue':
      return asList(asObject(value)['values']).map((each) => decodeValue(each));
    default:
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

/** Whole microseconds: nanoseconds since the epoch do not fit a number. */
function asMillis(nanos: unknown): number {
  return Number(asInt64(nanos) / 1000n) / 1000;
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
