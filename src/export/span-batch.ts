import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, type AttributeEntry } from '../mapping/mapped-span.js';
import { EncodedSpan } from './encoded-span.js';

/** Ids, times, flags and lengths of a span in protobuf, and what it costs in memory beyond its texts. */
const SPAN_BYTES = 160;
/** Tags and lengths of one attribute, when all of them are long. */
const ATTRIBUTE_BYTES = 20;
const SCALAR_BYTES = 10;
/** Resource and scopes of a request. */
const REQUEST_BYTES = 512;

/** A span that waits, with about the bytes that it has on the wire and in memory. */
export interface QueuedSpan {
  readonly span: ReadableSpan;
  readonly bytes: number;
}

/** About the bytes of a span: an upper bound, unless a text has lone surrogates. */
export function estimateBytes(span: ReadableSpan): number {
  let bytes = SPAN_BYTES + valueBytes(span.name) + valueBytes(span.status.message);
  bytes +=
    span instanceof EncodedSpan ? span.encodedAttributes.length : entriesBytes(entriesOf(span));
  for (const { name, attributes } of span.events) {
    bytes += 40 + valueBytes(name) + attributesBytes(attributes);
  }
  for (const { attributes } of span.links) bytes += 60 + attributesBytes(attributes);
  return bytes;
}

/** The same of attributes alone. */
export function entriesBytes(entries: readonly AttributeEntry[]): number {
  let bytes = 0;
  for (const { key, value } of entries)
    bytes += ATTRIBUTE_BYTES + valueBytes(key) + valueBytes(value);
  return bytes;
}

function attributesBytes(attributes: ReadableSpan['attributes'] | undefined): number {
  let bytes = 0;
  for (const key in attributes) bytes += ATTRIBUTE_BYTES + key.length + valueBytes(attributes[key]);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (!Array.isArray(value)) return SCALAR_BYTES;
  let bytes = 0;
  for (const item of value) bytes += SCALAR_BYTES + valueBytes(item);
  return bytes;
}

/** Spans that travel in one request, for as long as it takes. */
export interface Batch {
  readonly spans: QueuedSpan[];
  bytes: number;
  /** Number of its oldest span, by which a flush knows whether it has to wait for it. */
  firstNumber: number;
  /** Failed attempts so far. */
  attempts: number;
  /** When it first failed, on the monotonic clock. */
  failingSince: number | undefined;
  /** Not to be tried before, on the monotonic clock. */
  notBefore: number;
  /** Its span has lost content to fit. */
  readonly isCut: boolean;
}

/** A batch that has not been tried yet. */
export function createBatch(spans: QueuedSpan[], firstNumber: number, isCut = false): Batch {
  const bytes = spans.reduce((sum, span) => sum + span.bytes, 0);
  return { spans, bytes, firstNumber, attempts: 0, failingSince: undefined, notBefore: 0, isCut };
}

/** The halves of a batch; a batch of one span stays one. */
export function splitBatch(batch: Batch): Batch[] {
  const { spans, firstNumber } = batch;
  const middle = spans.length >> 1;
  if (middle === 0) return [batch];
  return [
    createBatch(spans.slice(0, middle), firstNumber),
    createBatch(spans.slice(middle), firstNumber + middle),
  ];
}

/** Spans in the order they ended. Every span has a number, counted from 0. */
export class SpanQueue {
  #spans: QueuedSpan[] = [];
  #head = 0;
  /** Bytes of all spans here. */
  bytes = 0;
  /** Number of the oldest span here, or of the next one when there is none. */
  headNumber = 0;
  /** When the queue last became non-empty, on the monotonic clock: no span here is older. */
  since = 0;

  get length(): number {
    return this.#spans.length - this.#head;
  }

  get nextNumber(): number {
    return this.headNumber + this.length;
  }

  push(span: QueuedSpan): void {
    if (this.length === 0) this.since = performance.now();
    this.#spans.push(span);
    this.bytes += span.bytes;
  }

  /** Drops the oldest span; false when there is none. */
  dropOldest(): boolean {
    return this.#take(1).length > 0;
  }

  /** The oldest spans of at most `maxBytes`; one span may have more. `undefined` when there is none. */
  takeBatch(maxBytes: number): Batch | undefined {
    const { headNumber } = this;
    let count = 0;
    let bytes = REQUEST_BYTES;
    for (; count < this.length; count++) {
      bytes += this.#spans[this.#head + count]?.bytes ?? 0;
      if (count > 0 && bytes > maxBytes) break;
    }
    return count === 0 ? undefined : createBatch(this.#take(count), headNumber);
  }

  /** Every span; none stays. */
  takeAll(): QueuedSpan[] {
    return this.#take(this.length);
  }

  #take(count: number): QueuedSpan[] {
    const taken = this.#spans.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    this.headNumber += taken.length;
    for (const span of taken) this.bytes -= span.bytes;
    // Spans that are gone must be free at once: one that the garbage collector meets twice is moved
    // to where it stays for long. Otherwise compacted now and then, so that this stays cheap.
    if (this.length === 0 || (this.#head > 256 && this.#head * 2 > this.#spans.length)) {
      this.#spans = this.#spans.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}
