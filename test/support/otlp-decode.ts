import { decodeTraces, type DecodedSpan } from '../../src/cli/otlp/decode.js';

export type { DecodedAttributes, DecodedSpan } from '../../src/cli/otlp/decode.js';

/**
 * The spans of an `ExportTraceServiceRequest`. Strict: malformed protobuf, invalid UTF-8, invalid
 * JSON, unknown fields and repeated attribute keys throw.
 */
export function decodeTraceRequest(body: Uint8Array, contentType: string): DecodedSpan[] {
  return decodeTraces(body, contentType, refuse);
}

function refuse(oddity: string): never {
  throw new Error(oddity);
}
