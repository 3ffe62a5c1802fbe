import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { ACCEPTED, classifyStatus, parseRetryAfter, type ExportOutcome } from './export-outcome.js';
import type { HttpResponse } from './http-transport.js';
import { ProtobufWriter } from './protobuf-writer.js';

// Loaded with the first answer that says anything.

/** Tag bytes: `ExportTraceServiceResponse.partial_success`, `Status.code`. */
const PARTIAL_SUCCESS_TAG = 0x0a;
const STATUS_CODE_TAG = 0x08;

/** What a collector answers that does not take a request. */
export function readRefusal({ status, headers, body }: HttpResponse): ExportOutcome {
  const { location } = headers;
  const isRedirect = status >= 300 && status < 400 && location !== undefined;
  const message = isRedirect
    ? `a redirect to ${withoutQuery(location)}`
    : messageOf(body, headers['content-type'] ?? '');
  return classifyStatus(status, message, parseRetryAfter(headers['retry-after']));
}

/** A body that cannot be read means that everything was taken. */
export function readPartialSuccess(body: Uint8Array, contentType: string): ExportOutcome {
  const serializer = contentType.includes('protobuf')
    ? ProtobufTraceSerializer
    : JsonTraceSerializer;
  try {
    const partial = serializer.deserializeResponse(body)?.partialSuccess;
    // In JSON a 64-bit integer is text.
    const reported: unknown = partial?.rejectedSpans;
    const rejected = Number(reported ?? 0);
    return {
      kind: 'accepted',
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      message: typeof partial?.errorMessage === 'string' ? partial.errorMessage : '',
    };
  } catch {
    return ACCEPTED;
  }
}

/** What the collector says: the message of a status, or the text of the body. */
export function messageOf(body: Buffer, contentType: string): string {
  // Old collectors send a protobuf status without the protobuf content type.
  const isProtobuf = contentType.includes('protobuf') || body[0] === STATUS_CODE_TAG;
  if (isProtobuf && body.length > 0) return readStatusMessage(body);
  const text = body.toString('utf8').trim();
  if (contentType.startsWith('text/html')) return 'a web page';
  try {
    const json: unknown = text.startsWith('{') ? JSON.parse(text) : {};
    const message: unknown =
      Reflect.get(Object(json), 'message') ?? Reflect.get(Object(json), 'error');
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

/**
 * The message of a `google.rpc.Status`, which is how OTLP explains a refusal in protobuf. Its code
 * and message have the numbers and wire types of a partial success's `rejected_spans` and
 * `error_message`, so the stock reader reads it once it is in that place.
 */
function readStatusMessage(body: Uint8Array): string {
  const writer = new ProtobufWriter(body.length);
  const mark = writer.open(PARTIAL_SUCCESS_TAG);
  writer.raw(body);
  writer.close(mark);
  const outcome = readPartialSuccess(writer.finish(), 'application/x-protobuf');
  return outcome.kind === 'accepted' ? outcome.message : '';
}

/** Where a redirect points, without what may be a secret in it. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}
