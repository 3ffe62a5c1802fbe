import type { DeliveryReport, LossReason } from './delivery-stats.js';
import { sendAtExit } from './exit-requests.js';
import type { OtlpExporter } from './otlp-exporter.js';
import type { QueuedSpan } from './span-batch.js';
import { joinRequests, SpoolRecovery } from './spool-recovery.js';
import { Spool, type SpooledRequest } from './spool.js';

const MAX_SPOOLED_REQUEST_BYTES = 256 * 1024;

export interface SpoolSettings {
  /** Names the collector in the spool: only the one that spans were meant for gets them. */
  readonly url: string;
  /** `undefined` when nothing is to be written to disk. */
  readonly spoolDirectory: string | undefined;
  /** Bytes that the spool directory may use, of all processes together. Default 64 MiB. */
  readonly maxSpoolBytes?: number;
  /** Milliseconds after which spooled spans are no longer worth sending. Default 24 hours. */
  readonly maxSpoolAgeMillis?: number;
}

/** A span as a request of one span. */
interface SpanRequest {
  readonly span: QueuedSpan;
  readonly body: Uint8Array;
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
  /** `undefined` when the exporter cannot serialize: then spans that cannot be sent are dropped. */
  readonly #exporter: OtlpExporter | undefined;
  readonly #report: DeliveryReport;
  /** `undefined` when nothing is to be written to disk. */
  readonly spool: Spool | undefined;
  readonly recovery: SpoolRecovery | undefined;
  /** Requests that are being written to the spool. */
  readonly #saving = new Set<FramedRequest>();

  constructor(
    exporter: OtlpExporter | undefined,
    settings: SpoolSettings,
    report: DeliveryReport,
    isFailing: () => boolean,
  ) {
    this.#exporter = exporter;
    this.#report = report;
    const { spoolDirectory: directory, url, maxSpoolBytes, maxSpoolAgeMillis } = settings;
    if (exporter === undefined || directory === undefined) return;
    this.spool = new Spool({
      directory,
      url,
      maxBytes: maxSpoolBytes ?? 64 * 1024 * 1024,
      maxAgeMillis: maxSpoolAgeMillis ?? 24 * 60 * 60 * 1000,
      onLost: (reason, spans) => report.loseSpooled(reason, spans),
    });
    this.recovery = new SpoolRecovery(this.spool, exporter, report, isFailing);
  }

  /** Spans that are being written to the spool. */
  get pendingSpans(): number {
    let spans = 0;
    for (const request of this.#saving) spans += request.spans;
    return spans;
  }

  /** Puts spans into the spool; without one, or where it fails, they are lost. */
  async keepOrDrop(spans: readonly QueuedSpan[], reason: LossReason): Promise<void> {
    const lost = this.spool === undefined ? spans : await this.save(spans);
    this.#report.drop(reason, lost.length);
  }

  /** Puts spans into the spool; returns those that could not be written. */
  async save(spans: readonly QueuedSpan[]): Promise<QueuedSpan[]> {
    const requests = this.#frame(this.#serialize(spans));
    for (const request of requests) this.#saving.add(request);
    for (const request of requests) {
      try {
        await this.spool?.save(request);
        // False when the exit of the process has written it meanwhile: a second copy, at least once.
        if (this.#saving.delete(request)) this.#report.counts.spooled += request.spans;
      } catch (error) {
        this.#report.spoolFailed(error);
      }
    }
    // Until here the exit finds those that failed too.
    return requests.filter((each) => this.#saving.delete(each)).flatMap(({ queued }) => queued);
  }

  /**
   * The last moment of the process: nothing asynchronous happens any more. `left` goes to the
   * collector, which delays the exit by 2 s at most, else to the spool, else it is counted.
   */
  exitSync(left: readonly QueuedSpan[], sends: boolean, maxRequestBytes: number): void {
    for (const request of this.#saving) this.#saveSync(request);
    this.#saving.clear();
    this.spool?.releaseAllSync();
    // Another thread cannot dig a tunnel.
    const exporter = sends && !this.#exporter?.transport.isTunnelled ? this.#exporter : undefined;
    if (exporter === undefined && this.spool === undefined) {
      this.#report.drop('process_exit', left.length);
      return;
    }
    if (left.length === 0) return;
    let rest = this.#serialize(left);
    if (exporter !== undefined) {
      const bodies = batchesOf(rest, maxRequestBytes).map((batch) => batch.map(({ body }) => body));
      rest = rest.slice(sendAtExit(exporter, bodies, this.#report));
    }
    if (this.spool === undefined) this.#report.drop('process_exit', rest.length);
    else for (const request of this.#frame(rest)) this.#saveSync(request);
  }

  #saveSync(request: SpooledRequest): void {
    try {
      this.spool?.saveSync(request);
      this.#report.counts.spooled += request.spans;
    } catch (error) {
      this.#report.spoolFailed(error);
      this.#report.drop('process_exit', request.spans);
    }
  }

  /**
   * Each span as a request: several of them are one again, and another process can split what the
   * collector finds too large. A span that cannot be written costs no other.
   */
  #serialize(spans: readonly QueuedSpan[]): SpanRequest[] {
    const requests: SpanRequest[] = [];
    for (const span of spans) {
      try {
        const body = this.#exporter?.serialize([span.span]);
        // A copy in a shared block: what was serialized has room for more.
        if (body !== undefined) requests.push({ span, body: Buffer.from(body) });
      } catch (error) {
        this.#report.fail(error, 1);
      }
    }
    return requests;
  }

  /** Requests for the spool. */
  #frame(requests: readonly SpanRequest[]): FramedRequest[] {
    const contentType = this.#exporter?.contentType ?? '';
    return batchesOf(requests, MAX_SPOOLED_REQUEST_BYTES).map((batch) => {
      const bodies = batch.map(({ body }) => body);
      return {
        contentType,
        spans: batch.length,
        body: joinRequests(contentType, bodies),
        queued: batch.map(({ span }) => span),
      };
    });
  }
}

/** In the order they come, at most so many bytes each; one request may have more. */
function batchesOf(requests: readonly SpanRequest[], maxBytes: number): SpanRequest[][] {
  const batches: SpanRequest[][] = [];
  let room = 0;
  for (const request of requests) {
    if (request.body.length > room) {
      batches.push([]);
      room = maxBytes;
    }
    batches.at(-1)?.push(request);
    room -= request.body.length;
  }
  return batches;
}
