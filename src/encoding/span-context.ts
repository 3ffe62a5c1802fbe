import type { HrTime, SpanContext } from '@opentelemetry/api';

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

/** Nanoseconds since the epoch. A time that no clock could tell (negative, not a number) is 0, "unknown" in OTLP. */
export function unixNanos([seconds, nanos]: HrTime): bigint {
  if (!Number.isFinite(seconds) || !Number.isFinite(nanos)) return 0n;
  const total = BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc(nanos));
  return total < 0n ? 0n : BigInt.asUintN(64, total);
}

const NANOS_PER_SECOND = 1_000_000_000;
const TWO_TO_16 = 0x10000;
const TWO_TO_32 = 0x100000000;
/** 1970 to 2514, which is as far as 64 bits of nanoseconds go. The sums below stay exact in a double. */
const MAX_EXACT_SECONDS = 2 ** 34;

/** `unixNanos` as two unsigned 32-bit halves, without a bigint: two of them are made for every span. */
export function unixNanosHalves(time: HrTime): { readonly high: number; readonly low: number } {
  // By index: taking a list apart asks an iterator, and this is done twice for every span.
  const seconds = time[0];
  const nanos = time[1];
  if (
    Number.isInteger(seconds) &&
    Number.isInteger(nanos) &&
    seconds >= 0 &&
    seconds < MAX_EXACT_SECONDS &&
    nanos >= 0 &&
    nanos < NANOS_PER_SECOND
  ) {
    const upper = Math.floor(seconds / TWO_TO_16) * NANOS_PER_SECOND;
    const lower =
      (upper % TWO_TO_16) * TWO_TO_16 + (seconds % TWO_TO_16) * NANOS_PER_SECOND + nanos;
    return {
      high: Math.floor(upper / TWO_TO_16) + Math.floor(lower / TWO_TO_32),
      low: lower % TWO_TO_32,
    };
  }
  const whole = unixNanos(time);
  return { high: Number(whole >> 32n), low: Number(whole & 0xffffffffn) };
}
