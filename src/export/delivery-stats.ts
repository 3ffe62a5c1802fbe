import { asPrintable, DIAGNOSTICS, type Diagnostics } from '../diagnostics.js';

/** Why a span was not delivered. */
export type DropReason =
  /** `maxQueueBytes` was full: the oldest went. */
  | 'queue_full'
  /** The collector refused it: a status that never succeeds, a redirect, or a partial success. */
  | 'rejected'
  /** It is larger than anything the collector takes, also after it was cut. */
  | 'too_large'
  /** The collector failed for longer than the retry budget. */
  | 'retry_budget'
  /** The deadline of `shutdown()` came first, and there is no spool that took it. */
  | 'shutdown_deadline'
  /** The process exited first, and neither the last resort nor a spool took it. */
  | 'process_exit'
  /** It ended after `shutdown()`. */
  | 'after_shutdown'
  /** Writing it as a request threw, or its ids are malformed. */
  | 'export_error';

/** What delivery has done since it was created. Every added span is exported, dropped or pending. */
export interface DeliveryStats {
  /** Spans handed over by this process. */
  readonly added: number;
  /** Spans that the collector accepted. */
  readonly exported: number;
  /** Spans lost, of all reasons. */
  readonly dropped: number;
  /** The same, by reason. */
  readonly droppedByReason: Readonly<Record<DropReason, number>>;
  /** Spans waiting in memory or in a request. */
  readonly pendingSpans: number;
  /** Bytes of the pending spans. */
  readonly pendingBytes: number;
  /** Spans written to the spool for the next process. */
  readonly spooled: number;
  /** Spans of earlier processes that were sent from the spool. */
  readonly recovered: number;
  /** Spans of earlier processes dropped from the spool: too old, no room, damaged, refused. */
  readonly spoolDropped: number;
  /** Spans that lost content to fit the collector's limit. */
  readonly truncated: number;
  /** Requests made, retries included. */
  readonly requests: number;
  /** Requests that failed in a way that may pass. */
  readonly retries: number;
  /** Requests that the collector found too large. */
  readonly splits: number;
  /** Bytes of request bodies as sent, of all requests. */
  readonly bytesSent: number;
}

/** What `forceFlush()` and `shutdown()` resolve with: totals since delivery was created. */
export interface DeliveryResult {
  /** Spans that the collector took. */
  readonly exported: number;
  /** Spans that are lost. */
  readonly dropped: number;
  /** Spans that are neither: still in memory, or in the spool for the next process. */
  readonly pending: number;
}

/** The same numbers while they are counted. */
export type DeliveryCounts = {
  -readonly [Key in Exclude<keyof DeliveryStats, 'droppedByReason'>]: DeliveryStats[Key];
} & { readonly droppedByReason: Record<DropReason, number> };

/** The counts of a delivery that has done nothing yet. */
export function emptyStats(): DeliveryCounts {
  return {
    added: 0,
    exported: 0,
    dropped: 0,
    droppedByReason: {
      queue_full: 0,
      rejected: 0,
      too_large: 0,
      retry_budget: 0,
      shutdown_deadline: 0,
      process_exit: 0,
      after_shutdown: 0,
      export_error: 0,
    },
    pendingSpans: 0,
    pendingBytes: 0,
    spooled: 0,
    recovered: 0,
    spoolDropped: 0,
    truncated: 0,
    requests: 0,
    retries: 0,
    splits: 0,
    bytesSent: 0,
  };
}

/** Why spans are dropped on this side. */
export type LossReason = Exclude<DropReason, 'rejected'>;

const REFUSAL_HINTS: Readonly<Record<number, string>> = {
  401: ' Check the token.',
  403: ' Check what the token may do.',
  404: ' Check the endpoint: it is the base URL, /v1/traces is appended.',
  415: ' Check the protocol option.',
};

const DROP_TEXTS: Readonly<Record<LossReason, string>> = {
  queue_full:
    'More spans wait for the collector than delivery.maxQueueBytes allows; the oldest are dropped.',
  too_large: 'A span is larger than anything the collector takes, even when cut; it is dropped.',
  retry_budget: 'The collector has failed for too long; spans that waited for it are dropped.',
  shutdown_deadline:
    'Not every span could be delivered before the deadline of shutdown(); the rest is dropped.',
  process_exit:
    'The process exited before every span could be delivered; the rest is dropped. Await shutdown() before exit.',
  after_shutdown: 'Spans that end after shutdown() are dropped.',
  export_error: 'Spans could not be written as a request; they are dropped.',
};

/** Counts what delivery does, and warns the user of each kind of loss and failure once. */
export class DeliveryReport {
  readonly counts: DeliveryCounts = emptyStats();
  readonly #collector: string;
  readonly #scrub: (text: string) => string;
  readonly #quotesCollector: boolean;
  readonly #diagnostics: Diagnostics;

