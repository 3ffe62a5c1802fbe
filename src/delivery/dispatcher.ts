import type { SpanEncoder } from '../encoding/span-encoder.js';
import type { EncodedSpan } from '../encoding/span-record.js';
import type { Verdict } from './answer-verdict.js';
import type { Attempt } from './attempt.js';
import { BatchSizer } from './batch-sizer.js';
import { takeBatch, type Batch } from './batch.js';
import type { DeliveryMessages } from './delivery-messages.js';
import { MAX_CONCURRENT_REQUESTS, type DeliverySettings } from './delivery-settings.js';
import type { DeliveryLedger } from './delivery-stats.js';
import { FlushWaiters } from './flush-waiters.js';
import { RetrySchedule } from './retry-schedule.js';
import { SpanQueue } from './span-queue.js';

export interface DispatcherOptions {
  readonly settings: DeliverySettings;
  readonly encoder: SpanEncoder;
  readonly attempt: Attempt;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
  /** Told whether requests under way must keep the process alive. */
  readonly hold: (on: boolean) => void;
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
  readonly #waiters: FlushWaiters;
  readonly #underWay = new Map<Batch, AbortController>();
  #underWayCost = 0;
  #timer: NodeJS.Timeout | undefined;
  #pumpIsDue = false;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#schedule = new RetrySchedule(options.settings, options.ledger, options.messages);
    this.#sizer = new BatchSizer(options);
    this.#waiters = new FlushWaiters(options.hold);
  }

  get pendingSpans(): number {
    let spans = this.#queue.length + this.#schedule.spans;
    for (const batch of this.#underWay.keys()) spans += batch.spans.length;
    return spans;
  }

  /** Memory that waiting spans hold, in bytes. */
  get pendingCost(): number {
    return this.#queue.cost + this.#schedule.cost + this.#underWayCost;
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
  async flush(timeoutMillis: number): Promise<void> {
    const done = this.#waiters.add(this.#queue.nextNumber, timeoutMillis);
    this.#schedule.hurry();
    this.#pump();
    this.#notify();
    await done;
  }

  /** Ends all work; returns the spans that are left, oldest first. */
  stop(): EncodedSpan[] {
    const left = this.peekAll();
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const controller of this.#underWay.values()) controller.abort();
    this.#underWay.clear();
    return left;
  }

  /** Every span that has not reached its end, oldest first. Those under way may arrive all the same. */
  peekAll(): EncodedSpan[] {
    const batches = [...this.#underWay.keys(), ...this.#schedule.batches].toSorted(
      (a, b) => a.firstNumber - b.firstNumber,
    );
    return [...batches.flatMap((batch) => batch.spans), ...this.#queue.toArray()];
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
    const retried = this.#schedule.takeDue(now);
    if (retried !== undefined) return retried;
    if (this.#queueDueAt() > now) return undefined;
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
    const controller = new AbortController();
    this.#underWay.set(batch, controller);
    this.#underWayCost += batch.cost;
    const verdict = await this.#options.attempt(batch, controller.signal);
    this.#underWayCost -= batch.cost;
    // When stopped meanwhile, its spans were handed over with the others.
    if (this.#stopped) return;
    this.#underWay.delete(batch);
    this.#settle(batch, verdict);
    this.#pump();
    this.#notify();
  }

  #settle(batch: Batch, verdict: Verdict): void {
    const { ledger, messages } = this.#options;
    if (verdict.kind === 'retry') {
      this.#schedule.failed(batch, verdict, this.#waiters.isFlushing);
      return;
    }
    this.#schedule.answered();
    const spans = batch.spans.length;
    if (verdict.kind === 'tooLarge') {
      this.#schedule.again(this.#sizer.resize(batch));
    } else if (verdict.kind === 'refused') {
      ledger.drop('rejected', spans);
      messages.refused(verdict.status, verdict.words);
    } else {
      const rejected = Math.min(spans, verdict.rejected);
      ledger.exported += spans - rejected;
      ledger.drop('rejected', rejected);
      if (rejected > 0) messages.partlyRejected(rejected, verdict.words);
      else if (verdict.words !== '') messages.warned(verdict.words);
    }
  }

  #notify(): void {
    const batches = [...this.#underWay.keys(), ...this.#schedule.batches];
    this.#waiters.settle(
      batches.reduce(
        (oldest, batch) => Math.min(oldest, batch.firstNumber),
        this.#queue.headNumber,
      ),
    );
  }
}
