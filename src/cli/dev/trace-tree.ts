import { createPaint, type Paint, type Style } from '../terminal.js';
import {
  isFailed,
  isInterrupted,
  kindOf,
  type SpanCounts,
  type SpanFacts,
  textOf,
  tokensOf,
} from '../span-facts.js';

/** What the tree reads of a span; a decoded OTLP span has it. */
export interface TreeSpan extends SpanFacts {
  readonly startNanos: bigint;
  readonly endNanos: bigint;
}

export interface TraceTreeOptions {
  /** ANSI colours. Default false; `process.stdout.hasColors()` knows about terminals and NO_COLOR. */
  readonly color?: boolean;
  /** Characters of `input.value` and of `output.value`. Default 44. */
  readonly textLength?: number;
  /** Width of the terminal: texts are cut, or left out, so that a line fits. Default: no limit. */
  readonly columns?: number | undefined;
}

/** Fewer characters than this say nothing. */
const MIN_TEXT_LENGTH = 6;

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
    lines.push(`${paint('dim', before)}${describe(span, paint, before.length, options)}`);
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

/** The totals as one line. */
export function renderTotals(totals: SpanCounts): string {
  const kinds = Object.entries(totals.kinds).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${totals.spans} spans (${kinds.join(', ')})`,
    `traces: ${totals.traces}`,
    `sessions: ${totals.sessions}`,
    `tokens: ${totals.promptTokens} prompt + ${totals.completionTokens} completion = ${totals.totalTokens}`,
    `model calls: ${totals.modelCalls}`,
    `errors: ${totals.errors}`,
    ...(totals.retries === 0 ? [] : [`retries: ${totals.retries}`]),
    ...(totals.interruptions === 0 ? [] : [`interruptions: ${totals.interruptions}`]),
  ].join('  ·  ');
}

type Part = readonly [Style | undefined, string];

/** Facts first; what was said gets the room that they leave. */
function describe(span: TreeSpan, paint: Paint, indent: number, options: TraceTreeOptions): string {
  const { textLength = 44, columns = Infinity } = options;
  const error = isFailed(span) ? oneLine(span.status.message, textLength) || 'error' : undefined;
  const facts = factsOf(span);
  const failure: readonly Part[] = error === undefined ? [] : [['red', `✗ ${error}`]];
  const taken = [...facts, ...failure].reduce((sum, [, text]) => sum + text.length + 2, indent);
  const said = [
    ['‹', textOf(span, 'input.value')],
    ['›', textOf(span, 'output.value')],
  ].filter(([, text]) => text !== undefined && text !== '');
  const room = Math.min(textLength, Math.floor((columns - taken) / said.length) - 4);
  const shown = room < Math.min(textLength, MIN_TEXT_LENGTH) ? [] : said;
  return [
    ...facts,
    ...shown.map(([mark, text = '']): Part => [undefined, `${mark} ${oneLine(text, room)}`]),
    ...failure,
  ]
    .map(([style, text]) => (style === undefined ? text : paint(style, text)))
    .join('  ');
}

function factsOf(span: TreeSpan): readonly Part[] {
  const kind = kindOf(span) ?? 'none';
  const agent = textOf(span, 'agent.name');
  const facts: readonly (readonly [Style | undefined, string | undefined])[] = [
    [STYLE_BY_KIND[kind] ?? 'dim', kind.padEnd(5)],
    [isFailed(span) ? 'red' : 'bold', span.name],
    ['dim', duration(span)],
    ['yellow', textOf(span, 'tool.name')],
    ['magenta', agent && `@${agent}`],
    ['blue', textOf(span, 'llm.model_name')],
    [undefined, tokens(span)],
    ['yellow', isInterrupted(span) ? 'interrupted' : undefined],
  ];
  return facts.flatMap(([style, text]) => (text === undefined ? [] : [[style, text] as const]));
}

function tokens(span: TreeSpan): string | undefined {
  const counts = tokensOf(span);
  return counts && `${counts.prompt}+${counts.completion} tokens`;
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

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
