import { asText } from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedPoint, DecodedSpan } from '../otlp/decode.js';
import {
  countSpans,
  distinctSpans,
  groupBy,
  latencyOf,
  type PageMetric,
  type SessionSummary,
  type SpanFacts,
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
    const groups = groupBy(spans, ({ traceId }) => this.#sessionOfTrace.get(traceId) ?? traceId);
    const changes = Array.from(groups, ([id, added]): StoreChange => {
      const session = this.#open(id);
      session.add(added, (bytes * added.length) / spans.length, nowMillis);
      return { session, added };
    });
    this.#evict();
    for (const change of changes) for (const listener of this.#listeners) listener(change);
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
      // The page reads JSON, which has no such numbers.
      if (!Number.isFinite(value)) continue;
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
  #learnSession(span: DecodedSpan): void {
    const { traceId } = span;
    const id = textOf(span, Attr.SESSION_ID);
    if (id === undefined || this.#sessionOfTrace.has(traceId)) return;
    this.#sessionOfTrace.set(traceId, id);
    const early = id === traceId ? undefined : this.#sessions.get(traceId);
    if (early === undefined) return;
    this.#open(id).add(early.spans, early.bytes, early.receivedMillis);
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
    const sessions = [...this.#sessions.values()];
    let bytes = sessions.reduce((sum, session) => sum + session.bytes, 0);
    for (const session of sessions.slice(0, -1)) {
      if (bytes <= MAX_BYTES) return;
      this.#sessions.delete(session.id);
      for (const { traceId } of session.spans) this.#sessionOfTrace.delete(traceId);
      bytes -= session.bytes;
    }
  }
}

const MAX_TITLE_LENGTH = 140;
const ROOM_KEYS = ['voice.room_name', 'lk.room_name', 'lk.pii.room_name', 'room.name'] as const;
const PARTICIPANT_KEYS = [
  'lk.participant_identity',
  'lk.pii.participant_identity',
  'participant.identity',
  'user.id',
] as const;

/** What has arrived of one session. */
export class StoredSession {
  readonly id: string;
  /** In order of arrival, repeated ones included. */
  readonly spans: DecodedSpan[] = [];
  bytes = 0;
  receivedMillis = 0;
  #summary: SessionSummary | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Takes spans; `bytes` is what they weighed on the wire. */
  add(spans: readonly DecodedSpan[], bytes: number, receivedMillis: number): void {
    for (const span of spans) this.spans.push(span);
    this.bytes += bytes;
    this.receivedMillis = Math.max(this.receivedMillis, receivedMillis);
    this.#summary = undefined;
  }

  /** For the page, which reads neither the resource nor what came. */
  pageFrom(index: number): readonly SpanFacts[] {
    const unread = { resourceAttributes: undefined, received: undefined };
    return this.spans.slice(index).map((span) => ({ ...span, ...unread }));
  }

  /** Made once for what has arrived: all of them are sent with each change of one. */
  summary(): SessionSummary {
    return (this.#summary ??= this.#summarize());
  }

  #summarize(): SessionSummary {
    const byStart = distinctSpans(this.spans).toSorted((a, b) => a.startMillis - b.startMillis);
    const all = (...keys: readonly string[]): readonly string[] => [
      ...new Set(keys.flatMap((key) => byStart.flatMap((span) => textOf(span, key) ?? []))),
    ];
    const [first] = byStart;
    const [title] = all(Attr.INPUT_VALUE, Attr.OUTPUT_VALUE);
    const replies = byStart.flatMap((span) => latencyOf(span)?.millis ?? []);
    return {
      ...countSpans(byStart),
      id: this.id,
      received: this.spans.length,
      serviceName: asText(first?.resourceAttributes['service.name']) ?? '',
      title: (title ?? first?.name ?? '').slice(0, MAX_TITLE_LENGTH),
      room: all(...ROOM_KEYS)[0] ?? '',
      participant: all(...PARTICIPANT_KEYS)[0] ?? '',
      agents: all(Attr.AGENT_NAME),
      models: all(Attr.MODEL_NAME),
      startMillis: first?.startMillis ?? 0,
      endMillis: byStart.reduce((most, { endMillis }) => Math.max(most, endMillis), 0),
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
    return this.spans.some(({ name, status, attributes, resourceAttributes }) =>
      [name, status.message, resourceAttributes['service.name'], Object.values(attributes)].some(
        has,
      ),
    );
  }
}
