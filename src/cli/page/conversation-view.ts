import type { PageSpan } from '../dev/page-span.js';
import type { ConversationItem } from './conversation-items.js';
import { type Child, h, marked } from './dom.js';
import { showCount, showDuration, showOffset } from './readable-numbers.js';
import { callsWithin, errorOf, labelOf, numberOf, textOf, tokensOf } from './span-reading.js';

export interface ConversationViewOptions {
  readonly items: readonly ConversationItem[];
  readonly spans: readonly PageSpan[];
  readonly startMillis: number;
  readonly selected: string | undefined;
  readonly query: string;
  readonly onSelect: (span: PageSpan) => void;
}

/** The conversation as people read one. */
export function renderConversation(options: ConversationViewOptions): HTMLElement {
  const { items } = options;
  if (items.length === 0) {
    return h('p', { className: 'empty' }, 'Nobody has said anything yet, or content is withheld.');
  }
  return h('ol', { className: 'talk' }, ...items.map((item) => renderItem(item, options)));
}

function renderItem(item: ConversationItem, options: ConversationViewOptions): HTMLElement {
  const { span, kind } = item;
  if (kind === 'handoff') {
    return row(item, options, h('span', {}, item.from), ' → ', h('span', {}, item.to));
  }
  if (kind === 'tool') return renderTool(item.span, item, options);
  const speaker = { user: 'User', instructions: 'Instructions', error: 'Error' };
  const who = kind === 'agent' ? (textOf(span, 'agent.name') ?? 'Agent') : speaker[kind];
  return row(
    item,
    options,
    head(
      who,
      span,
      options,
      kind === 'agent' ? agentFacts(span, options.spans) : userFacts(span, kind),
    ),
    h('p', { className: 'words' }, marked(item.text, options.query)),
  );
}

function renderTool(
  span: PageSpan,
  item: ConversationItem,
  options: ConversationViewOptions,
): HTMLElement {
  const error = errorOf(span);
  const result = error ?? textOf(span, 'output.value');
  const { query } = options;
  return row(
    item,
    options,
    head(labelOf(span), span, options, [showDuration(span.endMillis - span.startMillis)]),
    h('code', { className: 'args' }, marked(textOf(span, 'input.value') ?? '', query)),
    result === undefined
      ? undefined
      : h('code', { className: error ? 'result failed' : 'result' }, marked(result, query)),
  );
}

function row(
  item: ConversationItem,
  { selected, onSelect }: ConversationViewOptions,
  ...children: readonly Child[]
): HTMLElement {
  const { kind } = item;
  const span = kind === 'agent' ? (item.call ?? item.span) : item.span;
  const classes = [
    'item',
    kind,
    item.span.isError ? 'failed' : '',
    span.spanId === selected ? 'selected' : '',
  ];
  return h(
    'li',
    {
      className: classes.join(' ').trim(),
      data: { span: span.spanId },
      onClick: () => onSelect(span),
    },
    ...children,
  );
}

function head(
  who: string,
  span: PageSpan,
  { startMillis }: ConversationViewOptions,
  facts: readonly string[],
): HTMLElement {
  return h(
    'div',
    { className: 'head' },
    h('b', {}, who),
    ...facts.map((fact) => h('span', { className: 'fact' }, fact)),
    h('time', {}, showOffset(span.startMillis - startMillis)),
  );
}

function userFacts(span: PageSpan, kind: ConversationItem['kind']): readonly string[] {
  const delay = numberOf(span, 'voice.end_of_turn_delay_ms');
  return kind === 'user' && delay !== undefined ? [`end of turn ${showDuration(delay)}`] : [];
}

/** How fast the agent was and what it took, from the turn and the model calls within. */
function agentFacts(turn: PageSpan, spans: readonly PageSpan[]): readonly string[] {
  const calls = callsWithin(turn, spans);
  const reply = numberOf(turn, 'voice.e2e_latency_ms');
  const ttft = calls.flatMap((span) => numberOf(span, 'voice.llm.ttft_ms') ?? [])[0];
  const tokens = calls.flatMap((span) => tokensOf(span) ?? []);
  const sum = (key: 'prompt' | 'completion'): number =>
    tokens.reduce((total, each) => total + each[key], 0);
  return [
    reply === undefined ? [] : [`reply ${showDuration(reply)}`],
    ttft === undefined ? [] : [`ttft ${showDuration(ttft)}`],
    tokens.length === 0
      ? []
      : [`${showCount(sum('prompt'))} + ${showCount(sum('completion'))} tok`],
    turn.attributes['voice.interrupted'] === true ? ['interrupted'] : [],
  ].flat();
}
