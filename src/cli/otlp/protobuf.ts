import { readFields } from '../../export/protobuf-fields.js';

/** Reports a field that this decoder does not know; decoding goes on. A strict caller throws. */
export type OnUnknown = (what: string) => void;

/** An object of OTLP/JSON, as it is parsed. 64-bit integers from protobuf are bigints. */
export type JsonObject = Readonly<Record<string, unknown>>;

// The messages of opentelemetry-proto v1 with OTLP/JSON's field names; an `id` is bytes that OTLP/JSON
// writes as hex. Of metrics, what is read.
// By hand, because `@opentelemetry/otlp-transformer` encodes requests and decodes only responses.
const SCHEMA = `
TraceRequest = 1 resourceSpans: ResourceSpans[]
ResourceSpans = 1 resource: Resource, 2 scopeSpans: ScopeSpans[], 3 schemaUrl: string
ScopeSpans = 1 scope: Scope, 2 spans: Span[], 3 schemaUrl: string
Resource = 1 attributes: KeyValue[], 2 droppedAttributesCount: uint32
Scope = 1 name: string, 2 version: string
Span = 1 traceId: id, 2 spanId: id, 3 traceState: string, 4 parentSpanId: id, 5 name: string,
    6 kind: uint32, 7 startTimeUnixNano: fixed64, 8 endTimeUnixNano: fixed64,
    9 attributes: KeyValue[], 10 droppedAttributesCount: uint32, 11 events: Event[],
    12 droppedEventsCount: uint32, 13 links: Link[], 14 droppedLinksCount: uint32,
    15 status: Status, 16 flags: fixed32
Event = 1 timeUnixNano: fixed64, 2 name: string, 3 attributes: KeyValue[],
    4 droppedAttributesCount: uint32
Link = 1 traceId: id, 2 spanId: id, 3 traceState: string, 4 attributes: KeyValue[],
    5 droppedAttributesCount: uint32, 6 flags: fixed32
Status = 2 message: string, 3 code: uint32
KeyValue = 1 key: string, 2 value: AnyValue
AnyValue = 1 stringValue: string, 2 boolValue: bool, 3 intValue: int64, 4 doubleValue: double,
    5 arrayValue: ArrayValue, 6 kvlistValue: KeyValueList, 7 bytesValue: bytes
ArrayValue = 1 values: AnyValue[]
KeyValueList = 1 values: KeyValue[]
MetricsRequest = 1 resourceMetrics: ResourceMetrics[]
ResourceMetrics = 1 resource: Resource, 2 scopeMetrics: ScopeMetrics[]
ScopeMetrics = 2 metrics: Metric[]
Metric = 1 name: string, 3 unit: string, 5 gauge: Data, 7 sum: Data, 9 histogram: HistogramData
Data = 1 dataPoints: NumberPoint[], 2 aggregationTemporality: uint32, 3 isMonotonic: bool
NumberPoint = 2 startTimeUnixNano: fixed64, 4 asDouble: double, 6 asInt: sfixed64,
    7 attributes: KeyValue[]
HistogramData = 1 dataPoints: HistogramPoint[], 2 aggregationTemporality: uint32
HistogramPoint = 2 startTimeUnixNano: fixed64, 4 count: fixed64, 5 sum: double,
    6 bucketCounts: fixed64[], 7 explicitBounds: double[], 9 attributes: KeyValue[]
`;

interface Field {
  readonly name: string;
  readonly type: string;
  readonly isRepeated: boolean;
}

const FIELDS: ReadonlyMap<string, ReadonlyMap<number, Field>> = new Map(
  Array.from(SCHEMA.matchAll(/^(\w+) = ((?:.|\n {4})+)/gm), ([, message = '', fields = '']) => [
    message,
    new Map(
      Array.from(
        fields.matchAll(/(\d+) (\w+): (\w+)(\[\])?/g),
        ([, number, name = '', type = '', list]) => [
          Number(number),
          { name, type, isRepeated: list !== undefined },
        ],
      ),
    ),
  ]),
);

const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
/** Of the types that are not length-delimited. */
const WIRE_TYPES: Readonly<Record<string, number>> = {
  bool: 0,
  uint32: 0,
  int64: 0,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
  fixed32: FIXED32,
};
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A protobuf message as the object that OTLP/JSON writes for it. Throws on bytes that are none. */
export function decodeProtobuf(
  bytes: Uint8Array,
  message: string,
  unknown: OnUnknown = () => {},
): JsonObject {
  const result: Record<string, unknown> = {};
  // Pushed to and never copied: a span may have a hundred thousand attributes.
  const lists = new Map<string, unknown[]>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const { number, encoded, content } of readFields(buffer)) {
    const field = FIELDS.get(message)?.get(number);
    if (field === undefined) {
      unknown(`unknown field ${number} of ${message}`);
      continue;
    }
    const { name, type, isRepeated } = field;
    const wireType = encoded.readUInt8() % 8;
    const expected = WIRE_TYPES[type] ?? LENGTH_DELIMITED;
    const isPacked = isRepeated && expected === FIXED64 && wireType === LENGTH_DELIMITED;
    if (wireType !== expected && !isPacked) throw new Error(`${name} has wire type ${wireType}`);
    if (!isRepeated) {
      result[name] = readValue(content, type, unknown);
      continue;
    }
    const list = lists.get(name) ?? [];
    // Of OTLP's packed fields, all are eight bytes wide.
    const width = isPacked ? 8 : Infinity;
    let at = 0;
    do {
      list.push(readValue(content.subarray(at, at + width), type, unknown));
      at += width;
    } while (at < content.length);
    lists.set(name, list);
    result[name] = list;
  }
  return result;
}

function readValue(content: Buffer, type: string, unknown: OnUnknown): unknown {
  switch (type) {
    case 'bool':
      return readVarint(content) !== 0n;
    case 'uint32':
      return Number(readVarint(content));
    case 'int64':
      return BigInt.asIntN(64, readVarint(content));
    case 'fixed32':
      return content.readUInt32LE();
    case 'fixed64':
      return content.readBigUInt64LE();
    case 'sfixed64':
      return content.readBigInt64LE();
    case 'double':
      return content.readDoubleLE();
    case 'string':
      return strictUtf8.decode(content);
    case 'id':
      return content.toString('hex');
    case 'bytes':
      return content.toString('base64');
    default:
      return decodeProtobuf(content, type, unknown);
  }
}

function readVarint(content: Buffer): bigint {
  return content.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);
}
