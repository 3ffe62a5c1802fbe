import { createPaint, type Paint, type Style } from '../terminal.js';

/** What the tree reads of a span; a decoded OTLP span has it. */
export interface TreeSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `code` as on the wire: 2 is an error. */
  readonly status: { readonly code: number; readonly message: string };
}

export interface TraceTreeOptions {
  /** ANSI colours. Default false; `process.stdout.hasColors()` knows about terminals and NO_COLOR. */
  readonly color?: boolean;
  /** Characters of `input.value` and of `output.value`. Default 44. */
  readonly words?: number;
}

/** What a receiver can count without knowing anything about LiveKit. */
export interface TraceTotals {
  readonly spans: number;
  readonly traces: number;
  readonly sessions: number;
  readonly errors: number;
  /** Spans by `openinference.span.kind`, most frequent first. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

const STYLE_BY_KIND: Readonly<Record<string, Style>> = {
  AGENT: 'magenta',
  LLM: 'blue',
  TOOL: 'yellow',
  CHAIN: 'dim',
};

/** A line per span, children under their parents in the order in which they started. */
export function renderTraceTree(
  spans: readonly TreeSpan[],
  options: TraceTreeOptions = {},
): string {
  const paint = createPaint(options.color === true);
  const ids = new Set(spans.map((span) => span.spanId));
  const byStart = spans.toSorted((a, b) => compare(a.startNanos, b.startNanos));
  // A span whose parent was not received is shown as a root, so that nothing is left out.
  const roots = byStart.filter((span) => !ids.has(span.parentSpanId));
  const lines: string[] = [];

  function draw(span: TreeSpan, before: string, below: string): void {
    lines.push(`${paint('dim', before)}${describe(span, paint, options.words ?? 44)}`);
    const children = byStart.filter((child) => child.parentSpanId === span.spanId);
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      draw(child, below + (isLast ? '└─ ' : '├─ '), below + (isLast ? '   ' : '│  '));
    }
  }

  let traceId: string | undefined;
  for (const root of roots.toSorted((a, b) => compare(a.traceId, b.traceId))) {
    if (root.traceId !== traceId) lines.push(paint('bold', `trace ${root.traceId}`));
    traceId = root.traceId;
    draw(root, '', '');
  }
  return lines.join('\n');
}

/** Counts and token sums over all spans. */
export function sumTraces(spans: readonly TreeSpan[]): TraceTotals {
  const sum = (key: string): number =>
    spans.reduce((total, span) => total + (numberOf(span, key) ?? 0), 0);
  const kinds = new Map<string, number>();
  for (const span of spans) kinds.set(kindOf(span), (kinds.get(kindOf(span)) ?? 0) + 1);
  const sessions = spans.flatMap((span) => textOf(span, 'session.id') ?? []);
  return {
    spans: spans.length,
    traces: new Set(spans.map((span) => span.traceId)).size,
    sessions: new Set(sessions).size,
    errors: spans.filter(isError).length,
    kinds: Object.fromEntries([...kinds].toSorted((a, b) => b[1] - a[1])),
    promptTokens: sum('llm.token_count.prompt'),
    completionTokens: sum('llm.token_count.completion'),
    totalTokens: sum('llm.token_count.total'),
  };
}

/** The totals as one line. */
export function renderTotals(totals: TraceTotals): string {
  const kinds = Object.entries(totals.kinds).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${totals.spans} spans (${kinds.join(', ')})`,
    `traces: ${totals.traces}`,
    `sessions: ${totals.sessions}`,
    `tokens: ${totals.promptTokens} prompt + ${totals.completionTokens} completion = ${totals.totalTokens}`,
    `errors: ${totals.errors}`,
  ].join('  ·  ');
}

function describe(span: TreeSpan, paint: Paint, words: number): string {
  const kind = kindOf(span);
  const agent = textOf(span, 'agent.name');
  const model = textOf(span, 'llm.model_name');
  const tool = textOf(span, 'tool.name');
  const parts = [
    paint(STYLE_BY_KIND[kind] ?? 'dim', kind.padEnd(5)),
    paint(isError(span) ? 'red' : 'bold', span.name),
    paint('dim', duration(span)),
    tool === undefined ? undefined : paint('yellow', tool),
    agent === undefined ? undefined : paint('magenta', `@${agent}`),
    model === undefined ? undefined : paint('blue', model),
    tokens(span),
    excerpt('‹', textOf(span, 'input.value'), words),
    excerpt('›', textOf(span, 'output.value'), words),
    isError(span) ? paint('red', `✗ ${oneLine(span.status.message, words) || 'error'}`) : undefined,
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

function tokens(span: TreeSpan): string | undefined {
  const prompt = numberOf(span, 'llm.token_count.prompt');
  const completion = numberOf(span, 'llm.token_count.completion');
  if (prompt === undefined && completion === undefined) return undefined;
  return `${prompt ?? 0}+${completion ?? 0} tokens`;
}

function excerpt(mark: string, text: string | undefined, length: number): string | undefined {
  return text === undefined || text === '' ? undefined : `${mark} ${oneLine(text, length)}`;
}

/** Without line breaks and control characters, which a terminal would obey. */
function oneLine(text: string, length: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}

function duration(span: TreeSpan): string {
  const millis = Number(span.endNanos - span.startNanos) / 1e6;
  return millis < 1000
    ? `${millis.toFixed(millis < 10 ? 1 : 0)}ms`
    : `${(millis / 1000).toFixed(2)}s`;
}

function kindOf(span: TreeSpan): string {
  return textOf(span, 'openinference.span.kind') ?? 'none';
}

function isError(span: TreeSpan): boolean {
  return span.status.code === 2;
}

function textOf(span: TreeSpan, key: string): string | undefined {
  const value = span.attributes[key];
  return typeof value === 'string' ? value : undefined;
}

function numberOf(span: TreeSpan, key: string): number | undefined {
  const value = span.attributes[key];
  return typeof value === 'number' ? value : undefined;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
