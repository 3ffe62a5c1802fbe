import type { EncodedSpan } from './span-record.js';
import type { Verdict } from './answer-verdict.js';
import { splitBatch, withoutOldestSpan, type Batch } from './batch.js';
import type { DeliveryMessages } from './delivery-messages.js';
import { DEFAULT_RETRY_BUDGET_MILLIS, type DeliverySettings } from './delivery-settings.js';
import type { DeliveryLedger } from './delivery-stats.js';
import { backoffMillis } from './retry-delay.js';

const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Some servers close the connection on a body that is too large, and their 413 is lost on the way.
 * Two resets in a row are reason enough to try with less; should they have meant something else,
 * nothing is lost by it.
 */
function isPerhapsTooLarge(batch: Batch, reason: string): boolean {
  return batch.attempts > 0 && RESETS.has(reason);
}

export interface RetryScheduleOptions {
  readonly settings: DeliverySettings;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
  /** Takes the spans whose retry budget is over. */
  readonly giveUp: (spans: readonly EncodedSpan[]) => void;
}

/**
 * Batches that wait for another try, and when the collector may be asked again at all. A batch has
 * a delay of its own, so that one which fails for its own sake doesn't stand in the others' way.
 */
export class RetrySchedule {
  readonly #budgetMillis: number;
  readonly #ledger: DeliveryLedger;
  readonly #messages: DeliveryMessages;
  readonly #giveUp: (spans: readonly EncodedSpan[]) => void;
  #batches: Batch[] = [];
  #failuresInARow = 0;
  /** Of our own accord, in epoch milliseconds. */
  #backoffUntil = 0;
  /** By the collector's `Retry-After`, in epoch milliseconds: no hurry overrides it. */
  #askedUntil = 0;

  constructor({ settings, ledger, messages, giveUp }: RetryScheduleOptions) {
    this.#budgetMillis = settings.retryBudgetMillis ?? DEFAULT_RETRY_BUDGET_MILLIS;
    this.#ledger = ledger;
    this.#messages = messages;
    this.#giveUp = giveUp;
  }

  get batches(): readonly Batch[] {
    return this.#batches;
  }

  get spans(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.spans.length, 0);
  }

  get cost(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.cost, 0);
  }

  get isFailing(): boolean {
    return this.#failuresInARow > 0;
  }

  /** Nothing is to be sent before, in epoch milliseconds. */
  get closedUntil(): number {
    return Math.max(this.#backoffUntil, this.#askedUntil);
  }

  /** Epoch milliseconds; infinity when no batch waits. */
  nextDueAt(): number {
    return this.#batches.reduce(
      (due, batch) => Math.min(due, batch.notBefore),
      Number.POSITIVE_INFINITY,
    );
  }

  takeDue(nowMillis: number): Batch | undefined {
    const at = this.#batches.findIndex((batch) => batch.notBefore <= nowMillis);
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

  /** Batches that are to be sent next. */
  again(batches: readonly Batch[]): void {
    this.#batches.unshift(...batches);
  }

  /** Puts a failed batch back, unless its time is over. */
  failed(
    batch: Batch,
    { reason, retryAfterMillis }: Extract<Verdict, { kind: 'retry' }>,
    flushing: boolean,
  ): void {
    const now = Date.now();
    this.#ledger.retries++;
    this.#messages.failing(reason);
    this.#messages.debug(`attempt ${batch.attempts + 1} of ${batch.spans.length} spans: ${reason}`);
    this.#failuresInARow++;
    this.#backoffUntil = now + backoffMillis(this.#failuresInARow, flushing);
    if (retryAfterMillis !== undefined) {
      this.#askedUntil = now + Math.min(retryAfterMillis, this.#budgetMillis);
    }
    const failingSince = batch.failingSince ?? now;
    if (now - failingSince >= this.#budgetMillis) {
      this.#giveUp(batch.spans);
      return;
    }
    const attempts = batch.attempts + 1;
    const notBefore = now + backoffMillis(attempts, flushing);
    const parts = isPerhapsTooLarge(batch, reason) ? splitBatch(batch) : [batch];
    this.#batches.push(...parts.map((part) => ({ ...part, attempts, failingSince, notBefore })));
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
    const rest = withoutOldestSpan(oldest);
    this.#batches = this.#batches.flatMap((batch) => (batch === oldest ? rest : [batch]));
    return true;
  }
}
