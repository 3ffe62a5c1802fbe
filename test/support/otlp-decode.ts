import { decodeJsonRequest } from '../../src/cli/otlp/decode-json.js';
import { decodeProtobufRequest } from '../../src/cli/otlp/decode-protobuf.js';
import type { DecodedSpan } from '../../src/cli/otlp/otlp-span.js';

export type { DecodedAttributes, DecodedSpan } from '../../src/cli/otlp/otlp-span.js';

/**
 * The spans of an `ExportTraceServiceRequest`. Strict: malformed protobuf, invalid UTF-8, invalid
 * JSON, unknown fields and repeated attribute keys throw.
 */
export function decodeTraceRequest(body: Uint8Array, contentType: string): DecodedSpan[] {
  if (contentType.startsWith('application/x-protobuf')) return decodeProtobufRequest(body, refuse);
  if (contentType.startsWith('application/json')) return decodeJsonRequest(body, refuse);
  throw new Error(`content type ${contentType}`);
}

function refuse(oddity: string): never {
  throw new Error(oddity);
}
