import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { displayUrl } from '../options/endpoint.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { describeWithheld } from '../privacy/privacy.js';
import type { FlushableProcessor, FlushDeadline } from '../processor/span-processor-fanout.js';
import { cutSpan } from './cut-span.js';
import { createScrubber, DeliveryReport, type DeliveryStats } from './delivery-stats.js';
import { classifyError, classifyResult, type ExportOutcome } from './export-outcome.js';
import { GZIP_FROM_BYTES } from './http-transport.js';
import { OtlpExporter } from './otlp-exporter.js';
import { backoffMillis, RetrySchedule } from './retry-schedule.js';
import { hasValidIds } from './serialize-spans.js';
import {
  createBatch,
  estimateBytes,
  SpanQueue,
  splitBatch,
  type Batch,
  type QueuedSpan,
} from './span-batch.js';
import { UnsentSpans, type SpoolSettings } from './unsent-spans.js';

/** Requests in flight at once. Concurrency waits, it never drops. */
const MAX_CONCURRENT_REQUESTS = 4;
/** A collector that takes less than this in one request takes nothing worth sending. */
const MIN_REQUEST_BYTES = 4 * 1024;
/** After so long without a 413, requests may grow again: the collector, or its proxy, was changed. */
const GROW_AFTER_MILLIS = 60_000;
/** Milliseconds for another try of a collector that is known to fail, once everything is on disk. */
const TRY_MILLIS = 1_000;
const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** How spans travel. The values are decided and valid. */
export interface DeliverySettings extends SpoolSettings {
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  readonly maxRequestBytes: number;
  readonly flushIntervalMillis: number;
  readonly exportTimeoutMillis: number;
  readonly shutdownTimeoutMillis: number;
  /** Milliseconds that a batch is tried for, from its first failure. Default 300,000. */
  readonly retryBudgetMillis?: number;
}

/** The batch processor of decided options; `undefined` without an endpoint. */
export function createDeliveryProcessor(resolved: ResolvedOptions): DeliveryProcessor | undefined {
  const { endpoint: url, headers, delivery, privacy } = resolved;
  if (url === undefined) return undefined;
  const exporter = new OtlpExporter({ ...resolved, ...delivery, url });
  const withheld = describeWithheld(privacy.flags, privacy.redaction);
  const report = new DeliveryReport(displayUrl(url), createScrubber(headers), withheld === '');
  // Spans of a process that withheld less, or something else, are not this one's to send.
  return new DeliveryProcessor(exporter, { ...delivery, url: url + withheld }, report);
}

interface FlushWaiter {
  /** Number of the first span that it does not wait for. */
  readonly until: number;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly done: () => void;
}

/**
 * The batch processor behind `setup()`, over any `SpanExporter`. What the stock one does not do:
 * its queue is bounded in bytes and the oldest span makes room; a failed batch is tried again with
 * backoff, one that is too large is split; every span is exported, dropped or pending, and every
 * kind of loss is logged once. Nothing here keeps the process alive except a flush.
 *
 * The spool and the last requests of a process need an exporter that can serialize, as ours does.
 */
export class DeliveryProcessor implements FlushableProcessor {
  readonly settlesInTime = true;
  readonly #exporter: SpanExporter;
  readonly #requests: OtlpExporter | undefined;
  readonly #settings: DeliverySettings;
  readonly #report: DeliveryReport;
  readonly #queue = new SpanQueue();
  readonly #schedule = new RetrySchedule();
  readonly #inFlight = new Set<Batch>();
  readonly #waiters = new Set<FlushWaiter>();
  readonly #unsent: UnsentSpans;
  readonly #maxBytes: number;
  #inFlightBytes = 0;
  #limitBytes: number;
  #lastTooLargeAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #pumpIsDue = false;
  #isStopped = false;
  #closing: Promise<void> | undefined;

  constructor(exporter: SpanExporter, settings: DeliverySettings, report: DeliveryReport) {
    this.#exporter = exporter;
    this.#settings = settings;
    this.#report = report;
    this.#maxBytes = Math.min(settings.maxBatchBytes, settings.maxRequestBytes);
    this.#limitBytes = this.#maxBytes;
    const requests = exporter instanceof OtlpExporter ? exporter : undefined;
    this.#requests = requests;
    this.#unsent = new UnsentSpans(requests, settings, report, () => this.#schedule.isFailing);
    if (requests === undefined) return;
    requests.transport.onRequest = (bodyBytes) => {
      report.counts.requests += 1;
      report.counts.bytesSent += bodyBytes;
    };
  }

  onStart(): void {}

