import type { DeliveryMessages } from './delivery-messages.js';
import type { DeliveryCounts, DropReason } from './delivery-stats.js';
import { sendAtExit } from './exit-requests.js';
import type { ExitTarget, RequestExporter } from './otlp-exporter.js';
import { joinRequests } from './otlp-request.js';
import type { QueuedSpan } from './span-batch.js';
import { SpoolRecovery } from './spool-recovery.js';
import { Spool, type SpooledRequest } from './spool.js';

const MAX_SPOOLED_REQUEST_BYTES = 256 * 1024;
/** Milliseconds that an exit may be held up for; it is a `process.exit()` that somebody waits for. */
const EXIT_MILLIS = 2_000;

export interface SpoolSettings {
  /** Names the collector in the spool: only the one that spans were meant for gets them. */
  readonly url: string;
  /** `undefined` when nothing is to be written to disk. */
  readonly spoolDirectory: string | undefined;
  /** Bytes that the spool directory may hold, of all processes together. Default 64 MiB. */
  readonly maxSpoolBytes?: number;
  /** Milliseconds after which spooled spans are no longer worth sending. Default 24 hours. */
  readonly maxSpoolAgeMillis?: number;
}

type LossReason = Exclude<DropReason, 'rejected'>;

export interface UnsentSpansOptions {
  /** `undefined` when the exporter cannot serialize: then spans that cannot be sent are dropped. */
  readonly exporter: RequestExporter | undefined;
  readonly settings: SpoolSettings;
  readonly counts: DeliveryCounts;
  readonly messages: DeliveryMessages;
  /** Whether the collector fails, by what the live spans have met. */
  readonly isFailing: () => boolean;
}

/** A span as a request of its own. */
interface SpanRequest {
  readonly span: QueuedSpan;
  readonly body: Uint8Array;
  readonly bytes: number;
}

/** A request of several spans, for the spool. */
interface FramedRequest extends SpooledRequest {
  readonly queued: readonly QueuedSpan[];
}

/**
 * What becomes of spans that the batch processor cannot send: they go to the spool, to the collector
 * from another thread while the process exits, or they are counted as lost and said.
 */
export class UnsentSpans {
  readonly #options: UnsentSpansOptions;
  readonly #spool: Spool | undefined;
  readonly #recovery: SpoolRecovery | undefined;
  /** Requests that are being written to the spool. */
  readonly #saving = new Set<FramedRequest>();
  /** Requests in the spool that this process has written. */
  readonly #ownKeys = new Set<string>();

