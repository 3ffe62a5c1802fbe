import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf } from '../mapping/mapped-span.js';

/** Ids, times, flags and lengths of a span in protobuf, and what it costs in memory beside its texts. */
const SPAN_BYTES = 160;
/** Tags and lengths of one attribute, when all of them are long. */
const ATTRIBUTE_BYTES = 20;
const SCALAR_BYTES = 10;
/** Counting bytes of a shorter text costs more than it saves. */
const SHORT_TEXT = 24;

/** A span that waits, with about the bytes that it has on the wire and in memory. */
export interface QueuedSpan {
  readonly span: ReadableSpan;
  readonly bytes: number;
}

/** About the bytes of a span: an upper bound, unless a name or text has lone surrogates. */
export function estimateBytes(span: ReadableSpan): number {
  let bytes = SPAN_BYTES + valueBytes(span.name) + valueBytes(span.status.message);
  for (const { key, value } of entriesOf(span)) bytes += attributeBytes(key, value);
  for (const { name, attributes } of span.events) {
    bytes += 40 + valueBytes(name);
    for (const key in attributes) bytes += attributeBytes(key, attributes[key]);
  }
  for (const { attributes } of span.links) {
    bytes += 60;
    for (const key in attributes) bytes += attributeBytes(key, attributes[key]);
  }
  return bytes;
}

function attributeBytes(key: string, value: unknown): number {
  return ATTRIBUTE_BYTES + key.length + valueBytes(value);
}

function valueBytes(value: unknown): number {
  // For any alphabet: a batch of CJK text has three bytes for each character.
  if (typeof value === 'string') {
    return value.length < SHORT_TEXT ? value.length * 3 : Buffer.byteLength(value);
  }
  if (!Array.isArray(value)) return SCALAR_BYTES;
  let bytes = 0;
  for (const item of value) bytes += SCALAR_BYTES + valueBytes(item);
  return bytes;
}

/** Spans that travel in one request, for as long as it takes. */
export interface Batch {
  readonly spans: readonly QueuedSpan[];
  readonly bytes: number;
  /** Number of its oldest span, by which a flush knows whether it has to wait for it. */
  readonly firstNumber: number;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** When it first failed, on the monotonic clock. */
  readonly failingSince: number | undefined;
  /** Not to be tried before, on the monotonic clock. */
  readonly notBefore: number;
  /** Its span has lost content to fit. */
  readonly isCut: boolean;
}

/** A batch that has not been tried yet. */
export function createBatch(spans: readonly QueuedSpan[], firstNumber: number): Batch {
  return {
    spans,
    bytes: spans.reduce((sum, { bytes }) => sum + bytes, 0),
    firstNumber,
    attempts: 0,
    failingSince: undefined,
    notBefore: 0,
    isCut: false,
  };
}

/** Two batches of about the same bytes; a batch of one span stays one. */
export function splitBatch(batch: Batch): Batch[] {
  const { spans, firstNumber } = batch;
  if (spans.length < 2) return [batch];
  let at = 0;
  for (let bytes = 0; at < spans.length - 1; at++) {
    bytes += spans[at]?.bytes ?? 0;
    if (bytes > batch.bytes / 2) break;
  }
  const cut = Math.max(1, at);
  return [
    createBatch(spans.slice(0, cut), firstNumber),
    createBatch(spans.slice(cut), firstNumber + cut),
  ];
}

/** Spans in the order they ended. Every span has a number, counted from 0. */
export class SpanQueue {
  #spans: QueuedSpan[] = [];
  #head = 0;
  #headNumber = 0;
  #bytes = 0;
  #since = 0;

  get length(): number {
    return this.#spans.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the oldest span here, or of the next one when there is none. */
  get headNumber(): number {
    return this.#headNumber;
  }

  get nextNumber(): number {
    return this.#headNumber + this.length;
  }

  /** When the queue last became non-empty, on the monotonic clock: no span here is older. */
  get since(): number {
    return this.#since;
  }

  push(span: QueuedSpan): void {
    if (this.length === 0) this.#since = performance.now();
    this.#spans.push(span);
    this.#bytes += span.bytes;
  }

  shift(): QueuedSpan | undefined {
    const span = this.#spans[this.#head];
    if (span === undefined) return undefined;
    this.#head++;
    this.#headNumber++;
    this.#bytes -= span.bytes;
    // Spans that are gone must be free at once: one that the garbage collector meets twice is moved
    // to where it stays for long. Otherwise compacted now and then, so that `shift` stays cheap.
    if (this.length === 0 || (this.#head > 256 && this.#head * 2 > this.#spans.length)) {
      this.#spans = this.#spans.slice(this.#head);
      this.#head = 0;
    }
    return span;
  }

  /** The oldest spans of at most `maxBytes`; one span may have more. `undefined` when there is none. */
  takeBatch(maxBytes: number): Batch | undefined {
    const firstNumber = this.#headNumber;
    const spans: QueuedSpan[] = [];
    let bytes = 0;
    for (let next = this.#spans[this.#head]; next !== undefined; next = this.#spans[this.#head]) {
      bytes += next.bytes;
      if (spans.length > 0 && bytes > maxBytes) break;
      spans.push(next);
      this.shift();
    }
    return spans.length === 0 ? undefined : createBatch(spans, firstNumber);
  }

  /** Every span; none stays. */
  takeAll(): QueuedSpan[] {
    const spans = this.#spans.slice(this.#head);
    this.#headNumber += spans.length;
    this.#spans = [];
    this.#head = 0;
    this.#bytes = 0;
    return spans;
  }
}
