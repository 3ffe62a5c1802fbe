import type { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan } from './span-record.js';
import { settleAnswer } from './answer-settlement.js';
import type { Verdict } from './answer-verdict.js';
import { BatchSizer } from './batch-sizer.js';
import { letGo, takeBatch, type Batch } from './batch.js';
import type { DeliveryMessages } from './delivery-messages.js';
import { MAX_CONCURRENT_REQUESTS, type DeliverySettings } from './delivery-settings.js';
import type { DeliveryLedger } from './delivery-stats.js';
import { FlushWaiters } from './flush-waiters.js';
import type { PostRequest } from './post-request.js';
import { RequestsUnderWay } from './requests-under-way.js';
import { RetrySchedule } from './retry-schedule.js';
import { SpanQueue } from './span-queue.js';

export interface DispatcherOptions {
  readonly settings: DeliverySettings;
  readonly encoder: SpanEncoder;
  readonly post: PostRequest;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
  /** Takes the spans whose retry budget is over. */
  readonly giveUp: (spans: readonly EncodedSpan[]) => void;
}

/**
 * Decides which spans travel when. Batches leave by bytes, by age, or because somebody waits for a
 * flush; while the collector fails, one request at a time probes it and everything else waits.
 * Nothing here keeps the process alive except a flush.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new SpanQueue();
  readonly #schedule: RetrySchedule;
  readonly #sizer: BatchSizer;
  readonly #waiters = new FlushWaiters();
  readonly #underWay = new RequestsUnderWay();
  #timer: NodeJS.Timeout | undefined;
  #pumpIsDue = false;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#schedule = new RetrySchedule(options);
    this.#sizer = new BatchSizer(options);
  }

  get pendingSpans(): number {
    return this.#queue.length + this.#schedule.spans + this.#underWay.spans;
  }

  /** Memory that waiting spans hold, in bytes. */
  get pendingCost(): number {
    return this.#queue.cost + this.#schedule.cost + this.#underWay.cost;
  }

  /** Whether the last request failed. */
  get isFailing(): boolean {
    return this.#schedule.isFailing;
  }

  /** Bytes that the collector takes in one request, as far as is known. */
  get limitBytes(): number {
    return this.#sizer.limitBytes;
  }

  /** Takes a span; the oldest ones make room for it. */
  add(span: EncodedSpan): void {
    const wasEmpty = this.#queue.length === 0;
    this.#queue.push(span, Date.now());
    if (this.pendingCost > this.#options.settings.maxQueueBytes) this.#dropOldest();
    if (this.#queue.bytes >= this.#sizer.limitBytes) this.#pumpSoon();
    else if (wasEmpty) this.#arm();
  }

  /** Resolves when every span added so far has reached its end, or after `timeoutMillis`. */
  flush(timeoutMillis: number): Promise<void> {
    const done = this.#waiters.add(this.#queue.nextNumber, timeoutMillis);
    this.#schedule.hurry();
    this.#pump();
    this.#notify();
    return done;
  }

  /**
   * Ends all work; returns the spans that are left, oldest first, and none the second time. Those
   * under way may arrive all the same.
   */
  stop(): EncodedSpan[] {
    if (this.#stopped) return [];
    this.#stopped = true;
    clearTimeout(this.#timer);
    const batches = [...this.#underWay.abortAll(), ...this.#schedule.takeAll()].toSorted(
      (a, b) => a.firstNumber - b.firstNumber,
    );
    return [...batches.flatMap((batch) => batch.spans), ...this.#queue.takeAll()];
  }

  #dropOldest(): void {
    const { ledger, messages, settings } = this.#options;
    let dropped = 0;
    while (this.pendingCost > settings.maxQueueBytes) {
      // What waits for another try is older than the queue; what is under way can't be taken back.
      if (!this.#schedule.dropOldestSpan() && this.#queue.shift() === undefined) break;
      dropped++;
    }
    ledger.drop('queue_full', dropped);
    messages.dropped('queue_full', dropped);
    this.#notify();
  }

  /** Not at once: the caller is in the middle of ending a span. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    setImmediate(() => {
      this.#pumpIsDue = false;
      this.#pump();
    }).unref();
  }

  #pump(): void {
    if (this.#stopped) return;
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) void this.#run(batch);
    this.#arm();
  }

  #hasSlot(): boolean {
    return this.#underWay.size < (this.#schedule.isFailing ? 1 : MAX_CONCURRENT_REQUESTS);
  }

  #next(): Batch | undefined {
    const now = Date.now();
    if (!this.#hasSlot() || now < this.#schedule.closedUntil) return undefined;
    const isQueueDue = this.#queueDueAt() <= now;
    // A collector that fails may fail for one batch alone: what has never failed tells sooner.
    const retried =
      isQueueDue && this.#schedule.isFailing ? undefined : this.#schedule.takeDue(now);
    if (retried !== undefined) return retried;
    if (!isQueueDue) return undefined;
    return takeBatch(this.#queue, this.#options.encoder, this.#sizer.limitBytes);
  }

  /** Epoch milliseconds; infinity while the queue is empty. */
  #queueDueAt(): number {
    if (this.#queue.length === 0) return Number.POSITIVE_INFINITY;
    if (this.#waiters.isFlushing || this.#queue.bytes >= this.#sizer.limitBytes) return 0;
    return this.#queue.since + this.#options.settings.flushIntervalMillis;
  }

  /** Sets the timer to the next moment when something is due. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || !this.#hasSlot()) return;
    const due = Math.min(this.#queueDueAt(), this.#schedule.nextDueAt());
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(due, this.#schedule.closedUntil) - Date.now();
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, wait)).unref();
  }

  async #run(batch: Batch): Promise<void> {
    const { encoder, post } = this.#options;
    const cancellation = this.#underWay.start(batch);
    const frame = (): Uint8Array[] => encoder.frameRequest(batch.spans);
    const verdict = await post(frame, encoder.contentType, cancellation);
    // When stopped meanwhile, its spans were handed over with the others.
    if (!this.#underWay.end(batch)) return;
    this.#settle(batch, verdict);
    this.#pump();
    this.#notify();
  }

  #settle(batch: Batch, verdict: Verdict): void {
    if (verdict.kind === 'retry') {
      this.#schedule.failed(batch, verdict, this.#waiters.isFlushing);
      return;
    }
    this.#schedule.answered();
    if (verdict.kind === 'tooLarge') {
      this.#schedule.again(this.#sizer.resize(batch));
      return;
    }
    settleAnswer(batch.spans.length, verdict, this.#options.ledger, this.#options.messages);
    letGo(batch);
  }

  #notify(): void {
    if (!this.#waiters.isFlushing) return;
    const batches = [...this.#underWay.batches, ...this.#schedule.batches];
    this.#waiters.settle(
      batches.reduce(
        (oldest, batch) => Math.min(oldest, batch.firstNumber),
        this.#queue.headNumber,
      ),
    );
  }
}