  constructor(options: UnsentSpansOptions) {
    this.#options = options;
    const { exporter, settings } = options;
    const { spoolDirectory: directory, url, maxSpoolBytes, maxSpoolAgeMillis } = settings;
    if (exporter === undefined || directory === undefined) return;
    this.#spool = new Spool({
      directory,
      url,
      maxBytes: maxSpoolBytes ?? 64 * 1024 * 1024,
      maxAgeMillis: maxSpoolAgeMillis ?? 24 * 60 * 60 * 1000,
      onLost: (reason, spans) => this.#loseSpooled(reason, spans),
    });
    this.#recovery = this.#recover(this.#spool, exporter);
  }

  get hasSpool(): boolean {
    return this.#spool !== undefined;
  }

  /** Spans that are being written to the spool. */
  get pendingSpans(): number {
    let spans = 0;
    for (const request of this.#saving) spans += request.spans;
    return spans;
  }

  /** Puts spans into the spool; without one, or where it fails, they are lost. */
  async keepOrDrop(spans: readonly QueuedSpan[], reason: LossReason): Promise<void> {
    if (this.#spool === undefined) {
      this.drop(reason, spans.length);
      return;
    }
    this.drop(reason, (await this.save(spans)).length);
  }

  /** Puts spans into the spool; returns those that could not be written. */
  async save(spans: readonly QueuedSpan[]): Promise<readonly QueuedSpan[]> {
    const { counts, messages } = this.#options;
    const requests = this.#frame(this.#serialize(spans));
    const failed: QueuedSpan[] = [];
    for (const request of requests) this.#saving.add(request);
    for (const request of requests) {
      try {
        const key = await this.#spool?.save(request);
        // The exit of the process has written it meanwhile: a second copy, at least once.
        if (!this.#saving.has(request)) continue;
        counts.spooled += request.spans;
        if (key !== undefined) this.#ownKeys.add(key);
      } catch (error) {
        messages.spoolFailed(error);
        failed.push(...request.queued);
      }
      this.#saving.delete(request);
    }
    return failed;
  }

  /** Tries to send what is in the spool, also to a collector that is known to fail. */
  async tryNow(timeoutMillis: number): Promise<void> {
    await this.#recovery?.tryNow(timeoutMillis);
  }

  /** Ends the work on the spool. A request in flight has `timeoutMillis` to be answered. */
  async stop(timeoutMillis: number): Promise<void> {
    await this.#recovery?.stop(timeoutMillis);
  }

  /** Leaves the requests that this process has claimed to the next one. */
  releaseClaims(): void {
    this.#spool?.releaseAllSync();
  }

  /**
   * The last moment of the process: nothing asynchronous happens any more. `left` goes to the
   * collector, which holds the exit up for 2 s at most, else to the spool, else it is counted.
   */
  exitSync(left: readonly QueuedSpan[], sends: boolean, maxRequestBytes: number): void {
    for (const request of this.#saving) this.#saveSync(request);
    this.#saving.clear();
    this.releaseClaims();
    if (left.length === 0) return;
    const target = sends ? this.#options.exporter?.exitTarget : undefined;
    if (target === undefined && this.#spool === undefined) {
      this.drop('process_exit', left.length);
      return;
    }
    const requests = this.#serialize(left);
    const rest = target === undefined ? requests : this.#send(requests, target, maxRequestBytes);
    if (this.#spool === undefined) this.drop('process_exit', rest.length);
    else for (const request of this.#frame(rest)) this.#saveSync(request);
  }

  /** Counts spans as lost, and says so. */
  drop(reason: LossReason, spans: number): void {
    if (spans === 0) return;
    this.#options.counts.drop(reason, spans);
    this.#options.messages.dropped(reason, spans);
  }

  /** Counts spans of which no request can be made. */
  fail(error: unknown, spans: number): void {
    this.#options.counts.drop('export_error', spans);
    this.#options.messages.failed(error);
  }

  /** Sends from another thread; returns what the collector has not settled. */
  #send(
    requests: readonly SpanRequest[],
    target: ExitTarget,
    maxRequestBytes: number,
  ): readonly SpanRequest[] {
    const { counts, messages, exporter } = this.#options;
    const batches = batchesOf(requests, maxRequestBytes).map((batch) =>
      batch.map(({ body }) => body),
    );
    const result = sendAtExit(target, exporter?.contentType ?? '', batches, EXIT_MILLIS);
    counts.requests += result.requests;
    counts.bytesSent += result.sentBytes;
    counts.exported += result.accepted;
    counts.drop('rejected', result.rejected);
    if (result.rejected > 0) messages.refused(result.status, '');
    this.drop('too_large', result.tooLarge);
    return requests.slice(result.accepted + result.rejected + result.tooLarge);
  }

  #saveSync(request: SpooledRequest): void {
    const { counts, messages } = this.#options;
    try {
      this.#spool?.saveSync(request);
      counts.spooled += request.spans;
    } catch (error) {
      messages.spoolFailed(error);
      this.drop('process_exit', request.spans);
    }
  }

  /**
   * Each span as a request of its own: several of them are one again, and another process can split
   * what the collector finds too large. A span that cannot be written costs no other.
   */
  #serialize(spans: readonly QueuedSpan[]): SpanRequest[] {
    const { exporter } = this.#options;
    if (exporter === undefined) return [];
    return spans.flatMap((span) => {
      try {
        const body = exporter.serialize([span.span]);
        return [{ span, body, bytes: body.length }];
      } catch (error) {
        this.fail(error, 1);
        return [];
      }
    });
  }

  /** Requests for the spool. */
  #frame(requests: readonly SpanRequest[]): FramedRequest[] {
    const contentType = this.#options.exporter?.contentType ?? '';
    return batchesOf(requests, MAX_SPOOLED_REQUEST_BYTES).map((batch) => ({
      contentType,
      spans: batch.length,
      body: joinRequests(
        contentType,
        batch.map(({ body }) => body),
      ),
      queued: batch.map(({ span }) => span),
    }));
  }

  #recover(spool: Spool, exporter: RequestExporter): SpoolRecovery {
    const { counts, messages, isFailing } = this.#options;
    return new SpoolRecovery({
      spool,
      send: (body, contentType) => exporter.send(body, contentType),
      isFailing,
      onRecovered: (spans, key) => {
        if (this.#ownKeys.has(key)) {
          counts.spooled -= spans;
          counts.exported += spans;
        } else counts.recovered += spans;
      },
      onRefused: (outcome, spans) => {
        if (outcome.kind === 'refused') messages.refused(outcome.status, outcome.message);
        else if (outcome.kind === 'accepted') messages.partlyRejected(spans, outcome.message);
        this.#loseSpooled(
          outcome.kind === 'too_large' ? 'too large for the collector' : 'refused by the collector',
          spans,
        );
      },
      debug: (text) => messages.debug(text),
    });
  }

  #loseSpooled(reason: string, spans: number): void {
    this.#options.counts.spoolDropped += spans;
    this.#options.messages.spoolLost(reason, spans);
  }
}

/** In the order they come, at most so many bytes each; one item may have more. */
function batchesOf<Item extends { readonly bytes: number }>(
  items: readonly Item[],
  maxBytes: number,
): (readonly Item[])[] {
  const batches: Item[][] = [];
  let room = 0;
  for (const item of items) {
    if (item.bytes > room) {
      batches.push([]);
      room = maxBytes;
    }
    batches.at(-1)?.push(item);
    room -= item.bytes;
  }
  return batches;
}
