import { DIAGNOSTICS, type Diagnostics } from '../diagnostics.js';
import type { DropReason } from './delivery-stats.js';

/** Everything that delivery tells the user. Each is said once; the counts are in the statistics. */
export interface DeliveryMessages {
  failing(reason: string): void;
  refused(status: number, message: string): void;
  partlyRejected(spans: number, message: string): void;
  warned(message: string): void;
  dropped(reason: Exclude<DropReason, 'rejected'>, spans: number): void;
  truncated(): void;
  /** An exception on this side: no collector is to blame. */
  failed(error: unknown): void;
  /** The spool cannot be written. */
  spoolFailed(error: unknown): void;
  /** Spans in the spool were given up. */
  spoolLost(reason: string, spans: number): void;
  debug(text: string): void;
}

const REFUSAL_HINTS: Readonly<Record<number, string>> = {
  401: ' Check the token.',
  403: ' Check what the token may do.',
  404: ' Check the endpoint: it is the base URL, /v1/traces is appended.',
  415: ' Check the protocol option.',
};

const DROP_TEXTS: Readonly<Record<Exclude<DropReason, 'rejected'>, string>> = {
  queue_full:
    'More spans wait for the collector than delivery.maxQueueBytes holds; the oldest are dropped.',
  too_large: 'A span is larger than anything the collector takes, even when cut; it is dropped.',
  retry_budget: 'The collector has failed for too long; spans that waited for it are dropped.',
  shutdown_deadline:
    'Not every span could be delivered before the deadline of shutdown(); the rest is dropped.',
  process_exit:
    'The process exited before every span could be delivered; the rest is dropped. Await shutdown() before exit.',
  after_shutdown: 'Spans that end after shutdown() are dropped.',
  export_error: 'Spans could not be written as a request; they are dropped.',
};

/**
 * `shownUrl` and what `scrub` lets through hold no secret. A collector may quote what it was sent, so
 * its answer is only shown when `quotesCollector` is true.
 */
export function createDeliveryMessages(
  shownUrl: string,
  scrub: (text: string) => string,
  diagnostics: Diagnostics = DIAGNOSTICS,
  quotesCollector: boolean = true,
): DeliveryMessages {
  const quoted = (message: string): string =>
    message === '' || !quotesCollector ? '' : ` It says: ${scrub(message)}`;
  const warnOnce = (code: string, text: string): void => diagnostics.warnOnce(code, text);
  const debug = (text: string): void => diagnostics.debug(text);
  return {
    failing: (reason) =>
      warnOnce(
        'delivery_failing',
        `The collector at ${shownUrl} does not take spans (${scrub(reason)}). They are kept and sent again.`,
      ),
    refused: (status, message) =>
      warnOnce(
        `delivery_refused_${status}`,
        `The collector at ${shownUrl} refused spans with status ${status}; they are dropped.${REFUSAL_HINTS[status] ?? ''}${quoted(message)}`,
      ),
    partlyRejected: (spans, message) =>
      warnOnce(
        'delivery_partly_rejected',
        `The collector at ${shownUrl} took a request but not ${spans} of its spans.${quoted(message)}`,
      ),
    warned: (message) =>
      warnOnce(
        'delivery_collector_warning',
        `The collector at ${shownUrl} took the spans with a warning.${quoted(message)}`,
      ),
    dropped: (reason, spans) => {
      warnOnce(`delivery_dropped_${reason}`, DROP_TEXTS[reason]);
      debug(`dropped ${spans} spans: ${reason}`);
    },
    truncated: () =>
      warnOnce(
        'delivery_truncated',
        'A span is larger than the collector takes; its oldest messages and longest texts are cut.',
      ),
    failed: (error) =>
      warnOnce(
        'delivery_export_error',
        `A request could not be made (${scrub(nameOf(error))}): this is a fault of tracing and not of the collector. Its spans are dropped.`,
      ),
    spoolFailed: (error) => {
      const code = codeOf(error) ?? String(error);
      warnOnce('delivery_spool_failed', `The spool directory cannot be written (${scrub(code)}).`);
    },
    spoolLost: (reason, spans) => {
      warnOnce(
        `delivery_spool_lost_${reason}`,
        `Spooled spans of an earlier process were given up: ${reason}.`,
      );
      debug(`spool: ${spans} spans given up, ${reason}`);
    },
    debug: (text) => debug(scrub(text)),
  };
}

function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  return `${String(name)}: ${String(message)}`;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return String(error.code);
}
