import {
  isFailed,
  isInterrupted,
  kindOf,
  modelCallsOf,
  numberOf,
  type PageSpan,
  showDuration,
  textOf,
  tokensOf,
} from '../span-facts.js';
import { h, marked, showCount } from './dom.js';
import { errorOf, isTurn, labelOf } from './span-reading.js';

export interface WaterfallOptions {
  readonly rows: readonly TreeNode[];
  /** Ids of all spans that have arrived, shown or not. */
  readonly ids: ReadonlySet<string>;
  readonly window: TimeWindow;
  readonly startMillis: number;
  readonly selected: string | undefined;
  readonly query: string;
  readonly onSelect: (span: PageSpan) => void;
  readonly onZoom: (span: PageSpan) => void;
}

const TICKS = 6;

/** A row for each span: its name in the tree, and its bar in time. */
export function renderWaterfall(options: WaterfallOptions): HTMLElement {
  return h(
    'div',
    { className: 'waterfall', attributes: { role: 'tree', 'aria-label': 'Spans' } },
    renderRuler(options),
    ...options.rows.map((node) => renderRow(node, options)),
  );
}

function renderRuler({ window, startMillis }: WaterfallOptions): HTMLElement {
  const ticks = ticksOf(window, startMillis, TICKS).map((tick) => {
    const mark = h('span', 'tick', tick === 0 ? '0' : showDuration(tick));
    mark.style.left = `${placeOf(startMillis + tick, window)}%`;
    return mark;
  });
  return h('div', 'ruler', h('span', 'name', 'span'), h('div', 'lane', ...ticks));
}

function renderRow(node: TreeNode, options: WaterfallOptions): HTMLElement {
  const { span } = node;
  const { selected, query, onSelect, onZoom } = options;
  const kind = kindOf(span) ?? 'SPAN';
  const classes = [
    'row',
    isFailed(span) ? 'failed' : '',
    span.spanId === selected ? 'selected' : '',
  ];
  const name = h(
    'span',
    { className: 'name', title: `${kind} ${span.name}` },
    renderChip(span, kind),
    ...renderTitle(span, query),
    hasOpenParent(span, options.ids)
      ? h('span', { className: 'open', title: 'Its parent has not ended yet' }, '…')
      : undefined,
  );
  name.style.paddingInlineStart = `${8 + Math.min(node.depth, 12) * 14}px`;
  const row = h(
    'div',
    {
      className: classes.join(' ').trim(),
      data: { span: span.spanId },
      attributes: {
        role: 'treeitem',
        'aria-level': String(node.depth + 1),
        'aria-selected': String(span.spanId === selected),
      },
      onClick: () => onSelect(span),
    },
    name,
    renderLane(span, kind, options),
  );
  row.addEventListener('dblclick', () => onZoom(span));
  return row;
}

/** The kind; of a turn, who speaks. */
function renderChip(span: PageSpan, kind: string): HTMLElement {
  const isUsers = span.name === 'user_turn';
  const text = isUsers ? 'USER' : isTurn(span) ? 'TURN' : kind;
  return h('i', { className: 'kind', data: { kind: isUsers ? 'USER' : kind } }, text);
}

/** A turn shows what was said, everything else its name first. */
function renderTitle(span: PageSpan, query: string): readonly HTMLElement[] {
  const text = about(span);
  return isTurn(span) && text !== ''
    ? [h('span', 'label said', marked(text, query))]
    : [h('span', 'label', marked(labelOf(span), query)), h('span', 'about', marked(text, query))];
}

/** What distinguishes spans of one name. */
function about(span: PageSpan): string {
  const model = textOf(span, 'llm.model_name');
  if (kindOf(span) === 'LLM' && model !== undefined) return model;
  if (kindOf(span) === 'TOOL') return textOf(span, 'input.value') ?? '';
  const speech = ['voice.tts.model', 'voice.tts.provider'].flatMap(
    (key) => textOf(span, key) ?? [],
  );
  if (speech.length > 0) return speech.join(', ');
  return textOf(span, 'input.value') ?? textOf(span, 'output.value') ?? '';
}

function renderLane(span: PageSpan, kind: string, { window }: WaterfallOptions): HTMLElement {
  const from = Math.max(0, placeOf(span.startMillis, window));
  const to = Math.min(100, placeOf(span.endMillis, window));
  if (from > 100 || to < 0) return h('div', 'lane');
  const isUsers = span.name === 'user_turn';
  const bar = h('span', { className: 'bar', data: { kind: isUsers ? 'USER' : kind } });
  bar.style.left = `${from}%`;
  bar.style.width = `max(3px, ${to - from}%)`;
  const first = numberOf(span, 'voice.llm.ttft_ms') ?? numberOf(span, 'voice.tts.ttfb_ms');
  const duration = span.endMillis - span.startMillis;
  if (first !== undefined && first < duration) {
    const wait = h('span', { className: 'wait', title: `first after ${showDuration(first)}` });
    wait.style.width = `${(first / duration) * 100}%`;
    bar.append(wait);
  }
  const after = h('span', 'after', afterBar(span, duration));
  // A bar that ends far to the right has its text in front, or within when it fills the lane.
  if (to > 70 && from < 25) {
    after.classList.add('within');
    after.style.right = `calc(${100 - to}% + 6px)`;
  } else if (to > 70) {
    after.style.right = `calc(${100 - from}% + 6px)`;
    after.style.maxWidth = `calc(${from}% - 10px)`;
  } else {
    after.style.left = `calc(max(${to}%, ${from}% + 3px) + 6px)`;
    after.style.right = '0';
  }
  return h('div', 'lane', bar, after);
}

