/** Reports what OTLP forbids or this decoder does not know; decoding goes on. A strict caller throws. */
export type OnOddity = (what: string) => void;

/** An object of OTLP/JSON, as it is parsed. 64-bit integers from protobuf are bigints. */
export type JsonObject = Readonly<Record<string, unknown>>;

// The messages of opentelemetry-proto v1 with OTLP/JSON's field names; `id` is bytes that OTLP/JSON
// writes as hex. `@opentelemetry/otlp-transformer` encodes requests and decodes only responses.
const MESSAGES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  TraceRequest: { 1: 'repeated ResourceSpans resourceSpans' },
  ResourceSpans: {
    1: 'Resource resource',
    2: 'repeated ScopeSpans scopeSpans',
    3: 'string schemaUrl',
  },
  ScopeSpans: { 1: 'Scope scope', 2: 'repeated Span spans', 3: 'string schemaUrl' },
  Resource: { 1: 'repeated KeyValue attributes', 2: 'uint32 droppedAttributesCount' },
  Scope: { 1: 'string name', 2: 'string version' },
  Span: {
    1: 'id traceId',
    2: 'id spanId',
    3: 'string traceState',
    4: 'id parentSpanId',
    5: 'string name',
    6: 'uint32 kind',
    7: 'uint64 startTimeUnixNano',
    8: 'uint64 endTimeUnixNano',
    9: 'repeated KeyValue attributes',
    10: 'uint32 droppedAttributesCount',
    11: 'repeated Event events',
    12: 'uint32 droppedEventsCount',
    13: 'repeated Link links',
    14: 'uint32 droppedLinksCount',
    15: 'Status status',
    16: 'uint32 flags',
  },
  Event: {
    1: 'uint64 timeUnixNano',
    2: 'string name',
    3: 'repeated KeyValue attributes',
    4: 'uint32 droppedAttributesCount',
  },
  Link: {
    1: 'id traceId',
    2: 'id spanId',
    3: 'string traceState',
    4: 'repeated KeyValue attributes',
    5: 'uint32 droppedAttributesCount',
    6: 'uint32 flags',
  },
  Status: { 2: 'string message', 3: 'uint32 code' },
  KeyValue: { 1: 'string key', 2: 'AnyValue value' },
  AnyValue: {
    1: 'string stringValue',
    2: 'bool boolValue',
    3: 'int64 intValue',
    4: 'double doubleValue',
    5: 'ArrayValue arrayValue',
    6: 'KeyValueList kvlistValue',
    7: 'bytes bytesValue',
  },
  ArrayValue: { 1: 'repeated AnyValue values' },
  KeyValueList: { 1: 'repeated KeyValue values' },
  MetricsRequest: { 1: 'repeated ResourceMetrics resourceMetrics' },
  ResourceMetrics: {
    1: 'Resource resource',
    2: 'repeated ScopeMetrics scopeMetrics',
    3: 'string schemaUrl',
  },
  ScopeMetrics: { 1: 'Scope scope', 2: 'repeated Metric metrics', 3: 'string schemaUrl' },
  Metric: {
    1: 'string name',
    2: 'string description',
    3: 'string unit',
    5: 'Data gauge',
    7: 'Data sum',
    9: 'HistogramData histogram',
  },
  Data: {
    1: 'repeated NumberPoint dataPoints',
    2: 'uint32 aggregationTemporality',
    3: 'bool isMonotonic',
  },
  NumberPoint: {
    2: 'uint64 startTimeUnixNano',
    3: 'uint64 timeUnixNano',
    4: 'double asDouble',
    6: 'int64 asInt',
    7: 'repeated KeyValue attributes',
  },
  HistogramData: { 1: 'repeated HistogramPoint dataPoints', 2: 'uint32 aggregationTemporality' },
  HistogramPoint: {
    2: 'uint64 startTimeUnixNano',
    3: 'uint64 timeUnixNano',
    4: 'uint64 count',
    5: 'double sum',
    6: 'repeated uint64 bucketCounts',
    7: 'repeated double explicitBounds',
    9: 'repeated KeyValue attributes',
    11: 'double min',
    12: 'double max',
  },
  TraceResponse: { 1: 'PartialSuccess partialSuccess' },
  PartialSuccess: { 1: 'int64 rejectedSpans', 2: 'string errorMessage' },
  /** `google.rpc.Status`: the body of an answer that refuses a request. */
  RpcStatus: { 1: 'uint32 code', 2: 'string message' },
};

interface Field {
  readonly isRepeated: boolean;
  readonly type: string;
  readonly name: string;
}

const FIELDS: ReadonlyMap<string, ReadonlyMap<number, Field>> = new Map(
  Object.entries(MESSAGES).map(([message, fields]) => [
    message,
    new Map(Object.entries(fields).map(([number, text]) => [Number(number), parseField(text)])),
  ]),
);

function parseField(text: string): Field {
  const [name = '', type = '', repeated] = text.split(' ').toReversed();
  return { isRepeated: repeated !== undefined, type, name };
}

const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A protobuf message as the object that OTLP/JSON writes for it. Throws on bytes that are none. */
export function decodeProtobuf(bytes: Uint8Array, message: string, odd: OnOddity): JsonObject {
  const result: Record<string, unknown> = {};
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
    if (field.isRepeated) result[field.name] = [...asArray(result[field.name]), ...values];
    else result[field.name] = values[0];
  }
  return result;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
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
