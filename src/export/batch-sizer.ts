import type { SpanEncoder } from './span-encoder.js';
import { createBatch, splitBatch, type Batch } from './batch.js';
import type { DeliveryMessages } from './delivery-messages.js';
import type { DeliverySettings } from './delivery-settings.js';
import type { DeliveryLedger } from './delivery-stats.js';

/** A collector that takes less than this in one request takes nothing worth sending. */
const MIN_REQUEST_BYTES = 4 * 1024;

export interface BatchSizerOptions {
  readonly settings: DeliverySettings;
  readonly encoder: SpanEncoder;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
}

/** Knows how much goes into one request, and learns it from a collector that finds it too much. */
export class BatchSizer {
  readonly #options: BatchSizerOptions;
  #limitBytes: number;

  constructor(options: BatchSizerOptions) {
    this.#options = options;
    this.#limitBytes = Math.min(options.settings.maxBatchBytes, options.settings.maxRequestBytes);
  }

  /** Bytes of a request before compression. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** What to send instead of a batch that was too large: its halves, or its one span cut to half; nothing when even that can't help. */
  resize(batch: Batch): Batch[] {
    const { encoder, ledger, messages } = this.#options;
    const bytes = batch.spans.reduce((sum, span) => sum + span.bytes.length, 0);
    const half = Math.floor(bytes / 2);
    ledger.splits++;
    this.#limitBytes = Math.max(MIN_REQUEST_BYTES, Math.min(this.#limitBytes, half));
    const [span, ...others] = batch.spans;
    if (span === undefined) return [];
    if (others.length > 0) return splitBatch(batch);
    const cut = half < MIN_REQUEST_BYTES ? undefined : encoder.cutSpan(span.bytes, half);
    if (cut === undefined) {
      ledger.drop('too_large', 1);
      messages.dropped('too_large', 1);
      return [];
    }
    if (!batch.isCut) ledger.truncated++;
    messages.truncated();
    return [
      { ...createBatch([{ scope: span.scope, bytes: cut }], batch.firstNumber), isCut: true },
    ];
  }
}
