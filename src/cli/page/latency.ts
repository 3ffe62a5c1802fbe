import {
  LATENCY_PARTS,
  latencyOf,
  type PageSpan,
  showDuration,
  type TurnLatency,
} from '../span-facts.js';
import { type Child, h } from './dom.js';

/** One bar whose width is the latency of a turn, divided into its parts. */
export function renderLatencyBar(turn: PageSpan): Child {
  const latency = latencyOf(turn);
  if (latency === undefined || latency.parts.length === 0) return undefined;
  const parts = latency.parts.map(({ id, label, millis }) => {
    const title = `${label} ${showDuration(millis)}`;
    const part = h('span', { className: 'part', title, data: { part: id } }, title);
    part.style.flexGrow = String(millis);
    return part;
  });
  const label = describe(latency);
  return h(
    'div',
    { className: 'latency', attributes: { role: 'img', 'aria-label': label } },
    ...parts,
  );
}

function describe({ millis, parts }: TurnLatency): string {
  const texts = parts.map((part) => `${part.label} ${showDuration(part.millis)}`);
  return [`reply ${showDuration(millis)}`, ...texts].join(', ');
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
    const { millis } = latency;
    const parts = latency.parts.length > 0 ? latency.parts : [{ id: 'whole', millis }];
    const column = h(
      'button',
      {
        className: span.spanId === selected ? 'column selected' : 'column',
        title: `turn ${index + 1}: ${describe(latency)}`,
        data: { span: span.spanId },
        onClick: () => onSelect(span),
      },
      ...parts.toReversed().map((part) => {
        const piece = h('span', { className: 'part', data: { part: part.id } });
        piece.style.flexGrow = String(part.millis);
        return piece;
      }),
    );
    column.style.height = `${Math.max(4, (millis / most) * 100)}%`;
    return column;
  });
  const shown: ReadonlySet<string> = new Set(
    turns.flatMap(({ latency }) => latency.parts.map(({ id }) => id)),
  );
  const legend = LATENCY_PARTS.filter(([id]) => shown.has(id)).map(([id, label]) =>
    h('span', { className: 'key', data: { part: id } }, label),
  );
  return [
    h(
      'div',
      { className: 'chart', attributes: { 'aria-label': 'Latency of each turn' } },
      ...columns,
    ),
    h('div', 'legend', `slowest ${showDuration(most)}`, ...legend),
  ];
}
