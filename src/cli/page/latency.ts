import {
  describeLatency,
  LATENCY_PARTS,
  latencyOf,
  type SpanFacts,
  showDuration,
} from '../span-facts.js';
import { type Child, h } from './dom.js';

/** A narrower part of a bar has no room for text: the legend names its colour. */
const MIN_LABELLED_SHARE = 0.1;

function createPart(color: string, millis: number, title = '', text = title): HTMLElement {
  const style = `background: ${color}; flex-grow: ${millis}`;
  return h('span', { class: 'part', title, style }, text);
}

/** One bar for the latency of a turn, divided into its parts. */
export function renderLatencyBar(turn: SpanFacts): Child {
  const latency = latencyOf(turn);
  if (latency === undefined || latency.parts.length === 0) return undefined;
  const parts = latency.parts.map(({ color, label, millis }) => {
    const title = `${label} ${showDuration(millis)}`;
    return createPart(
      color,
      millis,
      title,
      millis / latency.millis < MIN_LABELLED_SHARE ? '' : title,
    );
  });
  const attributes = { class: 'latency', role: 'img', 'aria-label': describeLatency(latency) };
  return h('div', attributes, parts);
}

/** All turns of a session as columns, so that the slow one is seen; a click goes to the turn. */
export function renderLatencyChart(
  spans: readonly SpanFacts[],
  selected: string | undefined,
): Child {
  const turns = spans
    .toSorted((a, b) => a.startMillis - b.startMillis)
    .flatMap((span) => {
      const latency = latencyOf(span);
      return latency === undefined ? [] : [{ ...latency, spanId: span.spanId }];
    });
  if (turns.length < 2) return undefined;
  const most = Math.max(...turns.map(({ millis }) => millis));
  const columns = turns.map((turn, index) => {
    const pieces = turn.parts.map((part) => createPart(part.color, part.millis)).toReversed();
    const attributes = {
      class: turn.spanId === selected ? 'column selected' : 'column',
      title: `turn ${index + 1}: ${describeLatency(turn)}`,
      'data-span': turn.spanId,
      style: `height: ${Math.max(4, (turn.millis / most) * 100)}%`,
    };
    return h('button', attributes, pieces.length > 0 ? pieces : createPart('', turn.millis));
  });
  const legend = LATENCY_PARTS.filter(([, label]) =>
    turns.some(({ parts }) => parts.some((part) => part.label === label)),
  ).map(([, label, color]) => h('span', 'key', createPart(color, 1), label));
  return [
    h('div', { class: 'chart', 'aria-label': 'Latency of each turn' }, columns),
    h('div', 'legend', `slowest ${showDuration(most)}`, legend),
  ];
}
