/**
 * What a span says, read alike by the terminal, the receiver and the page. Imports nothing, because
 * it also runs in the browser.
 */
export interface SpanFacts {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `code` as on the wire: 2 is an error. */
  readonly status: { readonly code: number; readonly message: string };
}

/** What happened in some spans. One count for page, list and terminal. */
export interface SpanCounts {
  readonly spans: number;
  readonly traces: number;
  readonly sessions: number;
  /** Failures; an attempt that was retried is not an error, and a failure that a child caused counts once. */
  readonly errors: number;
  /** Model calls that were tried again, by every further attempt. */
  readonly retries: number;
  readonly modelCalls: number;
  readonly tools: number;
  /** Replies: one that goes on after its tools is one turn. */
  readonly turns: number;
  readonly interruptions: number;
  /** Spans by `openinference.span.kind`, most frequent first. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** LiveKit's span of one attempt of a model call. */
const ATTEMPT = 'llm_request_run';
const LLM_REQUEST = 'llm_request';

export function countSpans(spans: readonly SpanFacts[]): SpanCounts {
  const sum = (key: string): number =>
    spans.reduce((total, span) => total + (numberOf(span, key) ?? 0), 0);
  const kinds = new Map<string, number>();
  for (const span of spans) {
    const kind = kindOf(span) ?? 'none';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const attempts = spans.filter(({ name }) => name === ATTEMPT);
  const turns = spans.filter(({ name }) => name === 'agent_turn');
  return {
    spans: spans.length,
    traces: new Set(spans.map(({ traceId }) => traceId)).size,
    sessions: new Set(spans.flatMap((span) => textOf(span, 'session.id') ?? [])).size,
    errors: failuresOf(spans).length,
    retries: attempts.length - new Set(attempts.map(({ parentSpanId }) => parentSpanId)).size,
    modelCalls: modelCallsOf(spans).length,
    tools: kinds.get('TOOL') ?? 0,
    turns: new Set(turns.map((span) => textOf(span, 'lk.speech_id') ?? span.spanId)).size,
    interruptions: turns.filter(isInterrupted).length,
    kinds: Object.fromEntries([...kinds].toSorted((a, b) => b[1] - a[1])),
    promptTokens: sum('llm.token_count.prompt'),
    completionTokens: sum('llm.token_count.completion'),
    totalTokens: sum('llm.token_count.total'),
  };
}

/** Where things went wrong: without attempts that were retried, and without what failed because of a child. */
export function failuresOf<T extends SpanFacts>(spans: readonly T[]): readonly T[] {
  const failed = spans.filter((span) => isFailed(span) && span.name !== ATTEMPT);
  const blamed = new Set(failed.map(({ parentSpanId }) => parentSpanId));
  return failed.filter(({ spanId }) => !blamed.has(spanId));
}

/**
 * The model calls: of the nested spans of each, the one that was billed, else the request, else the
 * outermost.
 */
export function modelCallsOf<T extends SpanFacts>(spans: readonly T[]): readonly T[] {
  const models = spans.filter((span) => kindOf(span) === 'LLM');
  const byId = new Map(models.map((span) => [span.spanId, span]));
  const above = (span: T): readonly T[] => {
    const ancestors = new Set<T>();
    // What arrives may be a circle.
    for (let at = byId.get(span.parentSpanId); at !== undefined && !ancestors.has(at);) {
      ancestors.add(at);
      at = byId.get(at.parentSpanId);
    }
    return [...ancestors];
  };
  const calls = new Set(models.filter((span) => tokensOf(span) !== undefined));
  for (const isCall of [
    (span: T) => span.name === LLM_REQUEST,
    (span: T) => !byId.has(span.parentSpanId),
  ]) {
    const known = new Set([...calls].flatMap((call) => [call, ...above(call)]));
    for (const span of models) if (isCall(span) && !known.has(span)) calls.add(span);
  }
  return models.filter((span) => calls.has(span));
}

/** Parts of a voice turn's latency in the order in which they pass, as `agent_turn` carries them. */
export const LATENCY_PARTS = [
  ['end_of_turn', 'end of turn'],
  ['on_user_turn_completed', 'callback'],
  ['llm_ttft', 'model'],
  ['tool', 'tools'],
  ['sentence_wait', 'first sentence'],
  ['tts_ttfb', 'speech'],
  ['playout', 'playout'],
] as const;

/** Where the time until the first audio of a turn went. */
export interface TurnLatency {
  /** Without those that LiveKit's version lacks, and those that took less than a millisecond. */
  readonly parts: readonly {
    readonly id: string;
    readonly label: string;
    readonly millis: number;
  }[];
  /** `voice.e2e_latency_ms`, or the sum of the parts. */
  readonly millis: number;
}

/** `undefined` for a span that is no voice turn. */
export function latencyOf(span: SpanFacts): TurnLatency | undefined {
  if (span.name !== 'agent_turn') return undefined;
  const parts = LATENCY_PARTS.flatMap(([id, label]) => {
    const millis = numberOf(span, `voice.turn.${id}_ms`);
    return millis === undefined || millis < 1 ? [] : [{ id, label, millis }];
  });
  const sum = parts.reduce((total, { millis }) => total + millis, 0);
  const millis = numberOf(span, 'voice.e2e_latency_ms') ?? sum;
  return millis > 0 ? { parts, millis } : undefined;
}

/** A latency and its parts: `reply 1.31 s: end of turn 520 ms, model 410 ms`. */
export function describeLatency({ millis, parts }: TurnLatency): string {
  const texts = parts.map((part) => `${part.label} ${showDuration(part.millis)}`);
  const reply = `reply ${showDuration(millis)}`;
  return texts.length === 0 ? reply : `${reply}: ${texts.join(', ')}`;
}

/** The value below which a part of the sorted values lies; `undefined` without values. */
export function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

/** OpenInference's kind. */
export function kindOf(span: SpanFacts): string | undefined {
  return textOf(span, 'openinference.span.kind');
}

export function textOf({ attributes }: SpanFacts, key: string): string | undefined {
  const value = attributes[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf({ attributes }: SpanFacts, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === 'number' ? value : undefined;
}

/** Tokens that this very span was billed; `undefined` where it has none. */
export function tokensOf(span: SpanFacts): { prompt: number; completion: number } | undefined {
  const prompt = numberOf(span, 'llm.token_count.prompt');
  const completion = numberOf(span, 'llm.token_count.completion');
  if (prompt === undefined && completion === undefined) return undefined;
  return { prompt: prompt ?? 0, completion: completion ?? 0 };
}

export function isFailed({ status }: SpanFacts): boolean {
  return status.code === 2;
}

/** Whether somebody spoke into this turn. */
export function isInterrupted({ name, attributes }: SpanFacts): boolean {
  return name === 'agent_turn' && attributes['voice.interrupted'] === true;
}

/** A duration in milliseconds as people read it. */
export function showDuration(millis: number): string {
  if (millis < 1) return `${millis.toFixed(2)} ms`;
  if (millis < 1000) return `${millis.toFixed(millis < 10 ? 1 : 0)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A span as the page gets it, in JSON. Times are milliseconds since the epoch, with fractions. */
export interface PageSpan extends SpanFacts {
  readonly startMillis: number;
  readonly endMillis: number;
  readonly events: readonly PageEvent[];
}

export interface PageEvent {
  readonly name: string;
  readonly atMillis: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** One session in the list of the page. */
export interface SessionSummary extends SpanCounts {
  /** `session.id`, or the trace's id where spans have none. */
  readonly id: string;
  readonly serviceName: string;
  /** What the user, or else the agent, said first. */
  readonly title: string;
  /** Empty where no span names it. */
  readonly room: string;
  readonly participant: string;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly startMillis: number;
  readonly endMillis: number;
  /** When its newest span arrived; 0 where it was read from a file. */
  readonly receivedMillis: number;
  /** Sorted. */
  readonly replyMillis: readonly number[];
  /** A root has arrived: sessions end with theirs. */
  readonly isComplete: boolean;
}

/** The newest value of a metric of a service. */
export interface PageMetric {
  readonly serviceName: string;
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of a histogram: the mean. */
  readonly value: number;
  /** Values in a histogram; 1 for a sum or a gauge. */
  readonly count: number;
}

/** Session of the doctor's test traces. */
export const DOCTOR_SESSION = 'catalyst-tracing-doctor';
