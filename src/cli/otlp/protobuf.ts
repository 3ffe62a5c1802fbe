/** Reports what OTLP forbids or this decoder does not know; decoding goes on. A strict caller throws. */
export type OnOddity = (what: string) => void;

/** An object of OTLP/JSON, as it is parsed. 64-bit integers from protobuf are bigints. */
export type JsonObject = Readonly<Record<string, unknown>>;

// The messages of opentelemetry-proto v1 with OTLP/JSON's field names; an `id` is bytes that OTLP/JSON
// writes as hex. RpcStatus is `google.rpc.Status`: the body of an answer that refuses a request.
// By hand, because `@opentelemetry/otlp-transformer` encodes requests and decodes only responses.
const SCHEMA = `
TraceRequest = 1 resourceSpans: ResourceSpans[]
ResourceSpans = 1 resource: Resource, 2 scopeSpans: ScopeSpans[], 3 schemaUrl: string
ScopeSpans = 1 scope: Scope, 2 spans: Span[], 3 schemaUrl: string
Resource = 1 attributes: KeyValue[], 2 droppedAttributesCount: uint32
Scope = 1 name: string, 2 version: string
Span = 1 traceId: id, 2 spanId: id, 3 traceState: string, 4 parentSpanId: id, 5 name: string,
    6 kind: uint32, 7 startTimeUnixNano: uint64, 8 endTimeUnixNano: uint64,
    9 attributes: KeyValue[], 10 droppedAttributesCount: uint32, 11 events: Event[],
    12 droppedEventsCount: uint32, 13 links: Link[], 14 droppedLinksCount: uint32,
    15 status: Status, 16 flags: uint32
Event = 1 timeUnixNano: uint64, 2 name: string, 3 attributes: KeyValue[],
    4 droppedAttributesCount: uint32
Link = 1 traceId: id, 2 spanId: id, 3 traceState: string, 4 attributes: KeyValue[],
    5 droppedAttributesCount: uint32, 6 flags: uint32
Status = 2 message: string, 3 code: uint32
KeyValue = 1 key: string, 2 value: AnyValue
AnyValue = 1 stringValue: string, 2 boolValue: bool, 3 intValue: int64, 4 doubleValue: double,
    5 arrayValue: ArrayValue, 6 kvlistValue: KeyValueList, 7 bytesValue: bytes
ArrayValue = 1 values: AnyValue[]
KeyValueList = 1 values: KeyValue[]
MetricsRequest = 1 resourceMetrics: ResourceMetrics[]
ResourceMetrics = 1 resource: Resource, 2 scopeMetrics: ScopeMetrics[], 3 schemaUrl: string
ScopeMetrics = 1 scope: Scope, 2 metrics: Metric[], 3 schemaUrl: string
Metric = 1 name: string, 2 description: string, 3 unit: string, 5 gauge: Data, 7 sum: Data,
    9 histogram: HistogramData
Data = 1 dataPoints: NumberPoint[], 2 aggregationTemporality: uint32, 3 isMonotonic: bool
NumberPoint = 2 startTimeUnixNano: uint64, 3 timeUnixNano: uint64, 4 asDouble: double,
    6 asInt: int64, 7 attributes: KeyValue[]
HistogramData = 1 dataPoints: HistogramPoint[], 2 aggregationTemporality: uint32
HistogramPoint = 2 startTimeUnixNano: uint64, 3 timeUnixNano: uint64, 4 count: uint64,
    5 sum: double, 6 bucketCounts: uint64[], 7 explicitBounds: double[], 9 attributes: KeyValue[],
    11 min: double, 12 max: double
TraceResponse = 1 partialSuccess: PartialSuccess
PartialSuccess = 1 rejectedSpans: int64, 2 errorMessage: string
RpcStatus = 1 code: uint32, 2 message: string
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
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A protobuf message as the object that OTLP/JSON writes for it. Throws on bytes that are none. */
export function decodeProtobuf(bytes: Uint8Array, message: string, odd: OnOddity): JsonObject {
  const result: Record<string, unknown> = {};
  // Pushed to and never copied: a span may have a hundred thousand attributes.
  const lists = new Map<string, unknown[]>();
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const wireType = tag % 8;
    const field = FIELDS.get(message)?.get(Math.floor(tag / 8));
    if (tag < 8) throw new Error('not a protobuf message');
    if (field === undefined) {
      odd(`unknown field ${Math.floor(tag / 8)} of ${message}`);
      reader.skip(wireType);
      continue;
    }
    const values = readValues(reader, wireType, field, odd);
    if (!field.isRepeated) {
      result[field.name] = values[0];
      continue;
    }
    const list = lists.get(field.name) ?? [];
    for (const value of values) list.push(value);
    lists.set(field.name, list);
    result[field.name] = list;
  }
  return result;
}

/** The value of a field; several where numbers are packed. */
function readValues(reader: Reader, wireType: number, field: Field, odd: OnOddity): unknown[] {
  const { type, isRepeated, name } = field;
  const isNumber = /^(?:u?int|bool|double)/.test(type);
  if (isNumber && wireType !== LENGTH_DELIMITED) return [reader.number(wireType, type)];
  if (wireType !== LENGTH_DELIMITED || (isNumber && !isRepeated)) {
    throw new Error(`${name} has wire type ${wireType}`);
  }
  const bytes = reader.bytes(Number(reader.varint()));
  if (isNumber) {
    const packed = new Reader(bytes);
    const values: unknown[] = [];
    // Of OTLP's packed fields, all are eight bytes wide.
    while (!packed.isAtEnd) values.push(packed.number(FIXED64, type));
    return values;
  }
  if (type === 'string') return [strictUtf8.decode(bytes)];
  if (type === 'id') return [Buffer.from(bytes).toString('hex')];
  if (type === 'bytes') return [Buffer.from(bytes).toString('base64')];
  return [decodeProtobuf(bytes, type, odd)];
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  bytes(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('not a protobuf message');
    return this.#bytes.subarray(start, this.#at);
  }

  /** Up to 53 bits as a number, which is faster; beyond that exact. */
  varint(): number | bigint {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
      const byte = this.#view.getUint8(this.#at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    let large = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#view.getUint8(this.#at++);
      large |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, large);
    }
    throw new Error('not a protobuf message');
  }

  number(wireType: number, type: string): number | bigint | boolean {
    if (type === 'double' && wireType === FIXED64) return this.#fixed(8).getFloat64(0, true);
    if (type === 'double' || (wireType !== 0 && wireType !== FIXED64 && wireType !== FIXED32)) {
      throw new Error(`a number has wire type ${wireType}`);
    }
    const value =
      wireType === 0
        ? this.varint()
        : wireType === FIXED64
          ? this.#fixed(8).getBigUint64(0, true)
          : this.#fixed(4).getUint32(0, true);
    if (type === 'bool') return Number(value) !== 0;
    if (type === 'uint32') return Number(value);
    return type === 'int64' ? BigInt.asIntN(64, BigInt(value)) : BigInt(value);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === FIXED64) this.bytes(8);
    else if (wireType === LENGTH_DELIMITED) this.bytes(Number(this.varint()));
    else if (wireType === FIXED32) this.bytes(4);
    else throw new Error('not a protobuf message');
  }

  #fixed(length: number): DataView {
    const { buffer, byteOffset } = this.bytes(length);
    return new DataView(buffer, byteOffset, length);
  }
}
