/** Reports what OTLP forbids or this decoder does not know; decoding goes on. A strict caller throws. */
export type OnOddity = (what: string) => void;

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
export function decodeProtobuf(bytes: Uint8Array, message: string, odd: OnOddity): JsonObject {
  const result: Record<string, unknown> = {};
  // Pushed to and never copied: a span may have a hundred thousand attributes.
  const lists = new Map<string, unknown[]>();
  for (const { number, wireType, value } of rawFieldsOf(bytes)) {
    const field = FIELDS.get(message)?.get(number);
    if (field === undefined) {
      odd(`unknown field ${number} of ${message}`);
      continue;
    }
    const { name, type, isRepeated } = field;
    const expected = WIRE_TYPES[type] ?? LENGTH_DELIMITED;
    const isPacked = isRepeated && expected === FIXED64 && wireType === LENGTH_DELIMITED;
    if (wireType !== expected && !isPacked) throw new Error(`${name} has wire type ${wireType}`);
    if (!isRepeated) {
      result[name] = readValue(value, type, odd);
      continue;
    }
    const list = lists.get(name) ?? [];
    for (const each of isPacked ? unpack(value) : [value]) list.push(readValue(each, type, odd));
    lists.set(name, list);
    result[name] = list;
  }
  return result;
}

/** A number of wire type 0, or the bytes of a value. */
type RawValue = bigint | Buffer;

function readValue(value: RawValue, type: string, odd: OnOddity): unknown {
  if (typeof value === 'bigint') {
    if (type === 'bool') return value !== 0n;
    return type === 'int64' ? BigInt.asIntN(64, value) : Number(value);
  }
  switch (type) {
    case 'fixed32':
      return value.readUInt32LE();
    case 'fixed64':
      return value.readBigUInt64LE();
    case 'sfixed64':
      return value.readBigInt64LE();
    case 'double':
      return value.readDoubleLE();
    case 'string':
      return strictUtf8.decode(value);
    case 'id':
      return value.toString('hex');
    case 'bytes':
      return value.toString('base64');
    default:
      return decodeProtobuf(value, type, odd);
  }
}

/** Of OTLP's packed fields, all are eight bytes wide. */
function* unpack(value: RawValue): Generator<Buffer> {
  if (typeof value === 'bigint') return;
  for (let at = 0; at < value.length; at += 8) yield value.subarray(at, at + 8);
}

interface RawField {
  readonly number: number;
  readonly wireType: number;
  readonly value: RawValue;
}

/** The fields of a message as they are on the wire. */
function* rawFieldsOf(bytes: Uint8Array): Generator<RawField> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = buffer.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('not a protobuf message');
  };
  const take = (length: number): Buffer => {
    const start = at;
    at += length;
    if (at > buffer.length) throw new Error('not a protobuf message');
    return buffer.subarray(start, at);
  };
  while (at < buffer.length) {
    const tag = Number(varint());
    const wireType = tag % 8;
    const number = Math.floor(tag / 8);
    if (number === 0) throw new Error('not a protobuf message');
    if (wireType === 0) yield { number, wireType, value: varint() };
    else if (wireType === FIXED64) yield { number, wireType, value: take(8) };
    else if (wireType === FIXED32) yield { number, wireType, value: take(4) };
    else if (wireType === LENGTH_DELIMITED) {
      yield { number, wireType, value: take(Number(varint())) };
    } else throw new Error('not a protobuf message');
  }
}
