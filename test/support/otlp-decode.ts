import type { DecodedSpan } from '../../examples/demo/otlp-span.js';
import { decodeJsonRequest } from './otlp-decode-json.js';
import { decodeProtobufRequest } from '../../examples/demo/otlp-decode-protobuf.js';

export type { DecodedAttributes, DecodedSpan } from '../../examples/demo/otlp-span.js';

/**
 * The spans of an `ExportTraceServiceRequest`. Strict: malformed protobuf, invalid UTF-8, invalid
 * JSON, unknown fields and repeated attribute keys throw.
 */
export function decodeTraceRequest(body: Uint8Array, contentType: string): DecodedSpan[] {
  if (contentType.startsWith('application/x-protobuf')) return decodeProtobufRequest(body);
  if (contentType.startsWith('application/json')) return decodeJsonRequest(body);
  throw new Error(`content type ${contentType}`);
}
