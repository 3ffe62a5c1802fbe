import type { PageSpan } from '../dev/page-span.js';
import { h, marked } from './dom.js';
import { showCount, showDuration } from './readable-numbers.js';
import { errorOf, isTurn, kindOf, labelOf, numberOf, textOf, tokensOf } from './span-reading.js';
import { hasOpenParent, type TreeNode } from './span-tree.js';
import { placeOf, ticksOf, type TimeWindow } from './time-window.js';

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
    const mark = h('span', { className: 'tick' }, tick === 0 ? '0' : showDuration(tick));
    mark.style.left = `${placeOf(startMillis + tick, window)}%`;
    return mark;
  });
  return h(
    'div',
    { className: 'ruler' },
    h('span', { className: 'name' }, 'span'),
    h('div', { className: 'lane' }, ...ticks),
  );
}

function renderRow(node: TreeNode, options: WaterfallOptions): HTMLElement {
  const { span } = node;
  const { selected, query, onSelect, onZoom } = options;
  const kind = kindOf(span);
  const classes = ['row', span.isError ? 'failed' : '', span.spanId === selected ? 'selected' : ''];
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
      attributes: { role: 'treeitem', tabindex: '-1', 'aria-level': String(node.depth + 1) },
      onClick: () => onSelect(span),
    },
    name,
    renderLane(span, kind, options),
  );
  row.addEventListener('dblclick', () => onZoom(span));
  return row;
}

/** The kind, or whose turn it is. */
function renderChip(span: PageSpan, kind: string): HTMLElement {
  const isUsers = span.name === 'user_turn';
  const text = isUsers ? 'USER' : isTurn(span) ? 'TURN' : kind;
  return h('i', { className: 'kind', data: { kind: isUsers ? 'USER' : kind } }, text);
}

/** A turn is told by its words, everything else by its name first. */
function renderTitle(span: PageSpan, query: string): readonly HTMLElement[] {
  const words = about(span);
  return isTurn(span) && words !== ''
    ? [h('span', { className: 'label said' }, marked(words, query))]
    : [
        h('span', { className: 'label' }, marked(labelOf(span), query)),
        h('span', { className: 'about' }, marked(words, query)),
      ];
}

/** What tells spans of one name apart. */
function about(span: PageSpan): string {
  const model = textOf(span, 'llm.model_name');
  if (kindOf(span) === 'LLM' && model !== undefined) return model;
  if (kindOf(span) === 'TOOL') return textOf(span, 'input.value') ?? '';
  return textOf(span, 'input.value') ?? textOf(span, 'output.value') ?? '';
}

function renderLane(span: PageSpan, kind: string, { window }: WaterfallOptions): HTMLElement {
  const from = Math.max(0, placeOf(span.startMillis, window));
  const to = Math.min(100, placeOf(span.endMillis, window));
  if (from > 100 || to < 0) return h('div', { className: 'lane' });
  const isUsers = span.name === 'user_turn';
  const bar = h('span', { className: 'bar', data: { kind: isUsers ? 'USER' : kind } });
  bar.style.left = `${from}%`;
  bar.style.width = `max(3px, ${to - from}%)`;
  const ttft = numberOf(span, 'voice.llm.ttft_ms');
  const duration = span.endMillis - span.startMillis;
  if (ttft !== undefined && ttft < duration) {
    const wait = h('span', { className: 'wait', title: `first token after ${showDuration(ttft)}` });
    wait.style.width = `${(ttft / duration) * 100}%`;
    bar.append(wait);
  }
  const after = h('span', { className: 'after' }, afterBar(span, duration));
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
  return h('div', { className: 'lane' }, bar, after);
}

function afterBar(span: PageSpan, duration: number): string {
  const tokens = tokensOf(span);
  const error = errorOf(span);
  return [
    showDuration(duration),
    tokens === undefined ? [] : `${showCount(tokens.prompt)}+${showCount(tokens.completion)} tok`,
    error === undefined ? [] : `✗ ${error.slice(0, 60)}`,
  ]
    .flat()
    .join(' · ');
}
