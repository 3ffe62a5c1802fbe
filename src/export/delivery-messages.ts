import type { DeliveryDiagnostics } from './delivery-settings.js';
import type { DropReason } from './delivery-stats.js';

/** Everything that delivery tells the user. Each is said once; the counts are in the statistics. */
export interface DeliveryMessages {
  failing(reason: string): void;
  refused(status: number, words: string): void;
  partlyRejected(spans: number, words: string): void;
  warned(words: string): void;
  dropped(reason: Exclude<DropReason, 'rejected'>, spans: number): void;
  truncated(): void;
  /** The spool cannot be written. */
  spoolFailed(error: unknown): void;
  /** Something in the spool was given up. */
  spoolLost(reason: string): void;
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
};

function quoted(words: string): string {
  return words === '' ? '' : ` It says: ${words}`;
}

/** `shownUrl` and what `scrub` lets through hold no secret. */
export function createDeliveryMessages(
  diagnostics: DeliveryDiagnostics,
  shownUrl: string,
  scrub: (text: string) => string,
): DeliveryMessages {
  return {
    failing: (reason) =>
      diagnostics.warnOnce(
        'delivery_failing',
        `The collector at ${shownUrl} does not take spans (${scrub(reason)}). They are kept and sent again.`,
      ),
    refused: (status, words) =>
      diagnostics.warnOnce(
        `delivery_refused_${status}`,
        `The collector at ${shownUrl} refused spans with status ${status}; they are dropped.${REFUSAL_HINTS[status] ?? ''}${quoted(scrub(words))}`,
      ),
    partlyRejected: (spans, words) =>
      diagnostics.warnOnce(
        'delivery_partly_rejected',
        `The collector at ${shownUrl} took a request but not ${spans} of its spans.${quoted(scrub(words))}`,
      ),
    warned: (words) =>
      diagnostics.warnOnce(
        'delivery_collector_warning',
        `The collector at ${shownUrl} took the spans with a warning.${quoted(scrub(words))}`,
      ),
    dropped: (reason, spans) => {
      diagnostics.warnOnce(`delivery_dropped_${reason}`, DROP_TEXTS[reason]);
      diagnostics.debug(`dropped ${spans} spans: ${reason}`);
    },
    truncated: () =>
      diagnostics.warnOnce(
        'delivery_truncated',
        'A span is larger than the collector takes; its oldest messages and longest texts are cut.',
      ),
    spoolFailed: (error) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      diagnostics.warnOnce(
        'delivery_spool_failed',
        `The spool directory cannot be written (${scrub(code)}).`,
      );
    },
    spoolLost: (reason) =>
      diagnostics.warnOnce(
        `delivery_spool_lost_${reason}`,
        `Spooled spans of an earlier process were given up: ${reason}.`,
      ),
    debug: (text) => diagnostics.debug(scrub(text)),
  };
}