  /**
   * `shownUrl` and what `scrub` lets through have no secret in them. A collector may quote what it
   * was sent, so its answer is only shown when `quotesCollector` is true.
   */
  constructor(
    shownUrl: string,
    scrub: (text: string) => string,
    quotesCollector: boolean = true,
    diagnostics: Diagnostics = DIAGNOSTICS,
  ) {
    this.#collector = `The collector at ${shownUrl}`;
    this.#scrub = scrub;
    this.#quotesCollector = quotesCollector;
    this.#diagnostics = diagnostics;
  }

  stats(pendingSpans: number, pendingBytes: number): DeliveryStats {
    const droppedByReason = { ...this.counts.droppedByReason };
    const dropped = Object.values(droppedByReason).reduce((sum, count) => sum + count, 0);
    return { ...this.counts, dropped, droppedByReason, pendingSpans, pendingBytes };
  }

  drop(reason: LossReason, spans: number): void {
    if (spans === 0) return;
    this.counts.droppedByReason[reason] += spans;
    this.#warnOnce(`dropped_${reason}`, DROP_TEXTS[reason]);
    this.debug(`dropped ${spans} spans: ${reason}`);
  }

  /** Spans that no request can be made of, by an exception on this side: no collector is to blame. */
  fail(error: unknown, spans: number): void {
    this.counts.droppedByReason.export_error += spans;
    this.#warnOnce(
      'export_error',
      `A request could not be made (${this.#scrub(nameOf(error))}): this is a fault of tracing and not of the collector. Its spans are dropped.`,
    );
  }

  failing(reason: string): void {
    this.counts.retries += 1;
    this.#warnOnce(
      'failing',
      `${this.#collector} does not take spans (${this.#scrub(reason)}). They are kept and sent again.`,
    );
  }

  /** `spans` is 0 for those of the spool, which are counted elsewhere. */
  refuse(spans: number, status: number, message: string): void {
    this.counts.droppedByReason.rejected += spans;
    this.#warnOnce(
      `refused_${status}`,
      `${this.#collector} refused spans with status ${status}; they are dropped.${REFUSAL_HINTS[status] ?? ''}${this.#quoted(message)}`,
    );
  }

  accept(spans: number, rejected: number, message: string): void {
    this.counts.exported += spans - rejected;
    this.counts.droppedByReason.rejected += rejected;
    if (rejected > 0) this.partlyRejected(rejected, message);
    else if (message !== '') {
      this.#warnOnce(
        'collector_warning',
        `${this.#collector} took the spans with a warning.${this.#quoted(message)}`,
      );
    }
  }

  /** Says that spans of a request were rejected, and counts none. */
  partlyRejected(spans: number, message: string): void {
    this.#warnOnce(
      'partly_rejected',
      `${this.#collector} took a request but not ${spans} of its spans.${this.#quoted(message)}`,
    );
  }

  truncate(): void {
    this.counts.truncated += 1;
    this.#warnOnce(
      'truncated',
      'A span is larger than the collector takes; its oldest messages and longest texts are cut.',
    );
  }

  spoolFailed(error: unknown): void {
    const code = Reflect.get(Object(error), 'code') ?? error;
    this.#warnOnce(
      'spool_failed',
      `The spool directory cannot be written (${this.#scrub(String(code))}).`,
    );
  }

  loseSpooled(reason: string, spans: number): void {
    this.counts.spoolDropped += spans;
    this.#warnOnce(
      `spool_lost_${reason}`,
      `Spooled spans of an earlier process were dropped: ${reason}.`,
    );
    this.debug(`spool: ${spans} spans dropped, ${reason}`);
  }

  debug(text: string): void {
    this.#diagnostics.debug(this.#scrub(text));
  }

  #warnOnce(code: string, text: string): void {
    this.#diagnostics.warnOnce(`delivery_${code}`, text);
  }

  #quoted(message: string): string {
    return message === '' || !this.#quotesCollector ? '' : ` It says: ${this.#scrub(message)}`;
  }
}

function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  return `${String(Reflect.get(error, 'name'))}: ${String(Reflect.get(error, 'message'))}`;
}

/**
 * Makes one short line of a collector's message, without any header value: servers like to repeat the
 * token that they refuse.
 */
export function createScrubber(
  headers: Readonly<Record<string, string>>,
): (text: string) => string {
  const secrets = Object.values(headers)
    // Also the bare token of `Bearer <token>`.
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((secret) => secret.length >= 4 && !/^(basic|bearer)$/i.test(secret))
    .toSorted((a, b) => b.length - a.length);
  return (text) =>
    asPrintable(
      secrets.reduce(
        (shown, secret) => shown.replaceAll(secret, '[redacted]'),
        text.slice(0, 4096),
      ),
      200,
    );
}
