import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedSpan } from '../otlp/decode.js';
import type { PageSpan, SessionSummary, SpanPage } from './page-span.js';

/** What changed in the store. */
export interface StoreChange {
  readonly session: StoredSession;
  /** Spans that are new in it. */
  readonly added: readonly DecodedSpan[];
  /** Sessions that are no longer there: merged into this one, or the oldest of too many. */
  readonly gone: readonly string[];
}

const DEFAULT_MAX_BYTES: number = 256 * 1024 * 1024;

/**
 * Everything that has arrived, by session, bounded in bytes: the sessions that were quiet longest go
 * first. Spans of one `session.id` are one session, however many traces it has; spans without one
 * belong to the session of their trace.
 */
export class SessionStore {
  /** In the order of their last change. */
  readonly #sessions = new Map<string, StoredSession>();
  readonly #sessionOfTrace = new Map<string, string>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #maxBytes: number;

  constructor(maxBytes: number = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Returns how to stop listening. */
  listen(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the spans of one request; `bytes` is the size of its body. */
  add(spans: readonly DecodedSpan[], bytes: number): void {
    const gone = spans.flatMap((span) => this.#learnSession(span));
    const added = new Map<StoredSession, DecodedSpan[]>();
    for (const span of spans) {
      const session = this.#open(this.#sessionOfTrace.get(span.traceId) ?? span.traceId);
      session.add(span, bytes / spans.length);
      added.set(session, [...(added.get(session) ?? []), span]);
    }
    for (const [session, news] of added) {
      gone.push(...this.#evict(session));
      for (const listener of this.#listeners) listener({ session, added: news, gone });
    }
  }

  /** Newest first. */
  summaries(): readonly SessionSummary[] {
    return [...this.#sessions.values()]
      .map((session) => session.summary())
      .toSorted((a, b) => b.startMillis - a.startMillis);
  }

  /** `undefined` for a session that is not there. */
  page(id: string, from: number): SpanPage | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    return { spans: session.pageFrom(from), next: session.spans.length };
  }

  /** Ids of the sessions that hold a text. */
  search(text: string): readonly string[] {
    const wanted = text.toLowerCase();
    return [...this.#sessions.values()]
      .filter((session) => session.contains(wanted))
      .map(({ id }) => id);
  }

  clear(): void {
    this.#sessions.clear();
    this.#sessionOfTrace.clear();
  }

  /** A trace tells its session with any of its spans; what came before it moves there. */
  #learnSession({ traceId, attributes }: DecodedSpan): readonly string[] {
    const id = attributes[Attr.SESSION_ID];
    if (typeof id !== 'string' || id === '' || this.#sessionOfTrace.has(traceId)) return [];
    this.#sessionOfTrace.set(traceId, id);
    const early = id === traceId ? undefined : this.#sessions.get(traceId);
    if (early === undefined) return [];
    const session = this.#open(id);
    for (const span of early.spans) session.add(span, early.bytes / early.spans.length);
    this.#sessions.delete(traceId);
    return [traceId];
  }

  #open(id: string): StoredSession {
    const session = this.#sessions.get(id) ?? new StoredSession(id);
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session;
  }

  #evict(newest: StoredSession): readonly string[] {
    let bytes = [...this.#sessions.values()].reduce((sum, session) => sum + session.bytes, 0);
    const gone: string[] = [];
    for (const session of this.#sessions.values()) {
      if (bytes <= this.#maxBytes || session === newest) break;
      this.#sessions.delete(session.id);
      for (const traceId of session.traceIds) this.#sessionOfTrace.delete(traceId);
      bytes -= session.bytes;
      gone.push(session.id);
    }
    return gone;
  }
}

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
