import type { EncodedSpan } from './span-record.js';

/** What a waiting span costs beside its bytes, so that millions of tiny ones are bounded too. */
const SPAN_OVERHEAD_BYTES = 128;

/** Bytes of memory that a waiting span counts for. */
export function spanCost(span: EncodedSpan): number {
  return span.bytes.length + SPAN_OVERHEAD_BYTES;
}

/** Spans in the order they ended. Every span has a number, counted from 0. */
export class SpanQueue {
  #spans: EncodedSpan[] = [];
  #head = 0;
  #headNumber = 0;
  #cost = 0;
  #bytes = 0;
  #since = 0;

  get length(): number {
    return this.#spans.length - this.#head;
  }

  /** Memory, in bytes. */
  get cost(): number {
    return this.#cost;
  }

  /** Encoded bytes. */
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

  /** When the queue last became non-empty, in epoch milliseconds: no span here is older. */
  get since(): number {
    return this.#since;
  }

  push(span: EncodedSpan, nowMillis: number): void {
    if (this.length === 0) this.#since = nowMillis;
    this.#spans.push(span);
    this.#cost += spanCost(span);
    this.#bytes += span.bytes.length;
  }

  shift(): EncodedSpan | undefined {
    const span = this.#spans[this.#head];
    if (span === undefined) return undefined;
    this.#head++;
    this.#headNumber++;
    this.#cost -= spanCost(span);
    this.#bytes -= span.bytes.length;
    // Compacted now and then, which keeps `shift` cheap and lets the spans that are gone be freed.
    if (this.#head > 256 && this.#head * 2 > this.#spans.length) {
      this.#spans = this.#spans.slice(this.#head);
      this.#head = 0;
    }
    return span;
  }

  /** The oldest span, which stays. */
  peek(): EncodedSpan | undefined {
    return this.#spans[this.#head];
  }

  /** Every span; none stays. */
  takeAll(): EncodedSpan[] {
    const spans = this.#spans.slice(this.#head);
    this.#headNumber += spans.length;
    this.#spans = [];
    this.#head = 0;
    this.#cost = 0;
    this.#bytes = 0;
    return spans;
  }
}
