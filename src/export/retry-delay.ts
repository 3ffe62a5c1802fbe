const FIRST_DELAY_MILLIS = 500;
const MAX_DELAY_MILLIS = 10_000;
/** While somebody waits for a flush, attempts come faster than its deadline. */
const MAX_FLUSHING_DELAY_MILLIS = 1_000;
/** Full jitter may draw nearly nothing; a loop of immediate attempts helps nobody. */
const MIN_DELAY_MILLIS = 20;

/**
 * Milliseconds to wait after the n-th failure in a row (from 1): exponential with full jitter, so
 * that the processes that a collector's restart has cut off don't come back all at once.
 */
export function backoffMillis(
  failures: number,
  flushing: boolean,
  random: () => number = Math.random,
): number {
  const cap = flushing ? MAX_FLUSHING_DELAY_MILLIS : MAX_DELAY_MILLIS;
  const ceiling = Math.min(cap, FIRST_DELAY_MILLIS * 2 ** Math.min(failures - 1, 16));
  return Math.max(MIN_DELAY_MILLIS, random() * ceiling);
}

/**
 * Milliseconds that a `Retry-After` header asks for, given as seconds or as an HTTP date (RFC 9110,
 * 10.2.3). Undefined when there is none or it says nothing; 0 for a date that has passed.
 */
export function parseRetryAfter(value: string | undefined, nowMillis: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMillis);
}