  /** Takes a span. Never throws, never blocks, never waits. */
  onEnd(span: ReadableSpan): void {
    const report = this.#report;
    report.counts.added += 1;
    if (this.#closing !== undefined) {
      report.drop('after_shutdown', 1);
      return;
    }
    try {
      // A collector would refuse the whole request for such ids.
      if (!hasValidIds(span.spanContext())) {
        report.drop('export_error', 1);
        return;
      }
      const encoded = this.#requests?.encode(span) ?? span;
      const bytes = estimateBytes(encoded);
      if (bytes > this.#settings.maxQueueBytes) report.drop('too_large', 1);
      else this.#enqueue({ span: encoded, bytes });
    } catch (error) {
      report.fail(error, 1);
    }
  }

  /** Resolves when the end of the process can be met: to be awaited before there are spans. */
  get ready(): Promise<void> {
    return this.#requests?.ready ?? Promise.resolve();
  }

  /** Sends everything added so far. Settles within the deadline and never rejects. */
  async forceFlush(options?: FlushDeadline): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const timeoutMillis = this.#timeoutOf(options);
    if (this.#isKeptSafe) await this.#spoolAndTry(timeoutMillis);
    else await this.#flush(timeoutMillis);
  }

  /**
   * Like `forceFlush`, and the end: what is left at the deadline is spooled, or lost and counted. A
   * second call waits for the first.
   */
  shutdown(options?: FlushDeadline): Promise<void> {
    this.#closing ??= this.#close(this.#timeoutOf(options));
    return this.#closing;
  }

  /**
   * The end of the process: what is left goes to the collector from another thread, which delays the
   * exit by 2 s at most, or to the spool, or is counted. To be called when nothing asynchronous
   * happens any more. Without `sends` the network is not used. Never throws.
   */
  exitSync(sends: boolean): void {
    try {
      // A collector that has just failed would only delay the exit.
      const isWorthIt = sends && !this.#schedule.isFailing;
      const left = this.#stop();
      // Requests in flight must not arrive a second time by the old connection.
      this.#closeExporter();
      this.#unsent.exitSync(left, isWorthIt, this.#limitBytes);
    } catch (error) {
      this.#report.debug(`exit: ${String(error)}`);
    }
  }

  stats(): DeliveryStats {
    let inFlight = 0;
    for (const batch of this.#inFlight) inFlight += batch.spans.length;
    const spans = this.#queue.length + this.#schedule.spans + inFlight + this.#unsent.pendingSpans;
    return this.#report.stats(spans, this.#pendingBytes);
  }

  get #pendingBytes(): number {
    return this.#queue.bytes + this.#schedule.bytes + this.#inFlightBytes;
  }

  /** Whether spans are better written to the spool than waited for. */
  get #isKeptSafe(): boolean {
    return this.#unsent.spool !== undefined && this.#schedule.isFailing;
  }

