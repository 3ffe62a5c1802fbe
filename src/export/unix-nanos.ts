import type { HrTime } from '@opentelemetry/api';
import { putFixed32 } from './fixed32.js';

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

/**
 * Writes `unixNanos` as eight bytes; returns the offset behind them. In two halves and without a
 * bigint: two times are written for every span.
 */
export function putUnixNanos(bytes: Uint8Array, offset: number, time: HrTime): number {
  // By index: taking a list apart asks an iterator.
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
    const high = Math.floor(upper / TWO_TO_16) + Math.floor(lower / TWO_TO_32);
    return putFixed32(bytes, putFixed32(bytes, offset, lower % TWO_TO_32), high);
  }
  const whole = unixNanos(time);
  const at = putFixed32(bytes, offset, Number(whole & 0xffffffffn));
  return putFixed32(bytes, at, Number(whole >> 32n));
}
