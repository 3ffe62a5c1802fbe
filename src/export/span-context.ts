import type { SpanContext } from '@opentelemetry/api';

/** Bytes of a trace id and of a span id on the wire. */
export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;

/** Whether `id` is exactly so many bytes in hex. */
export function isHexId(id: string | undefined, bytes: number): boolean {
  return id !== undefined && id.length === bytes * 2 && /^[0-9a-f]*$/i.test(id);
}

// `SpanFlags` of opentelemetry-proto's trace.proto.
const CONTEXT_HAS_IS_REMOTE = 0x100;
const CONTEXT_IS_REMOTE = 0x200;

/**
 * OTLP's flags of a span or a link: the W3C trace flags, and whether `remoteSource` came from
 * another process. For a span that is its parent, for a link the linked context.
 */
export function spanFlags(
  traceFlags: number,
  remoteSource: Pick<SpanContext, 'isRemote'> | undefined,
): number {
  const remote = remoteSource?.isRemote === true ? CONTEXT_IS_REMOTE : 0;
  return (traceFlags & 0xff) | CONTEXT_HAS_IS_REMOTE | remote;
}
