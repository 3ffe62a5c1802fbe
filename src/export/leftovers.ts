import type { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan } from './span-record.js';
import { takeBatch } from './batch.js';
import type { DeliveryMessages } from './delivery-messages.js';
import type { DeliveryLedger, DropReason } from './delivery-stats.js';
import { SpanQueue } from './span-queue.js';
import type { Spool } from './spool.js';

/** Smaller than a batch: the next process can't split what another one framed. */
const MAX_SPOOLED_REQUEST_BYTES = 256 * 1024;

/** A whole request and how many spans it holds. */
export interface FramedRequest {
  readonly body: Uint8Array;
  readonly spans: number;
}

/** Frames spans into whole requests of at most `maxBytes`, unless one span alone is larger. */
export function frameAll(
  spans: readonly EncodedSpan[],
  encoder: SpanEncoder,
  maxBytes: number = MAX_SPOOLED_REQUEST_BYTES,
): FramedRequest[] {
  const queue = new SpanQueue();
  for (const span of spans) queue.push(span, 0);
  const requests: FramedRequest[] = [];
  for (
    let batch = takeBatch(queue, encoder, maxBytes);
    batch !== undefined;
    batch = takeBatch(queue, encoder, maxBytes)
  ) {
    const body = Buffer.concat(encoder.frameRequest(batch.spans));
    requests.push({ body, spans: batch.spans.length });
  }
  return requests;
}

export interface LeftoversOptions {
  readonly encoder: SpanEncoder;
  /** Undefined when the user wants nothing written to disk. */
  readonly spool: Spool | undefined;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
}

/** Puts spans that cannot be sent into the spool; without one, or where it fails, counts them as dropped. */
export function keepOrDrop(
  spans: readonly EncodedSpan[],
  reason: Exclude<DropReason, 'rejected'>,
  { encoder, spool, ledger, messages }: LeftoversOptions,
): void {
  let lost = spool === undefined ? spans.length : 0;
  for (const request of spool === undefined ? [] : frameAll(spans, encoder)) {
    try {
      spool?.save({ contentType: encoder.contentType, ...request });
      ledger.spooled += request.spans;
    } catch (error) {
      lost += request.spans;
      messages.spoolFailed(error);
    }
  }
  if (lost === 0) return;
  ledger.drop(reason, lost);
  messages.dropped(reason, lost);
}
