import type { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan, ScopeRecord } from './span-record.js';
import { spanCost, type SpanQueue } from './span-queue.js';

/** Spans that travel in one request, for as long as it takes. */
export interface Batch {
  readonly spans: readonly EncodedSpan[];
  /** Memory it holds, in bytes. */
  readonly cost: number;
  /** Number of its oldest span, by which a flush knows whether it has to wait for it. */
  readonly firstNumber: number;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** When it first failed, in epoch milliseconds. */
  readonly failingSince: number | undefined;
  /** Not to be tried before, in epoch milliseconds. */
  readonly notBefore: number;
  /** Its span has lost content to fit. */
  readonly isCut: boolean;
}

const NO_BYTES = new Uint8Array(0);

/** A batch that has not been tried yet. */
export function createBatch(spans: readonly EncodedSpan[], firstNumber: number): Batch {
  return {
    spans,
    cost: spans.reduce((sum, span) => sum + spanCost(span), 0),
    firstNumber,
    attempts: 0,
    failingSince: undefined,
    notBefore: 0,
    isCut: false,
  };
}

/**
 * Takes the oldest spans whose request has at most `maxBytes` before compression; a single span may
 * have more. Undefined when there is no span.
 */
export function takeBatch(
  queue: SpanQueue,
  encoder: SpanEncoder,
  maxBytes: number,
): Batch | undefined {
  const firstNumber = queue.headNumber;
  const spans: EncodedSpan[] = [];
  const scopes: ScopeRecord[] = [];
  let overhead = encoder.requestOverheadBytes;
  let bytes = 0;
  for (let span = queue.peek(); span !== undefined; span = queue.peek()) {
    if (!scopes.includes(span.scope)) {
      scopes.push(span.scope);
      overhead += encoder.scopeOverheadBytes(span.scope);
    }
    bytes += span.bytes.length;
    if (spans.length > 0 && overhead + bytes > maxBytes) break;
    spans.push(span);
    queue.shift();
  }
  return spans.length === 0 ? undefined : createBatch(spans, firstNumber);
}

/** Two batches of about the same bytes; a batch of one span stays one. */
export function splitBatch(batch: Batch): Batch[] {
  const { spans, firstNumber } = batch;
  if (spans.length < 2) return [batch];
  const half = spans.reduce((sum, span) => sum + span.bytes.length, 0) / 2;
  let at = 0;
  for (let bytes = 0; at < spans.length - 1; at++) {
    bytes += spans[at]?.bytes.length ?? 0;
    if (bytes > half) break;
  }
  const cut = Math.max(1, at);
  return [
    createBatch(spans.slice(0, cut), firstNumber),
    createBatch(spans.slice(cut), firstNumber + cut),
  ];
}

/**
 * Ends a batch that nobody will send again: its spans keep no bytes. The garbage collector would
 * find the spans too, but late: they are seldom young any more, and what it has once called old, a
 * list or promise of an earlier batch for one, keeps what it points to until a full collection.
 */
export function letGo(batch: Batch): void {
  for (const span of batch.spans) span.bytes = NO_BYTES;
}

/** The batch without its oldest span; none when that was its last. */
export function withoutOldestSpan(batch: Batch): Batch[] {
  const [oldest, ...spans] = batch.spans;
  if (oldest === undefined || spans.length === 0) return [];
  const cost = batch.cost - spanCost(oldest);
  return [{ ...batch, spans, cost, firstNumber: batch.firstNumber + 1 }];
}
