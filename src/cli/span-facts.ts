/**
 * A span as terminal, receiver and page read it, in JSON too. Times are milliseconds since the epoch,
 * with fractions. This file imports nothing, because it also runs in the browser.
 */
export interface SpanFacts {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly atMillis: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  /** `code` as on the wire: 2 is an error. */
  readonly status: { readonly code: number; readonly message: string };
}

/** What happened in some spans. One count for page, list and terminal. */
export interface SpanCounts {
  readonly spans: number;
  readonly traces: number;
  readonly sessions: number;
  /** See {@link failuresOf}. */
  readonly errors: number;
  /** Further attempts of model calls. */
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
/** The mapping fails the request when the last attempt has failed. */
const ATTEMPTS: readonly string[] = [ATTEMPT, 'tts_request_run'];

/** One of each span. Batches are repeated, and what was sent as incomplete may still end. */
export function distinctSpans<T extends SpanFacts>(spans: readonly T[]): readonly T[] {
  const byId = new Map<string, T>();
  for (const span of spans) {
    const id = `${span.traceId} ${span.spanId}`;
    if (span.attributes['catalyst.incomplete'] !== true || !byId.has(id)) byId.set(id, span);
  }
  return [...byId.values()];
}

/** A span in the tree. */
export interface TreeRow<T extends SpanFacts = SpanFacts> {
  readonly span: T;
  readonly depth: number;
}

/**
 * Rows of the shown spans, parents before children, siblings in the order of `spans`. A span without
 * a shown ancestor is a root.
 */
export function treeOf<T extends SpanFacts>(
  spans: readonly T[],
  isShown: (span: T) => boolean = () => true,
): readonly TreeRow<T>[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const shown = spans.filter(isShown);
  const children = groupBy(shown, (span) => ancestorsOf(span, byId).find(isShown));
  const rows = new Map<T, TreeRow<T>>();
  // What arrives may be a circle, which has no root: then its first span is one.
  for (const root of [...(children.get(undefined) ?? []), ...shown]) {
    const stack: TreeRow<T>[] = [{ span: root, depth: 0 }];
    for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
      const { span, depth } = row;
      if (rows.has(span)) continue;
      rows.set(span, row);
      const below = children.get(span) ?? [];
      stack.push(...below.toReversed().map((child) => ({ span: child, depth: depth + 1 })));
    }
  }
  return [...rows.values()];
}

/** `Map.groupBy` of Node 21. */
export function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** The nearest first, and none twice: what arrives may be a circle. */
function ancestorsOf<T extends SpanFacts>(span: T, byId: ReadonlyMap<string, T>): readonly T[] {
  const ancestors = new Set<T>();
  let at = byId.get(span.parentSpanId);
  for (; at !== undefined && !ancestors.has(at); at = byId.get(at.parentSpanId)) ancestors.add(at);
  return [...ancestors];
}

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

/** Where things went wrong: without attempts, and without what failed because of a child. */
export function failuresOf(spans: readonly SpanFacts[]): readonly SpanFacts[] {
  const failed = spans.filter((span) => isFailed(span) && !ATTEMPTS.includes(span.name));
  const blamed = new Set(failed.map(({ parentSpanId }) => parentSpanId));
  return failed.filter(({ spanId }) => !blamed.has(spanId));
}

/**
 * The model calls: of the nested spans of each, the one that was billed, else the request, else the
 * outermost.
 */
export function modelCallsOf(spans: readonly SpanFacts[]): readonly SpanFacts[] {
  const models = spans.filter((span) => kindOf(span) === 'LLM');
  const byId = new Map(models.map((span) => [span.spanId, span]));
  const calls = new Set(models.filter((span) => tokensOf(span) !== undefined));
  for (const isCall of [
    (span: SpanFacts) => span.name === LLM_REQUEST,
    (span: SpanFacts) => !byId.has(span.parentSpanId),
  ]) {
    const known = new Set([...calls].flatMap((call) => [call, ...ancestorsOf(call, byId)]));
    for (const span of models) if (isCall(span) && !known.has(span)) calls.add(span);
  }
  return models.filter((span) => calls.has(span));
}

/** Parts of a voice turn's latency in the order in which they pass: key on `agent_turn`, name, colour. */
export const LATENCY_PARTS = [
  ['end_of_turn', 'end of turn', '#4c8fd6'],
  ['on_user_turn_completed', 'callback', '#3f7f93'],
  ['llm_ttft', 'model', '#8a63d2'],
  ['tool', 'tools', '#c98a1b'],
  ['sentence_wait', 'first sentence', '#c65b8d'],
  ['tts_ttfb', 'speech', '#2a9d83'],
  ['playout', 'playout', '#7d8899'],
] as const;

/** Where the time until the first audio of a turn went. */
export interface TurnLatency {
  /** Without those that LiveKit's version lacks, and those that took less than a millisecond. */
  readonly parts: readonly {
    readonly label: string;
    readonly color: string;
    readonly millis: number;
  }[];
  /** `voice.e2e_latency_ms`, or the sum of the parts. */
  readonly millis: number;
}

/** `undefined` for a span that is no voice turn. */
export function latencyOf(span: SpanFacts): TurnLatency | undefined {
  if (span.name !== 'agent_turn') return undefined;
  const parts = LATENCY_PARTS.flatMap(([key, label, color]) => {
    const millis = numberOf(span, `voice.turn.${key}_ms`);
    return millis === undefined || millis < 1 ? [] : [{ label, color, millis }];
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

/** A finite number: one that is none would spoil every sum, and is null in the page's JSON. */
export function numberOf({ attributes }: SpanFacts, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
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

/** One session in the list of the page. */
export interface SessionSummary extends SpanCounts {
  /** `session.id`, or the trace's id where spans have none. */
  readonly id: string;
  /** Spans that arrived, those that were repeated included. */
  readonly received: number;
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
