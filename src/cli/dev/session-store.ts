import { asText } from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedPoint, DecodedSpan } from '../otlp/decode.js';
import {
  countSpans,
  latencyOf,
  type PageMetric,
  type PageSpan,
  type SessionSummary,
  textOf,
} from '../span-facts.js';

/** What changed in the store. */
export interface StoreChange {
  readonly session: StoredSession;
  /** Spans that are new in it. */
  readonly added: readonly DecodedSpan[];
}

/** Attributes of metrics have few values; a service that breaks this must not fill the memory. */
const MAX_METRICS = 2000;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Everything that has arrived, by session, bounded in bytes: the sessions that were quiet longest go
 * first. Spans of one `session.id` are one session, however many traces it has; spans without one
 * belong to the session of their trace.
 */
export class SessionStore {
  /** In the order of their last change. */
  readonly #sessions = new Map<string, StoredSession>();
  readonly #sessionOfTrace = new Map<string, string>();
  readonly #metrics = new Map<string, PageMetric>();
  readonly #listeners = new Set<(change: StoreChange) => void>();

  /** Returns how to stop listening. */
  listen(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the spans of one request; `bytes` is the size of its body, `nowMillis` when it arrived. */
  add(spans: readonly DecodedSpan[], bytes: number, nowMillis: number = Date.now()): void {
    for (const span of spans) this.#learnSession(span);
    const added = new Map<StoredSession, DecodedSpan[]>();
    for (const span of spans) {
      const session = this.#open(this.#sessionOfTrace.get(span.traceId) ?? span.traceId);
      session.add(span, bytes / spans.length, nowMillis);
      added.set(session, [...(added.get(session) ?? []), span]);
    }
    this.#evict();
    for (const [session, news] of added) {
      for (const listener of this.#listeners) listener({ session, added: news });
    }
  }

  /** Keeps the newest value of each metric; deltas add up. */
  addMetrics(points: readonly DecodedPoint[]): void {
    for (const { metric: name, unit, type, attributes, resourceAttributes, ...point } of points) {
      const serviceName = asText(resourceAttributes['service.name']) ?? '';
      const key = JSON.stringify([serviceName, name, attributes]);
      if (this.#metrics.size >= MAX_METRICS && !this.#metrics.has(key)) continue;
      const before = point.temporality === 'delta' ? this.#metrics.get(key) : undefined;
      const isHistogram = type === 'histogram';
      const count = isHistogram ? point.count + (before?.count ?? 0) : 1;
      const sum = point.value + (before === undefined ? 0 : before.value * before.count);
      const value = isHistogram && count > 0 ? sum / count : sum;
      this.#metrics.set(key, { serviceName, name, unit, attributes, value, count });
    }
  }

  metrics(): readonly PageMetric[] {
    return [...this.#metrics.values()];
  }

  get(id: string): StoredSession | undefined {
    return this.#sessions.get(id);
  }

  summaries(): readonly SessionSummary[] {
    return Array.from(this.#sessions.values(), (session) => session.summary());
  }

  /** Ids of the sessions that contain a text. */
  search(text: string): readonly string[] {
    const wanted = text.toLowerCase();
    return [...this.#sessions.values()]
      .filter((session) => session.contains(wanted))
      .map(({ id }) => id);
  }

  /** A trace tells its session with any of its spans; what came before it moves there. */
  #learnSession({ traceId, attributes }: DecodedSpan): void {
    const id = attributes[Attr.SESSION_ID];
    if (typeof id !== 'string' || id === '' || this.#sessionOfTrace.has(traceId)) return;
    this.#sessionOfTrace.set(traceId, id);
    const early = id === traceId ? undefined : this.#sessions.get(traceId);
    if (early === undefined) return;
    const session = this.#open(id);
    for (const span of early.spans) {
      session.add(span, early.bytes / early.spans.length, early.receivedMillis);
    }
    this.#sessions.delete(traceId);
  }

  #open(id: string): StoredSession {
    const session = this.#sessions.get(id) ?? new StoredSession(id);
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session;
  }

  /** Never the newest, however large it is. */
  #evict(): void {
    const oldest = [...this.#sessions.values()].slice(0, -1);
    let bytes = [...this.#sessions.values()].reduce((sum, session) => sum + session.bytes, 0);
    for (const session of oldest) {
      if (bytes <= MAX_BYTES) return;
      this.#sessions.delete(session.id);
      for (const traceId of session.traceIds) this.#sessionOfTrace.delete(traceId);
      bytes -= session.bytes;
    }
  }
}

const NANOS_PER_MICRO = 1000n;
const MAX_TITLE_LENGTH = 140;
const ROOM_KEYS = ['voice.room_name', 'lk.room_name', 'lk.pii.room_name', 'room.name'] as const;
const PARTICIPANT_KEYS = [
  'lk.participant_identity',
  'lk.pii.participant_identity',
  'participant.identity',
  'user.id',
] as const;

/** What has arrived of one session, in order of arrival. */
export class StoredSession {
  readonly id: string;
  readonly traceIds: Set<string> = new Set();
  readonly spans: DecodedSpan[] = [];
  bytes = 0;
  receivedMillis = 0;
  #summary: SessionSummary | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Takes a span; `bytes` is what it weighed on the wire. */
  add(span: DecodedSpan, bytes: number, receivedMillis: number): void {
    this.spans.push(span);
    this.traceIds.add(span.traceId);
    this.bytes += bytes;
    this.receivedMillis = Math.max(this.receivedMillis, receivedMillis);
    this.#summary = undefined;
  }

  pageFrom(index: number): readonly PageSpan[] {
    return this.spans.slice(index).map(toPageSpan);
  }

  /** Made once for what has arrived: all of them are sent with each change of one. */
  summary(): SessionSummary {
    return (this.#summary ??= this.#summarize());
  }

  #summarize(): SessionSummary {
    const byStart = this.spans.toSorted((a, b) => (a.startNanos < b.startNanos ? -1 : 1));
    const all = (key: string): readonly string[] => [
      ...new Set(byStart.flatMap((span) => textOf(span, key) ?? [])),
    ];
    const [first] = byStart;
    const replies = byStart.flatMap((span) => latencyOf(span)?.millis ?? []);
    return {
      ...countSpans(byStart),
      id: this.id,
      serviceName: asText(first?.resourceAttributes['service.name']) ?? '',
      title: titleOf(byStart),
      room: ROOM_KEYS.flatMap(all)[0] ?? '',
      participant: PARTICIPANT_KEYS.flatMap(all)[0] ?? '',
      agents: all(Attr.AGENT_NAME),
      models: all(Attr.MODEL_NAME),
      startMillis: first === undefined ? Infinity : asMillis(first.startNanos),
      endMillis: byStart.reduce((most, { endNanos }) => Math.max(most, asMillis(endNanos)), 0),
      receivedMillis: this.receivedMillis,
      replyMillis: replies.toSorted((a, b) => a - b),
      isComplete: byStart.some(({ parentSpanId }) => parentSpanId === ''),
    };
  }

  /** Whether a text is anywhere in names, values or errors, in either case. */
  contains(lowerCase: string): boolean {
    const has = (value: unknown): boolean =>
      typeof value === 'string'
        ? value.toLowerCase().includes(lowerCase)
        : Array.isArray(value) && value.some(has);
    return this.spans.some(
      ({ name, status, attributes, resourceAttributes }) =>
        has(name) ||
        has(status.message) ||
        Object.values(attributes).some(has) ||
        has(resourceAttributes['service.name']),
    );
  }
}

function titleOf(byStart: readonly DecodedSpan[]): string {
  for (const key of [Attr.INPUT_VALUE, Attr.OUTPUT_VALUE]) {
    const [text] = byStart.flatMap((span) => textOf(span, key) ?? []);
    if (text !== undefined) return text.slice(0, MAX_TITLE_LENGTH);
  }
  return byStart[0]?.name ?? '';
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
    status,
  };
}

/** Whole microseconds: nanoseconds since the epoch do not fit a number. */
function asMillis(nanos: bigint): number {
  return Number(nanos / NANOS_PER_MICRO) / 1000;
}
