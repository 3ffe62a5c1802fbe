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
  /** Spans waiting in memory or under way. */
  readonly pendingSpans: number;
  /** Bytes that these hold. */
  readonly pendingBytes: number;
  /** Spans written to the spool for the next process. */
  readonly spooled: number;
  /** Spans of earlier processes that were sent from the spool. */
  readonly recovered: number;
  /** Spans of earlier processes that were given up in the spool: too old, no room, damaged, refused. */
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

/** What `forceFlush()` and `shutdown()` come to: totals since delivery was created. */
export interface DeliveryResult {
  /** Spans that the collector took. */
  readonly exported: number;
  /** Spans that were given up. */
  readonly dropped: number;
  /** Spans that are neither: still in memory, or in the spool for the next process. */
  readonly pending: number;
}

const NO_DROPS: Readonly<Record<DropReason, number>> = {
  queue_full: 0,
  rejected: 0,
  too_large: 0,
  retry_budget: 0,
  shutdown_deadline: 0,
  process_exit: 0,
  after_shutdown: 0,
  export_error: 0,
};

/** Counters of one delivery, the one owner of its numbers. */
export class DeliveryCounts {
  added = 0;
  exported = 0;
  spooled = 0;
  recovered = 0;
  spoolDropped = 0;
  truncated = 0;
  requests = 0;
  retries = 0;
  splits = 0;
  bytesSent = 0;
  /** The same, by reason. */
  readonly droppedByReason: Record<DropReason, number> = { ...NO_DROPS };

  get dropped(): number {
    return Object.values(this.droppedByReason).reduce((sum, count) => sum + count, 0);
  }

  drop(reason: DropReason, spans: number): void {
    this.droppedByReason[reason] += spans;
  }

  stats(pendingSpans: number, pendingBytes: number): DeliveryStats {
    return {
      added: this.added,
      exported: this.exported,
      dropped: this.dropped,
      droppedByReason: { ...this.droppedByReason },
      pendingSpans,
      pendingBytes,
      spooled: this.spooled,
      recovered: this.recovered,
      spoolDropped: this.spoolDropped,
      truncated: this.truncated,
      requests: this.requests,
      retries: this.retries,
      splits: this.splits,
      bytesSent: this.bytesSent,
    };
  }
}
