import type { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan } from './span-record.js';
import { createCollector, type Collector } from './collector.js';
import type { DeliveryDiagnostics, DeliverySettings } from './delivery-settings.js';
import { DeliveryLedger, type DeliveryResult, type DeliveryStats } from './delivery-stats.js';
import { Dispatcher } from './dispatcher.js';
import { sendAtExit } from './last-resort.js';
import { keepOrDrop, type LeftoversOptions } from './leftovers.js';
import { createPostRequest } from './post-request.js';
import { spanCost } from './span-queue.js';
import { SpoolRecovery } from './spool-recovery.js';
import { openSpool } from './spool.js';

export interface DeliveryTimeout {
  /** Milliseconds after which the result is given, whatever the collector does. Default `shutdownTimeoutMillis`. */
  readonly timeoutMillis?: number;
}

/** Brings encoded spans to the collector, or counts them as lost and says why. */
export interface Delivery {
  /** Takes a span. Never throws, never blocks, never waits. */
  add(span: EncodedSpan): void;
  /** Sends everything added so far now. Never rejects. */
  forceFlush(options?: DeliveryTimeout): Promise<DeliveryResult>;
  /**
   * Like `forceFlush`, and the end: what is left at the deadline is spooled, or lost and counted. A
   * second call waits for the first.
   */
  shutdown(options?: DeliveryTimeout): Promise<DeliveryResult>;
  /**
   * The last resort while the process exits: blocks for up to 2 s to send what is left from another
   * thread, or spools it. To be called at `exit` and nowhere else. Never throws.
   */
  exitSync(): void;
  stats(): DeliveryStats;
}

/** Opens a delivery to one collector. Without a spool nothing is sent, and no timer runs, before there is a span. */
export function createDelivery(
  settings: DeliverySettings,
  encoder: SpanEncoder,
  diagnostics: DeliveryDiagnostics,
  collector: Collector = createCollector(settings, diagnostics),
): Delivery {
  const { client, messages } = collector;
  const ledger = new DeliveryLedger();
  const post = createPostRequest(collector, ledger);
  const spool = openSpool(settings, (reason) => messages.spoolLost(reason));
  const leftovers: LeftoversOptions = { encoder, spool, ledger, messages };
  const dispatcher = new Dispatcher({
    settings,
    encoder,
    post,
    ledger,
    messages,
    giveUp: (spans) => keepOrDrop(spans, 'retry_budget', leftovers),
  });
  const isFailing = (): boolean => dispatcher.isFailing;
  const recovery = spool && new SpoolRecovery({ spool, post, ledger, messages, isFailing });
  let closing: Promise<DeliveryResult> | undefined;

  function result(): DeliveryResult {
    const { exported, dropped } = ledger;
    return { exported, dropped, pending: ledger.added - exported - dropped };
  }

  function lose(reason: 'too_large' | 'after_shutdown'): void {
    ledger.drop(reason, 1);
    messages.dropped(reason, 1);
  }

  async function flush(timeoutMillis = settings.shutdownTimeoutMillis): Promise<DeliveryResult> {
    await dispatcher.flush(timeoutMillis);
    return result();
  }

  async function close(timeoutMillis = settings.shutdownTimeoutMillis): Promise<DeliveryResult> {
    await Promise.all([dispatcher.flush(timeoutMillis), recovery?.stop(timeoutMillis)]);
    keepOrDrop(dispatcher.stop(), 'shutdown_deadline', leftovers);
    client.close();
    return result();
  }

  function sendLast(): void {
    const { isFailing: failing, limitBytes } = dispatcher;
    const left = dispatcher.stop();
    if (left.length === 0) return;
    // A collector that has just failed would only hold the exit up.
    const sent = failing ? 0 : sendAtExit(left, limitBytes, encoder, collector);
    ledger.exported += sent;
    keepOrDrop(left.slice(sent), 'process_exit', leftovers);
  }

  return {
    add(span) {
      ledger.added++;
      if (closing !== undefined) lose('after_shutdown');
      else if (spanCost(span) > settings.maxQueueBytes) lose('too_large');
      else dispatcher.add(span);
    },
    forceFlush: (options) => closing ?? flush(options?.timeoutMillis),
    shutdown: (options) => (closing ??= close(options?.timeoutMillis)),
    exitSync() {
      try {
        sendLast();
      } catch (error) {
        messages.debug(`exit: ${String(error)}`);
      }
    },
    stats: () => ledger.stats(dispatcher.pendingSpans, dispatcher.pendingCost),
  };
}
