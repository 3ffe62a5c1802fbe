import {
  isFailed,
  isInterrupted,
  kindOf,
  modelCallsOf,
  numberOf,
  type SpanFacts,
  showDuration,
  textOf,
  tokensOf,
  type TreeRow,
  treeOf,
} from '../span-facts.js';
import { h, marked, showCount } from './dom.js';
import { errorOf, labelOf } from './span-reading.js';

/** A part of a session's time, milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export interface WaterfallView {
  readonly rows: readonly TreeRow[];
  readonly window: TimeWindow;
  readonly startMillis: number;
  readonly selected: string | undefined;
  readonly query: string;
}

const TICKS = 6;

/** A row for each span: its name in the tree, and its bar in time. */
export function renderWaterfall(view: WaterfallView): HTMLElement {
  const { window, startMillis, rows } = view;
  const ticks = ticksOf(window, startMillis).map((tick) => {
    const style = `left: ${placeOf(startMillis + tick, window)}%`;
    return h('span', { class: 'tick', style }, tick === 0 ? '0' : showDuration(tick));
  });
  return h(
    'div',
    { class: 'waterfall', role: 'tree', 'aria-label': 'Spans' },
    h('div', 'ruler', h('span', 'name', 'span'), h('div', 'lane', ticks)),
    rows.map((row) => renderRow(row, view)),
  );
}

function renderRow({ span, depth }: TreeRow, view: WaterfallView): HTMLElement {
  const { selected, query, window } = view;
  const kind = span.name === 'user_turn' ? 'USER' : (kindOf(span) ?? 'SPAN');
  const isTurn = span.name === 'agent_turn' || kind === 'USER';
  const isSelected = span.spanId === selected;
  const about = aboutOf(span);
  // A turn shows what was said, everything else its name first.
  const title =
    isTurn && about !== ''
      ? [h('span', 'label said', marked(about, query))]
      : [
          h('span', 'label', marked(labelOf(span), query)),
          h('span', 'about', marked(about, query)),
        ];
  return h(
    'div',
    {
      class: `row${isFailed(span) ? ' failed' : ''}${isSelected ? ' selected' : ''}`,
      'data-span': span.spanId,
      role: 'treeitem',
      tabindex: '0',
      'aria-level': String(depth + 1),
      'aria-selected': String(isSelected),
    },
    h(
      'span',
      {
        class: 'name',
        title: `${kindOf(span) ?? 'SPAN'} ${span.name}`,
        style: `padding-inline-start: ${8 + Math.min(depth, 12) * 14}px`,
      },
      h('i', { class: 'kind', 'data-kind': kind }, isTurn && kind !== 'USER' ? 'TURN' : kind),
      title,
    ),
    h('div', 'lane', renderBar(span, kind, window)),
  );
}

/** What distinguishes spans of one name. */
function aboutOf(span: SpanFacts): string {
  const kind = kindOf(span);
  const model = textOf(span, 'llm.model_name');
  const [input, output] = [textOf(span, 'input.value'), textOf(span, 'output.value')];
  if (kind === 'LLM' && model !== undefined) return model;
  if (kind === 'TOOL') return input ?? '';
  const keys = ['voice.tts.model', 'voice.tts.provider'];
  return keys.flatMap((key) => textOf(span, key) ?? []).join(', ') || (input ?? output ?? '');
}

function renderBar(span: SpanFacts, kind: string, window: TimeWindow): readonly HTMLElement[] {
  const from = Math.max(0, placeOf(span.startMillis, window));
  const to = Math.min(100, placeOf(span.endMillis, window));
  if (from > 100 || to < 0) return [];
  const style = `left: ${from}%; width: max(3px, ${to - from}%)`;
  const bar = h('span', { class: 'bar', 'data-kind': kind, style });
  const duration = span.endMillis - span.startMillis;
  const first = numberOf(span, 'voice.llm.ttft_ms') ?? numberOf(span, 'voice.tts.ttfb_ms');
  if (first !== undefined && first < duration) {
    const width = `width: ${(first / duration) * 100}%`;
    const title = `first after ${showDuration(first)}`;
    bar.append(h('span', { class: 'wait', title, style: width }));
  }
  // A bar that ends far to the right has its text in front, or within when it fills the lane.
  const isWithin = to > 70 && from < 25;
  const place =
    to <= 70
      ? `left: calc(max(${to}%, ${from}% + 3px) + 6px); right: 0`
      : isWithin
        ? `right: calc(${100 - to}% + 6px)`
        : `right: calc(${100 - from}% + 6px); max-width: calc(${from}% - 10px)`;
  const facts = factsOf(span, duration).join(' · ');
  return [bar, h('span', { class: isWithin ? 'after within' : 'after', style: place }, facts)];
}

function factsOf(span: SpanFacts, duration: number): readonly string[] {
  const tokens = tokensOf(span);
  const error = errorOf(span);
  const audio = numberOf(span, 'voice.tts.ttfb_ms');
  return [
    showDuration(duration),
    audio === undefined ? [] : `first audio ${showDuration(audio)}`,
    isInterrupted(span) ? 'interrupted' : [],
    tokens === undefined ? [] : `${showCount(tokens.prompt)}+${showCount(tokens.completion)} tok`,
    error === undefined ? [] : `✗ ${error.slice(0, 60)}`,
  ].flat();
}

/** From the first start to the last end. */
export function wholeOf(spans: readonly SpanFacts[]): TimeWindow {
  return {
    from: spans.reduce((least, span) => Math.min(least, span.startMillis), Infinity),
    to: spans.reduce((most, span) => Math.max(most, span.endMillis), 0),
  };
}

/** Where a moment is in a window, in percent of its width; outside of 0 to 100 it is not in it. */
function placeOf(millis: number, { from, to }: TimeWindow): number {
  return to === from ? 0 : ((millis - from) / (to - from)) * 100;
}

/** Moments for a ruler, in round steps, as milliseconds after `origin`. */
function ticksOf({ from, to }: TimeWindow, origin: number): readonly number[] {
  const rough = Math.max((to - from) / TICKS, 1);
  // 1, 2 or 5 times a power of ten, or of minutes.
  const unit = rough > 30_000 ? 60_000 : 1;
  const power = unit * 10 ** Math.floor(Math.log10(rough / unit));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil((from - origin) / step);
  // None so far to the right that its text would be cut.
  const last = Math.floor((to - origin - (to - from) * 0.06) / step);
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => (first + index) * step,
  );
}

/** The spans of a session as rows: all, or the essential ones. */
export function createTree(spans: readonly SpanFacts[], showAll: boolean): readonly TreeRow[] {
  const byStart = spans.toSorted((a, b) => a.startMillis - b.startMillis);
  const calls = new Set(modelCallsOf(spans));
  return treeOf(byStart, (span) => showAll || isEssential(span, calls));
}

/**
 * Not what only frames other spans: hooks that did nothing, the attempts of a model call that went
 * well, the node around a request. A span with text, tokens, or an error is always shown.
 */
function isEssential(span: SpanFacts, calls: ReadonlySet<SpanFacts>): boolean {
  const kind = kindOf(span) ?? 'SPAN';
  if (kind === 'LLM') return calls.has(span);
  if (isFailed(span) || kind !== 'CHAIN') return true;
  return textOf(span, 'input.value') !== undefined || textOf(span, 'output.value') !== undefined
    ? span.name !== 'eou_detection'
    : span.name === 'tts_request' || span.name === 'agent_turn';
}
