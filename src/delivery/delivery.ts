import type { SpanEncoder } from '../encoding/span-encoder.js';
import type { EncodedSpan } from '../encoding/span-record.js';
import { displayUrl } from '../options/endpoint.js';
import { createAttempt } from './attempt.js';
import { readCertificates } from './certificates.js';
import { createDeliveryMessages } from './delivery-messages.js';
import {
  MAX_CONCURRENT_REQUESTS,
  type DeliveryDiagnostics,
  type DeliverySettings,
} from './delivery-settings.js';
import { DeliveryLedger, type DeliveryResult, type DeliveryStats } from './delivery-stats.js';
import { Dispatcher } from './dispatcher.js';
import { createHttpClient } from './http-client.js';
import { resolveProxy } from './proxy-settings.js';
import { createScrubber, resolveRequestHeaders } from './request-headers.js';
import { spanCost } from './span-queue.js';

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
  /** Like `forceFlush`, and the end: what is left at the deadline is lost and counted. A second call waits for the first. */
  shutdown(options?: DeliveryTimeout): Promise<DeliveryResult>;
  stats(): DeliveryStats;
}

/** Opens a delivery to one collector. Nothing is sent, and no timer runs, before there is a span. */
export function createDelivery(
  settings: DeliverySettings,
  encoder: SpanEncoder,
  diagnostics: DeliveryDiagnostics,
): Delivery {
  const url = new URL(settings.url);
  const headers = resolveRequestHeaders(settings.headers, diagnostics);
  const ledger = new DeliveryLedger();
  const messages = createDeliveryMessages(
    diagnostics,
    displayUrl(settings.url),
    createScrubber(headers),
  );
  const client = createHttpClient({
    url,
    proxy: resolveProxy(url, settings.proxies, diagnostics),
    ca: readCertificates(settings.ca, diagnostics),
    maxSockets: MAX_CONCURRENT_REQUESTS,
    timeoutMillis: settings.exportTimeoutMillis,
  });
  const attempt = createAttempt({
    encoder,
    client,
    compression: settings.compression,
    headers,
    ledger,
  });
  const dispatcher = new Dispatcher({
    settings,
    encoder,
    attempt,
    ledger,
    messages,
    hold: (on) => client.hold(on),
  });
  let closing: Promise<DeliveryResult> | undefined;

  function result(): DeliveryResult {
    const { exported, dropped } = ledger;
    return { exported, dropped, pending: ledger.added - exported - dropped };
  }

  async function flush({ timeoutMillis }: DeliveryTimeout): Promise<DeliveryResult> {
    await dispatcher.flush(timeoutMillis ?? settings.shutdownTimeoutMillis);
    return result();
  }

  async function close(options: DeliveryTimeout): Promise<DeliveryResult> {
    await flush(options);
    const left = dispatcher.stop();
    if (left.length > 0) {
      ledger.drop('shutdown_deadline', left.length);
      messages.dropped('shutdown_deadline', left.length);
    }
    client.close();
    return result();
  }

  return {
    add(span) {
      ledger.added++;
      if (closing !== undefined) {
        ledger.drop('after_shutdown', 1);
        messages.dropped('after_shutdown', 1);
      } else if (spanCost(span) > settings.maxQueueBytes) {
        ledger.drop('too_large', 1);
        messages.dropped('too_large', 1);
      } else {
        dispatcher.add(span);
      }
    },
    forceFlush: (options = {}) => closing ?? flush(options),
    shutdown: (options = {}) => (closing ??= close(options)),
    stats: () => ledger.stats(dispatcher.pendingSpans, dispatcher.pendingCost),
  };
}
