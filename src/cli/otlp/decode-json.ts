import {
  collectAttributes,
  type DecodedAttributes,
  type DecodedEvent,
  type DecodedLink,
  type DecodedSpan,
  type DecodedValue,
  type OnOddity,
} from './otlp-span.js';

type JsonObject = Readonly<Record<string, unknown>>;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asObject(value: unknown): JsonObject {
  if (value === undefined) return {};
  if (!isObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`not an array: ${JSON.stringify(value)}`);
  return value;
}

function asString(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`);
  return value;
}

function asCount(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'number') throw new Error(`not a number: ${JSON.stringify(value)}`);
  return value;
}

/** OTLP/JSON writes 64-bit integers as decimal strings and readers accept numbers. */
function asInt64(value: unknown): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'string' || typeof value === 'number') return BigInt(value);
  throw new Error(`not an int64: ${JSON.stringify(value)}`);
}

/** A double, or proto3 JSON's names of the numbers that JSON cannot write. */
function asDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  throw new Error(`not a double: ${JSON.stringify(value)}`);
}

function decodeValue(json: unknown, odd: OnOddity): DecodedValue {
  const [entry, ...more] = Object.entries(asObject(json));
  if (entry === undefined) return null;
  if (more.length > 0) throw new Error(`two values: ${JSON.stringify(json)}`);
  const [kind, value] = entry;
  if (kind === 'stringValue') return asString(value);
  if (kind === 'intValue') return Number(asInt64(value));
  if (kind === 'doubleValue') return asDouble(value);
  if (kind === 'arrayValue')
    return asList(asObject(value)['values']).map((item) => decodeValue(item, odd));
  if (kind === 'boolValue' && typeof value === 'boolean') return value;
  if (kind === 'kvlistValue') return decodeAttributes(asObject(value)['values'], odd);
  if (kind === 'bytesValue') return asString(value);
  odd(`unknown value ${JSON.stringify(json)}`);
  return null;
}

function decodeAttributes(json: unknown, odd: OnOddity): DecodedAttributes {
  return collectAttributes(
    asList(json).map((item): [string, DecodedValue] => {
      const pair = asObject(item);
      return [asString(pair['key']), decodeValue(pair['value'], odd)];
    }),
    odd,
  );
}

function decodeEvent(json: unknown, odd: OnOddity): DecodedEvent {
  const event = asObject(json);
  return {
    name: asString(event['name']),
    timeNanos: asInt64(event['timeUnixNano']),
    attributes: decodeAttributes(event['attributes'], odd),
    droppedAttributesCount: asCount(event['droppedAttributesCount']),
  };
}

function decodeLink(json: unknown, odd: OnOddity): DecodedLink {
  const link = asObject(json);
  return {
    traceId: asString(link['traceId']),
    spanId: asString(link['spanId']),
    traceState: asString(link['traceState']),
    attributes: decodeAttributes(link['attributes'], odd),
    droppedAttributesCount: asCount(link['droppedAttributesCount']),
    flags: asCount(link['flags']),
  };
}

function decodeSpan(
  resourceSpans: JsonObject,
  scope: JsonObject,
  json: unknown,
  odd: OnOddity,
): DecodedSpan {
  const span = asObject(json);
  const status = asObject(span['status']);
  return {
    resourceAttributes: decodeAttributes(asObject(resourceSpans['resource'])['attributes'], odd),
    resourceSchemaUrl: asString(resourceSpans['schemaUrl']),
    scopeName: asString(scope['name']),
    scopeVersion: asString(scope['version']),
    traceId: asString(span['traceId']),
    spanId: asString(span['spanId']),
    parentSpanId: asString(span['parentSpanId']),
    traceState: asString(span['traceState']),
    flags: asCount(span['flags']),
    name: asString(span['name']),
    kind: asCount(span['kind']),
    startNanos: asInt64(span['startTimeUnixNano']),
    endNanos: asInt64(span['endTimeUnixNano']),
    attributes: decodeAttributes(span['attributes'], odd),
    droppedAttributesCount: asCount(span['droppedAttributesCount']),
    events: asList(span['events']).map((event) => decodeEvent(event, odd)),
    droppedEventsCount: asCount(span['droppedEventsCount']),
    links: asList(span['links']).map((link) => decodeLink(link, odd)),
    droppedLinksCount: asCount(span['droppedLinksCount']),
    status: { code: asCount(status['code']), message: asString(status['message']) },
  };
}

/** The spans of an `ExportTraceServiceRequest` in OTLP/JSON. Throws on text that is none. */
export function decodeJsonRequest(body: Uint8Array, odd: OnOddity = () => {}): DecodedSpan[] {
  const request = asObject(JSON.parse(strictUtf8.decode(body)));
  return asList(request['resourceSpans']).flatMap((resourceItem) => {
    const resourceSpans = asObject(resourceItem);
    return asList(resourceSpans['scopeSpans']).flatMap((scopeItem) => {
      const scopeSpans = asObject(scopeItem);
      const scope = asObject(scopeSpans['scope']);
      return asList(scopeSpans['spans']).map((span) => decodeSpan(resourceSpans, scope, span, odd));
    });
  });
}
