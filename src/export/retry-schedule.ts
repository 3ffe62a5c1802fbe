import type { Batch } from './span-batch.js';

const FIRST_DELAY_MILLIS = 500;
const MAX_DELAY_MILLIS = 10_000;
/** While a flush waits, attempts come faster than its deadline. */
const MAX_FLUSHING_DELAY_MILLIS = 1_000;
/** Full jitter may draw nearly zero; immediate attempts in a loop are useless. */
const MIN_DELAY_MILLIS = 20;

/**
 * Milliseconds to wait after the n-th failure in a row (from 1): exponential with full jitter, so
 * that the processes that a collector's restart has cut off do not come back all at once.
 */
export function backoffMillis(failures: number, isFlushing: boolean): number {
  const cap = isFlushing ? MAX_FLUSHING_DELAY_MILLIS : MAX_DELAY_MILLIS;
  const ceiling = Math.min(cap, FIRST_DELAY_MILLIS * 2 ** Math.min(failures - 1, 16));
  return Math.max(MIN_DELAY_MILLIS, Math.random() * ceiling);
}

/**
 * Batches that wait for another try, and when the collector may be asked again at all. Each batch has
 * its delay, so that one which fails by itself does not delay the others. All times are on
 * the monotonic clock: a wall clock that is set back must not stop delivery.
 */
export class RetrySchedule {
  batches: Batch[] = [];
  /** By the collector's `Retry-After`: no hurry overrides it. */
  askedUntil = 0;
  #failuresInARow = 0;
  #backoffUntil = 0;

  get spans(): number {
    return this.batches.reduce((sum, batch) => sum + batch.spans.length, 0);
  }

  get bytes(): number {
    return this.batches.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  get isFailing(): boolean {
    return this.#failuresInARow > 0;
  }

  /** Nothing is to be sent before. */
  get closedUntil(): number {
    return Math.max(this.#backoffUntil, this.askedUntil);
  }

  /** Infinity when no batch waits. */
  nextDueAt(): number {
    return this.batches.reduce((due, batch) => Math.min(due, batch.notBefore), Infinity);
  }

  takeDue(now: number): Batch | undefined {
    const at = this.batches.findIndex((batch) => batch.notBefore <= now);
    return at < 0 ? undefined : this.batches.splice(at, 1)[0];
  }

  /** Every batch; none stays. */
  takeAll(): Batch[] {
    return this.batches.splice(0);
  }

  /** The collector answered, whatever it said. */
  answered(): void {
    this.#failuresInARow = 0;
    this.#backoffUntil = 0;
  }

  /** A request failed. `maxAskedMillis` bounds what a `Retry-After` may ask for. */
  failed(retryAfterMillis: number | undefined, isFlushing: boolean, maxAskedMillis: number): void {
    const now = performance.now();
    this.#failuresInARow++;
    this.#backoffUntil = now + backoffMillis(this.#failuresInARow, isFlushing);
    if (retryAfterMillis !== undefined) {
      this.askedUntil = now + Math.min(retryAfterMillis, maxAskedMillis);
    }
  }

  /** A flush waits: try again now, unless the collector asked for time. */
  hurry(): void {
    this.#backoffUntil = 0;
    for (const batch of this.batches) batch.notBefore = 0;
  }

  /** Drops the oldest span that waits here; false when there is none. */
  dropOldest(): boolean {
    const [first, ...others] = this.batches;
    if (first === undefined) return false;
    const oldest = others.reduce((a, b) => (b.firstNumber < a.firstNumber ? b : a), first);
    oldest.bytes -= oldest.spans.shift()?.bytes ?? 0;
    oldest.firstNumber++;
    if (oldest.spans.length === 0) this.batches.splice(this.batches.indexOf(oldest), 1);
    return true;
  }
}
