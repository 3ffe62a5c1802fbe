import { decodeMetrics, type DecodedPoint } from '../../src/cli/otlp/decode.js';

export type { DecodedPoint } from '../../src/cli/otlp/decode.js';

/** The data points of an `ExportMetricsServiceRequest` in protobuf. */
export function decodeMetricsRequest(body: Uint8Array, contentType: string): DecodedPoint[] {
  if (contentType !== 'application/x-protobuf') throw new Error(`content type ${contentType}`);
  return decodeMetrics(body, contentType);
}
