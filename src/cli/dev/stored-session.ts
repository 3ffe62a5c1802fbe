import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedSpan } from '../otlp/decode.js';
import type { PageSpan, SessionSummary } from './page-span.js';

const NANOS_PER_MICRO = 1000n;
const ERROR_STATUS = 2;
const MAX_TITLE_LENGTH = 140;

/** What has arrived of one session, in order of arrival. */
export class StoredSession {
  readonly id: string;
  readonly traceIds: Set<string> = new Set();
  readonly #spans: DecodedSpan[] = [];
  bytes = 0;

  constructor(id: string) {
    this.id = id;
  }

  get spans(): readonly DecodedSpan[] {
    return this.#spans;
  }

  /** Takes a span; `bytes` is what it weighed on the wire. */
  add(span: DecodedSpan, bytes: number): void {
    this.#spans.push(span);
    this.traceIds.add(span.traceId);
    this.bytes += bytes;
  }

  pageFrom(index: number): readonly PageSpan[] {
    return this.#spans.slice(index).map(toPageSpan);
  }

  summary(): SessionSummary {
    const spans = this.#spans;
    const sum = (key: string): number =>
      spans.reduce((total, { attributes }) => total + numberOf(attributes[key]), 0);
    const starts = spans.map(({ startNanos }) => asMillis(startNanos));
    const ends = spans.map(({ endNanos }) => asMillis(endNanos));
    return {
      id: this.id,
      serviceName: textOf(spans[0]?.resourceAttributes['service.name']) ?? '',
      title: this.#title(),
      startMillis: starts.reduce((least, each) => Math.min(least, each), Infinity),
      endMillis: ends.reduce((most, each) => Math.max(most, each), 0),
      spans: spans.length,
      errors: this.#countFailures(),
      promptTokens: sum(Attr.TOKEN_COUNT_PROMPT),
      completionTokens: sum(Attr.TOKEN_COUNT_COMPLETION),
      isComplete: spans.some(({ parentSpanId }) => parentSpanId === ''),
    };
  }

  /** Whether a text stands anywhere in names, values or errors, in either case. */
  contains(lowerCase: string): boolean {
    const holds = (value: unknown): boolean =>
      typeof value === 'string'
        ? value.toLowerCase().includes(lowerCase)
        : Array.isArray(value) && value.some(holds);
    return this.#spans.some(
      ({ name, status, attributes, resourceAttributes }) =>
        holds(name) ||
        holds(status.message) ||
        Object.values(attributes).some(holds) ||
        holds(resourceAttributes['service.name']),
    );
  }

  /** An error rolls up to what it broke: spans below one that failed are not counted again. */
  #countFailures(): number {
    const failed = this.#spans.filter(({ status }) => status.code === ERROR_STATUS);
    const ids = new Set(failed.map(({ spanId }) => spanId));
    return failed.filter(({ parentSpanId }) => !ids.has(parentSpanId)).length;
  }

  #title(): string {
    const byStart = this.#spans.toSorted((a, b) => (a.startNanos < b.startNanos ? -1 : 1));
    for (const key of [Attr.INPUT_VALUE, Attr.OUTPUT_VALUE]) {
      for (const { attributes } of byStart) {
        const text = textOf(attributes[key]);
        if (text) return text.slice(0, MAX_TITLE_LENGTH);
      }
    }
    return byStart[0]?.name ?? '';
  }
}

function toPageSpan(span: DecodedSpan): PageSpan {
  const { traceId, spanId, parentSpanId, name, attributes, status } = span;
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    startMillis: asMillis(span.startNanos),
    endMillis: asMillis(span.endNanos),
    attributes,
    events: span.events.map((event) => ({
      name: event.name,
      atMillis: asMillis(event.timeNanos),
      attributes: event.attributes,
    })),
    isError: status.code === ERROR_STATUS,
    statusMessage: status.message,
  };
}

/** Whole microseconds: nanoseconds since the epoch do not fit a number. */
function asMillis(nanos: bigint): number {
  return Number(nanos / NANOS_PER_MICRO) / 1000;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
