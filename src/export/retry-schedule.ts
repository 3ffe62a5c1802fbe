import type { Batch } from './span-batch.js';

const FIRST_DELAY_MILLIS = 500;
const MAX_DELAY_MILLIS = 10_000;
/** While somebody waits for a flush, attempts come faster than its deadline. */
const MAX_FLUSHING_DELAY_MILLIS = 1_000;
/** Full jitter may draw nearly nothing; a loop of immediate attempts helps nobody. */
const MIN_DELAY_MILLIS = 20;

/**
 * Milliseconds to wait after the n-th failure in a row (from 1): exponential with full jitter, so
 * that the processes that a collector's restart has cut off do not come back all at once.
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
 * 10.2.3). `undefined` when there is none or it says nothing; 0 for a date that has passed.
 */
export function parseRetryAfter(
  value: string | undefined,
  nowMillis: number = Date.now(),
): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMillis);
}

/**
 * Batches that wait for another try, and when the collector may be asked again at all. A batch has a
 * delay of its own, so that one which fails for its own sake does not hold up the others. All times
 * are on the monotonic clock: a wall clock that is set back must not stop delivery.
 */
export class RetrySchedule {
  #batches: Batch[] = [];
  #failuresInARow = 0;
  #backoffUntil = 0;
  #askedUntil = 0;

  get batches(): readonly Batch[] {
    return this.#batches;
  }

  get spans(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.spans.length, 0);
  }

  get bytes(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  get isFailing(): boolean {
    return this.#failuresInARow > 0;
  }

  /** Nothing is to be sent before. */
  get closedUntil(): number {
    return Math.max(this.#backoffUntil, this.#askedUntil);
  }

  /** By the collector's `Retry-After`: no hurry overrides it. */
  get askedUntil(): number {
    return this.#askedUntil;
  }

  /** Infinity when no batch waits. */
  nextDueAt(): number {
    return this.#batches.reduce((due, batch) => Math.min(due, batch.notBefore), Infinity);
  }

  takeDue(now: number): Batch | undefined {
    const at = this.#batches.findIndex((batch) => batch.notBefore <= now);
    return at < 0 ? undefined : this.#batches.splice(at, 1)[0];
  }

  /** Every batch; none stays. */
  takeAll(): Batch[] {
    return this.#batches.splice(0);
  }

  /** The collector answered, whatever it said. */
  answered(): void {
    this.#failuresInARow = 0;
    this.#backoffUntil = 0;
  }

  /** A request failed. `maxAskedMillis` bounds what a `Retry-After` may ask for. */
  failed(retryAfterMillis: number | undefined, flushing: boolean, maxAskedMillis: number): void {
    const now = performance.now();
    this.#failuresInARow++;
    this.#backoffUntil = now + backoffMillis(this.#failuresInARow, flushing);
    if (retryAfterMillis !== undefined) {
      this.#askedUntil = now + Math.min(retryAfterMillis, maxAskedMillis);
    }
  }

  /** Puts batches in front, to be sent next. */
  again(batches: readonly Batch[]): void {
    this.#batches.unshift(...batches);
  }

  add(batches: readonly Batch[]): void {
    this.#batches.push(...batches);
  }

  /** Somebody waits: try again now, unless the collector asked for time. */
  hurry(): void {
    this.#backoffUntil = 0;
    this.#batches = this.#batches.map((batch) => ({ ...batch, notBefore: 0 }));
  }

  /** Drops the oldest span that waits here; false when there is none. */
  dropOldestSpan(): boolean {
    const [first, ...others] = this.#batches;
    if (first === undefined) return false;
    const oldest = others.reduce((a, b) => (b.firstNumber < a.firstNumber ? b : a), first);
    const [dropped, ...spans] = oldest.spans;
    const rest =
      dropped === undefined || spans.length === 0
        ? []
        : [
            {
              ...oldest,
              spans,
              bytes: oldest.bytes - dropped.bytes,
              firstNumber: oldest.firstNumber + 1,
            },
          ];
    this.#batches = this.#batches.flatMap((batch) => (batch === oldest ? rest : [batch]));
    return true;
  }
}
