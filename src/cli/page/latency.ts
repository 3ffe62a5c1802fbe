import {
  describeLatency,
  LATENCY_PARTS,
  latencyOf,
  type PageSpan,
  showDuration,
} from '../span-facts.js';
import { type Child, h } from './dom.js';

const COLORS: Readonly<Record<string, string>> = {
  end_of_turn: '#4c8fd6',
  on_user_turn_completed: '#3f7f93',
  llm_ttft: '#8a63d2',
  tool: '#c98a1b',
  sentence_wait: '#c65b8d',
  tts_ttfb: '#2a9d83',
  playout: '#7d8899',
};

/** A narrower part of a bar has no room for text: the legend names its colour. */
const MIN_LABELLED_SHARE = 0.1;

function createPart(id: string, millis: number, title = '', text = title): HTMLElement {
  const part = h('span', { className: 'part', title }, text);
  part.style.background = COLORS[id] ?? '';
  part.style.flexGrow = String(millis);
  return part;
}

/** One bar for the latency of a turn, divided into its parts. */
export function renderLatencyBar(turn: PageSpan): Child {
  const latency = latencyOf(turn);
  if (latency === undefined || latency.parts.length === 0) return undefined;
  const parts = latency.parts.map(({ id, label, millis }) => {
    const title = `${label} ${showDuration(millis)}`;
    const isWide = millis / latency.millis >= MIN_LABELLED_SHARE;
    return createPart(id, millis, title, isWide ? title : '');
  });
  const attributes = { role: 'img', 'aria-label': describeLatency(latency) };
  return h('div', { className: 'latency', attributes }, ...parts);
}

/** All turns of a session as columns, so that the slow one is seen; a click goes to the turn. */
export function renderLatencyChart(
  spans: readonly PageSpan[],
  selected: string | undefined,
  onSelect: (span: PageSpan) => void,
): readonly Child[] {
  const turns = spans
    .flatMap((span) => {
      const latency = latencyOf(span);
      return latency === undefined ? [] : [{ span, latency }];
    })
    .toSorted((a, b) => a.span.startMillis - b.span.startMillis);
  if (turns.length < 2) return [];
  const most = Math.max(...turns.map(({ latency }) => latency.millis));
  const columns = turns.map(({ span, latency }, index) => {
    const { millis, parts } = latency;
    const pieces = parts.map((part) => createPart(part.id, part.millis)).toReversed();
    const column = h(
      'button',
      {
        className: span.spanId === selected ? 'column selected' : 'column',
        title: `turn ${index + 1}: ${describeLatency(latency)}`,
        data: { span: span.spanId },
        onClick: () => onSelect(span),
      },
      ...(pieces.length > 0 ? pieces : [createPart('', millis)]),
    );
    column.style.height = `${Math.max(4, (millis / most) * 100)}%`;
    return column;
  });
  const shown = new Set(turns.flatMap(({ latency }) => latency.parts.map(({ label }) => label)));
  const legend = LATENCY_PARTS.filter(([, label]) => shown.has(label)).map(([id, label]) =>
    h('span', 'key', createPart(id, 1), label),
  );
  const attributes = { 'aria-label': 'Latency of each turn' };
  return [
    h('div', { className: 'chart', attributes }, ...columns),
    h('div', 'legend', `slowest ${showDuration(most)}`, ...legend),
  ];
}
