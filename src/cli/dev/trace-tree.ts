import { createPaint, type Paint, type Style } from '../terminal.js';
import {
  groupBy,
  isFailed,
  isInterrupted,
  kindOf,
  type SpanCounts,
  type SpanFacts,
  textOf,
  tokensOf,
  treeOf,
} from '../span-facts.js';

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
  spans: readonly SpanFacts[],
  options: TraceTreeOptions = {},
): string {
  const paint = createPaint(options.color === true);
  const byStart = spans.toSorted((a, b) => a.startMillis - b.startMillis);
  const traces = [...groupBy(byStart, ({ traceId }) => traceId)];
  return traces
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([traceId, members]) => [
      paint('bold', `trace ${oneLine(traceId)}`),
      ...drawTree(members, paint, options),
    ])
    .join('\n');
}

function drawTree(
  byStart: readonly SpanFacts[],
  paint: Paint,
  options: TraceTreeOptions,
): readonly string[] {
  /** By depth, whether a sibling follows: known from the last row upwards. */
  const isFollowed: boolean[] = [];
  const lines = treeOf(byStart)
    .toReversed()
    .map(({ span, depth }) => {
      const rails = Array.from({ length: depth }, (_, index) => {
        const isRail = isFollowed[index + 1] === true;
        if (index === depth - 1) return isRail ? '├─ ' : '└─ ';
        return isRail ? '│  ' : '   ';
      });
      isFollowed.length = depth;
      isFollowed[depth] = true;
      const before = rails.join('');
      return `${paint('dim', before)}${describe(span, paint, before.length, options)}`;
    });
  return lines.toReversed();
}

/** The totals as one line. */
export function renderTotals(totals: SpanCounts): string {
  const kinds = Object.entries(totals.kinds).map(([kind, count]) => `${count} ${oneLine(kind)}`);
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
function describe(
  span: SpanFacts,
  paint: Paint,
  indent: number,
  options: TraceTreeOptions,
): string {
  const { textLength = 44, columns = Infinity } = options;
  const error = isFailed(span) ? oneLine(span.status.message, textLength) || 'error' : undefined;
  const facts = factsOf(span);
  const failure: readonly Part[] = error === undefined ? [] : [['red', `✗ ${error}`]];
  const taken = [...facts, ...failure].reduce((sum, [, text]) => sum + text.length + 2, indent);
  const said = [
    ['‹', textOf(span, 'input.value')],
    ['›', textOf(span, 'output.value')],
  ].filter(([, text]) => text !== undefined);
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

function factsOf(span: SpanFacts): readonly Part[] {
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
  return facts.flatMap(([style, text]) =>
    text === undefined ? [] : [[style, text.replace(/\p{Cc}+/gu, ' ')] as const],
  );
}

function tokens(span: SpanFacts): string | undefined {
  const counts = tokensOf(span);
  return counts && `${counts.prompt}+${counts.completion} tokens`;
}

/** Without line breaks and control characters, which a terminal would obey. */
function oneLine(text: string, length = Infinity): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (line.length <= length) return line;
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}

function duration({ startMillis, endMillis }: SpanFacts): string {
  const millis = endMillis - startMillis;
  return millis < 1000
    ? `${millis.toFixed(millis < 10 ? 1 : 0)}ms`
    : `${(millis / 1000).toFixed(2)}s`;
}