function afterBar(span: PageSpan, duration: number): string {
  const tokens = tokensOf(span);
  const error = errorOf(span);
  const audio = numberOf(span, 'voice.tts.ttfb_ms');
  return [
    showDuration(duration),
    audio === undefined ? [] : `first audio ${showDuration(audio)}`,
    isInterrupted(span) ? 'interrupted' : [],
    tokens === undefined ? [] : `${showCount(tokens.prompt)}+${showCount(tokens.completion)} tok`,
    error === undefined ? [] : `✗ ${error.slice(0, 60)}`,
  ]
    .flat()
    .join(' · ');
}

/** A part of a session's time, milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** From the first start to the last end. */
export function wholeOf(spans: readonly TimedSpan[]): TimeWindow {
  return {
    from: spans.reduce((least, span) => Math.min(least, span.startMillis), Infinity),
    to: spans.reduce((most, span) => Math.max(most, span.endMillis), 0),
  };
}

interface TimedSpan {
  readonly startMillis: number;
  readonly endMillis: number;
}

/** Where a moment is in a window, in percent of its width; outside of 0 to 100 it is not in it. */
export function placeOf(millis: number, { from, to }: TimeWindow): number {
  return to === from ? 0 : ((millis - from) / (to - from)) * 100;
}

/** Round moments for a ruler, about `count` of them, as milliseconds after `origin`. */
export function ticksOf(window: TimeWindow, origin: number, count: number): readonly number[] {
  const step = roundStep((window.to - window.from) / count);
  const first = Math.ceil((window.from - origin) / step) * step;
  const ticks: number[] = [];
  // None so far to the right that its text would be cut.
  const last = window.to - origin - (window.to - window.from) * 0.06;
  for (let tick = first; tick <= last; tick += step) ticks.push(tick);
  return ticks;
}

/** The next of 1, 2 or 5 times a power of ten, or of minutes. */
function roundStep(millis: number): number {
  if (!(millis > 0)) return 1;
  const MINUTE = 60_000;
  const unit = millis > MINUTE / 2 ? MINUTE : 1;
  const power = 10 ** Math.floor(Math.log10(millis / unit));
  const factor = [1, 2, 5, 10].find((each) => each * power * unit >= millis) ?? 10;
  return factor * power * unit;
}

/** A span in the tree. */
export interface TreeNode {
  readonly span: PageSpan;
  readonly depth: number;
  readonly parent: TreeNode | undefined;
  readonly children: TreeNode[];
}

/** The spans of a session as rows, parents before children, siblings by their start. */
export function createTree(spans: readonly PageSpan[], showAll: boolean): readonly TreeNode[] {
  const shown = showAll ? new Set(spans) : essentialSpans(spans);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const nodes = new Map<string, TreeNode>();
  const roots: TreeNode[] = [];
  // What arrives may be a circle: a span that is being placed is nobody's parent yet.
  const underWay = new Set<PageSpan>();

  function nodeOf(span: PageSpan): TreeNode {
    const known = nodes.get(span.spanId);
    if (known !== undefined) return known;
    const above = shownAncestor(span, byId, shown);
    underWay.add(span);
    const parent = above === undefined || underWay.has(above) ? undefined : nodeOf(above);
    underWay.delete(span);
    const node: TreeNode = { span, depth: parent ? parent.depth + 1 : 0, parent, children: [] };
    nodes.set(span.spanId, node);
    (parent?.children ?? roots).push(node);
    return node;
  }

  for (const span of spans.toSorted((a, b) => a.startMillis - b.startMillis)) {
    if (shown.has(span)) nodeOf(span);
  }
  return flatten(roots);
}

/** Whether a span's parent has not arrived: it is still open, or another process has it. */
function hasOpenParent(span: PageSpan, ids: ReadonlySet<string>): boolean {
  return span.parentSpanId !== '' && !ids.has(span.parentSpanId);
}

/**
 * Without what only frames other spans: hooks that did nothing, the attempts of a model call that
 * went well, the node around a request. A span with text, tokens, or an error is always shown.
 */
function essentialSpans(spans: readonly PageSpan[]): Set<PageSpan> {
  const calls = new Set(modelCallsOf(spans));
  return new Set(
    spans.filter((span) => {
      const kind = kindOf(span) ?? 'SPAN';
      if (kind === 'LLM') return calls.has(span);
      if (isFailed(span) || kind !== 'CHAIN') return true;
      return textOf(span, 'input.value') !== undefined || textOf(span, 'output.value') !== undefined
        ? span.name !== 'eou_detection'
        : span.name === 'tts_request' || span.name === 'agent_turn';
    }),
  );
}

function shownAncestor(
  span: PageSpan,
  byId: ReadonlyMap<string, PageSpan>,
  shown: ReadonlySet<PageSpan>,
): PageSpan | undefined {
  // Bounded, because what arrives may be a circle.
  let above = byId.get(span.parentSpanId);
  for (let steps = 0; above !== undefined && steps < byId.size; steps++) {
    if (above === span) return undefined;
    if (shown.has(above)) return above;
    above = byId.get(above.parentSpanId);
  }
  return undefined;
}

function flatten(roots: readonly TreeNode[]): readonly TreeNode[] {
  return roots.flatMap((node) => [node, ...flatten(node.children)]);
}
