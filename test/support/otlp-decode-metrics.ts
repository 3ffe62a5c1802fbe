import type { ProtobufField } from '../../src/export/protobuf-reader.js';
import {
  asBytes,
  asDouble,
  asText,
  asUnsigned,
  readFields,
} from '../../src/cli/otlp/protobuf-fields.js';

/** One data point of a metric, with what the metric around it says. */
export interface DecodedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly type: 'gauge' | 'sum' | 'histogram';
  readonly temporality: 'delta' | 'cumulative' | undefined;
  readonly isMonotonic: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly startNanos: bigint;
  /** Value of a gauge or a sum; the sum of a histogram. */
  readonly value: number;
  /** Values in a histogram. */
  readonly count: number;
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
}

// Field numbers: opentelemetry-proto v1, metrics.proto and common.proto.

function all(bytes: Uint8Array, number: number): ProtobufField[] {
  return readFields(bytes).filter((field) => field.number === number);
}

function messages(bytes: Uint8Array, number: number): Uint8Array[] {
  return all(bytes, number).map(asBytes);
}

function text(bytes: Uint8Array, number: number): string {
  const [value] = all(bytes, number);
  return value === undefined ? '' : asText(value);
}

function unsigned(bytes: Uint8Array, number: number): bigint {
  const [value] = all(bytes, number);
  return value === undefined ? 0n : asUnsigned(value);
}

/** Packed repeated fixed-size values. */
function packed(bytes: Uint8Array, number: number, read: (view: DataView, at: number) => number) {
  return messages(bytes, number).flatMap((part) => {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    return Array.from({ length: part.length / 8 }, (_, index) => read(view, index * 8));
  });
}

function attributes(pairs: readonly Uint8Array[]): DecodedPoint['attributes'] {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value] = messages(pair, 2);
      const [field] = value === undefined ? [] : readFields(value);
      if (field === undefined) throw new Error('an attribute without a value');
      if (field.number === 1) return [text(pair, 1), asText(field)];
      if (field.number === 2) return [text(pair, 1), asUnsigned(field) !== 0n];
      if (field.number === 3) return [text(pair, 1), Number(asUnsigned(field))];
      return [text(pair, 1), asDouble(field)];
    }),
  );
}

function numberValue(point: Uint8Array): number {
  const [double] = all(point, 4);
  if (double !== undefined) return asDouble(double);
  const [integer] = all(point, 6);
  return integer === undefined ? 0 : Number(BigInt.asIntN(64, asUnsigned(integer)));
}

const TEMPORALITIES = [undefined, 'delta', 'cumulative'] as const;
const TYPES = [
  [5, 'gauge'],
  [7, 'sum'],
  [9, 'histogram'],
] as const;

function decodeMetric(metric: Uint8Array): DecodedPoint[] {
  return TYPES.flatMap(([field, type]) =>
    messages(metric, field).flatMap((data) =>
      messages(data, 1).map((point): DecodedPoint => {
        const isHistogram = type === 'histogram';
        const [sum] = all(point, 5);
        return {
          metric: text(metric, 1),
          unit: text(metric, 3),
          type,
          temporality: TEMPORALITIES[Number(unsigned(data, 2))],
          isMonotonic: unsigned(data, 3) !== 0n,
          attributes: attributes(messages(point, isHistogram ? 9 : 7)),
          startNanos: unsigned(point, 2),
          value: isHistogram ? (sum === undefined ? 0 : asDouble(sum)) : numberValue(point),
          count: isHistogram ? Number(unsigned(point, 4)) : 1,
          bucketCounts: isHistogram
            ? packed(point, 6, (view, at) => Number(view.getBigUint64(at, true)))
            : [],
          bounds: isHistogram ? packed(point, 7, (view, at) => view.getFloat64(at, true)) : [],
        };
      }),
    ),
  );
}

/** The data points of an `ExportMetricsServiceRequest` in protobuf. */
export function decodeMetricsRequest(body: Uint8Array, contentType: string): DecodedPoint[] {
  if (contentType !== 'application/x-protobuf') throw new Error(`content type ${contentType}`);
  return messages(body, 1).flatMap((resource) =>
    messages(resource, 2).flatMap((scope) => messages(scope, 2).flatMap(decodeMetric)),
  );
}