  #timeoutOf(options: FlushDeadline | undefined): number {
    return options?.timeoutMillis ?? this.#settings.shutdownTimeoutMillis;
  }

  // Queue and batches.

  /** Takes a span; the oldest ones make room for it. */
  #enqueue(span: QueuedSpan): void {
    const wasEmpty = this.#queue.length === 0;
    this.#queue.push(span);
    if (this.#pendingBytes > this.#settings.maxQueueBytes) this.#dropOldest();
    if (this.#queue.bytes >= this.#limitBytes) this.#pumpSoon();
    else if (wasEmpty) this.#arm();
  }

  #dropOldest(): void {
    let dropped = 0;
    while (this.#pendingBytes > this.#settings.maxQueueBytes) {
      // What waits for another try is older than the queue; what is in flight cannot be taken back.
      if (!this.#schedule.dropOldest() && !this.#queue.dropOldest()) break;
      dropped++;
    }
    this.#report.drop('queue_full', dropped);
    this.#settleWaiters();
  }

  /** Not at once: the caller is in the middle of ending a span. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    // Not unref'd: an immediate that is does not wake a loop that waits for I/O.
    setImmediate(() => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isStopped) return;
    const batch = this.#next();
    if (batch === undefined) {
      this.#arm();
      return;
    }
    if (this.#requests !== undefined) {
      // Spans that come faster than they are zipped are sent as they are.
      const isFlooded = this.#queue.bytes > this.#settings.maxQueueBytes / 4;
      this.#requests.transport.gzipFromBytes = isFlooded ? Infinity : GZIP_FROM_BYTES;
    }
    void this.#run(batch);
    // Serializing a batch takes some 2 ms: one in each turn of the loop.
    if (this.#queue.length > 0 || this.#schedule.batches.length > 0) this.#pumpSoon();
  }

  /** While the collector fails, one request at a time probes it and everything else waits. */
  #hasSlot(): boolean {
    return this.#inFlight.size < (this.#schedule.isFailing ? 1 : MAX_CONCURRENT_REQUESTS);
  }

  #next(): Batch | undefined {
    const now = performance.now();
    if (!this.#hasSlot() || now < this.#schedule.closedUntil) return undefined;
    const isQueueDue = this.#queueDueAt() <= now;
    // A collector may fail for one batch alone: a batch that has never failed shows sooner.
    const isQueueFirst = isQueueDue && this.#schedule.isFailing;
    const retried = isQueueFirst ? undefined : this.#schedule.takeDue(now);
    if (retried !== undefined || !isQueueDue) return retried;
    return this.#queue.takeBatch(this.#limitBytes);
  }

  /** On the monotonic clock; infinity while the queue is empty. */
  #queueDueAt(): number {
    if (this.#queue.length === 0) return Infinity;
    if (this.#waiters.size > 0 || this.#queue.bytes >= this.#limitBytes) return 0;
    return this.#queue.since + this.#settings.flushIntervalMillis;
  }

  /** Sets the timer to the next moment when something is due. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || !this.#hasSlot()) return;
    const due = Math.min(this.#queueDueAt(), this.#schedule.nextDueAt());
    if (due === Infinity) return;
    const wait = Math.max(due, this.#schedule.closedUntil) - performance.now();
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, wait)).unref();
  }

  // Requests.

  async #run(batch: Batch): Promise<void> {
    this.#inFlight.add(batch);
    this.#inFlightBytes += batch.bytes;
    const outcome = await this.#export(batch);
    // When stopped meanwhile, its spans were handed over with the others.
    if (!this.#inFlight.delete(batch)) return;
    this.#inFlightBytes -= batch.bytes;
    this.#settle(batch, outcome);
    this.#pump();
    this.#settleWaiters();
  }

  /** One try. Never rejects, also where the exporter throws, or never calls back. */
  #export(batch: Batch): Promise<ExportOutcome> {
    const spans = batch.spans.map(({ span }) => span);
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      if (this.#requests === undefined) {
        this.#report.counts.requests += 1;
        const timeoutMillis = 2 * this.#settings.exportTimeoutMillis;
        const timeout = { kind: 'retry', reason: 'timeout', retryAfterMillis: undefined } as const;
        timer = setTimeout(() => resolve(timeout), timeoutMillis).unref();
      }
      const settle = (outcome: ExportOutcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      try {
        this.#exporter.export(spans, (result) => settle(classifyResult(result)));
      } catch (error) {
        settle(classifyError(error));
      }
    });
  }

  #settle(batch: Batch, outcome: ExportOutcome): void {
    const { length } = batch.spans;
    if (outcome.kind === 'retry') {
      this.#retry(batch, outcome.reason, outcome.retryAfterMillis);
      return;
    }
    if (outcome.kind === 'failed') {
      // One span that cannot be written costs none of the others.
      if (length > 1) this.#schedule.batches.unshift(...splitBatch(batch));
      else this.#report.fail(outcome.error, length);
      return;
    }
    this.#schedule.answered();
    if (outcome.kind === 'too_large') {
      this.#schedule.batches.unshift(...this.#resize(batch));
    } else if (outcome.kind === 'refused') {
      this.#report.refuse(length, outcome.status, outcome.message);
    } else {
      this.#report.accept(length, Math.min(length, outcome.rejected), outcome.message);
      if (performance.now() - this.#lastTooLargeAt > GROW_AFTER_MILLIS) {
        this.#limitBytes = Math.min(this.#maxBytes, this.#limitBytes * 2);
      }
    }
  }

  /** Puts a failed batch back, unless its time is over. */
  #retry(batch: Batch, reason: string, retryAfterMillis: number | undefined): void {
    const now = performance.now();
    const isFlushing = this.#waiters.size > 0;
    const budgetMillis = this.#settings.retryBudgetMillis ?? 300_000;
    const attempts = batch.attempts + 1;
    const failingSince = batch.failingSince ?? now;
    this.#report.failing(reason);
    this.#report.debug(`attempt ${attempts} of ${batch.spans.length} spans: ${reason}`);
    this.#schedule.failed(retryAfterMillis, isFlushing, budgetMillis);
    if (now - failingSince >= budgetMillis) {
      void this.#unsent.keepOrDrop(batch.spans, 'retry_budget').then(() => this.#settleWaiters());
      return;
    }
    const notBefore = now + backoffMillis(attempts, isFlushing);
    // Some servers close the connection on a body that is too large, and their 413 is lost on the
    // way. Two resets in a row are reason enough to try with less.
    const isPerhapsTooLarge = attempts > 1 && RESETS.has(reason);
    for (const part of isPerhapsTooLarge ? splitBatch(batch) : [batch]) {
      this.#schedule.batches.push(Object.assign(part, { attempts, failingSince, notBefore }));
    }
    this.#endHopelessFlushes(reason);
  }

  /** What to send instead of a batch that was too large: its halves, or its one span cut to half. */
  #resize(batch: Batch): Batch[] {
    const half = Math.floor(batch.bytes / 2);
    this.#report.counts.splits += 1;
    this.#lastTooLargeAt = performance.now();
    this.#limitBytes = Math.max(MIN_REQUEST_BYTES, Math.min(this.#limitBytes, half));
    const [first, ...others] = batch.spans;
    if (first === undefined) return [];
    if (others.length > 0) return splitBatch(batch);
    const span = half < MIN_REQUEST_BYTES ? undefined : cutSpan(first.span, half);
    if (span === undefined) {
      this.#report.drop('too_large', 1);
      return [];
    }
    if (!batch.isCut) this.#report.truncate();
    const bytes = Math.min(half, estimateBytes(span));
    return [createBatch([{ span, bytes }], batch.firstNumber, true)];
  }

  // Flush and shutdown.

  #flush(timeoutMillis: number): Promise<void> {
    const done = new Promise<void>((resolve) => {
      const waiter: FlushWaiter = {
        until: this.#queue.nextNumber,
        deadline: performance.now() + timeoutMillis,
        done: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      // Not unref'd: it is what keeps the process alive during a flush, as nothing else here does.
      const timer = setTimeout(waiter.done, timeoutMillis);
      this.#waiters.add(waiter);
    });
    this.#schedule.hurry();
    this.#pump();
    this.#settleWaiters();
    this.#endHopelessFlushes(undefined);
    return done;
  }

  /** A collector that is known to fail: everything is written first, and then one request is tried. */
  async #spoolAndTry(timeoutMillis: number): Promise<void> {
    const firstNumber = this.#oldestNumber();
    const waiting = [
      ...this.#schedule.takeAll().flatMap(({ spans }) => spans),
      ...this.#queue.takeAll(),
    ];
    const unsaved = await this.#unsent.save(waiting);
    // Stopped meanwhile: nobody comes back for them.
    if (this.#isStopped) this.#report.drop('shutdown_deadline', unsaved.length);
    else this.#putBack(unsaved, firstNumber);
    this.#settleWaiters();
    await this.#unsent.recovery?.tryNow(Math.min(timeoutMillis, TRY_MILLIS));
  }

  /** Spans that could not be written to the spool wait again, in requests of the usual size. */
  #putBack(spans: readonly QueuedSpan[], firstNumber: number): void {
    const queue = new SpanQueue();
    for (const span of spans) queue.push(span);
    let batch: Batch | undefined;
    while ((batch = queue.takeBatch(this.#limitBytes)) !== undefined) {
      this.#schedule.batches.push(createBatch(batch.spans, firstNumber));
    }
    // The timer may have run out while nothing was there.
    this.#arm();
  }

  #oldestNumber(): number {
    let oldest = this.#queue.headNumber;
    for (const batch of this.#inFlight) oldest = Math.min(oldest, batch.firstNumber);
    for (const batch of this.#schedule.batches) oldest = Math.min(oldest, batch.firstNumber);
    return oldest;
  }

  /** Every span that a waiter waits for has reached its end. */
  #settleWaiters(): void {
    if (this.#waiters.size === 0) return;
    const oldest = this.#oldestNumber();
    for (const waiter of this.#waiters) if (oldest >= waiter.until) waiter.done();
  }

  /**
   * Ends the flushes that wait for what cannot come: the collector asked for more time than they
   * have, or it is on this machine and nobody listens; with a spool, any failure does, since what is
   * left is kept.
   */
  #endHopelessFlushes(reason: string | undefined): void {
    const isAway = this.#requests?.isLoopback === true && reason === 'ECONNREFUSED';
    const isKept = this.#unsent.spool !== undefined && reason !== undefined;
    for (const waiter of this.#waiters) {
      if (isAway || isKept || this.#schedule.askedUntil > waiter.deadline) waiter.done();
    }
  }

  async #close(timeoutMillis: number): Promise<void> {
    const waits = !this.#isKeptSafe;
    await Promise.all([
      waits ? this.#flush(timeoutMillis) : undefined,
      this.#unsent.recovery?.stop(waits ? timeoutMillis : 0),
    ]);
    await this.#unsent.keepOrDrop(this.#stop(), 'shutdown_deadline');
    this.#unsent.spool?.releaseAllSync();
    this.#closeExporter();
  }

  /** Not awaited: a stock exporter waits for its requests, and the deadline is over. */
  #closeExporter(): void {
    void this.#exporter.shutdown().catch(() => undefined);
  }

  /**
   * Ends all work; returns the spans that are left, oldest first, and none the second time. Those in
   * flight may arrive all the same.
   */
  #stop(): QueuedSpan[] {
    if (this.#isStopped) return [];
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const batches = [...this.#inFlight, ...this.#schedule.takeAll()].toSorted(
      (a, b) => a.firstNumber - b.firstNumber,
    );
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
    return [...batches.flatMap((batch) => batch.spans), ...this.#queue.takeAll()];
  }
}
