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
import { type Child, h, marked, showCount, showOffset } from './dom.js';
import { renderLatencyBar } from './latency.js';
import { callsWithin, errorOf, labelOf, messagesOf } from './span-reading.js';

/** One thing that happened in a conversation. */
interface ConversationItem {
  readonly kind: 'user' | 'instructions' | 'agent' | 'tool' | 'handoff' | 'error';
  /** Where it is from; what the agent said is from a turn. */
  readonly span: PageSpan;
  /** What was said; the arguments of a tool; the agent that takes over. */
  readonly text: string;
  /** The model call that came up with what the agent said. */
  readonly call?: PageSpan | undefined;
}

const TURN = 'agent_turn';
const SPEECH_ID = 'lk.speech_id';

/**
 * The conversation of a session in the order in which it happened: of LiveKit's turns, or, where a
 * trace has none, of its model calls.
 */
function conversationOf(
  spans: readonly PageSpan[],
  calls: readonly PageSpan[],
): readonly ConversationItem[] {
  const byStart = spans.toSorted((a, b) => a.startMillis - b.startMillis);
  const hasTurns = byStart.some(({ name }) => name === TURN);
  const items: ConversationItem[] = [];
  const lastInput = new LastInput();
  let agent: string | undefined;
  for (const span of byStart) {
    const isTurn = hasTurns ? span.name === TURN : calls.includes(span);
    if (isTurn) {
      const speaker = textOf(span, 'agent.name') ?? textOf(span, 'agent.id');
      if (speaker !== undefined && agent !== undefined && speaker !== agent) {
        items.push({ kind: 'handoff', span, text: `${agent} → ${speaker}` });
      }
      agent = speaker ?? agent;
    }
    items.push(...itemsOf(span, isTurn, lastInput, byStart, calls));
  }
  return items;
}

function itemsOf(
  span: PageSpan,
  isTurn: boolean,
  lastInput: LastInput,
  spans: readonly PageSpan[],
  calls: readonly PageSpan[],
): readonly ConversationItem[] {
  if (span.name === 'user_turn') return lastInput.take(span, 'user');
  if (kindOf(span) === 'TOOL')
    return [{ kind: 'tool', span, text: textOf(span, 'input.value') ?? '' }];
  if (!isTurn) return [];
  const said = textOf(span, 'output.value');
  const error = errorOf(span);
  return [
    ...lastInput.take(span, isSaidByUser(span, spans) ? 'user' : 'instructions'),
    ...(said === undefined || looksLikeCalls(span)
      ? []
      : [{ kind: 'agent', span, call: callsWithin(span, calls).at(-1), text: said } as const]),
    ...(error === undefined ? [] : [{ kind: 'error', span, text: error } as const]),
  ];
}

/** The last input: a turn repeats the input that it answers, and so does each turn after a tool. */
class LastInput {
  #text: string | undefined;
  #speechId: string | undefined;
  #isAnswered = false;

  take(span: PageSpan, kind: 'user' | 'instructions'): readonly ConversationItem[] {
    const text = textOf(span, 'input.value');
    if (text === undefined) return [];
    const speechId = textOf(span, SPEECH_ID);
    const isTurn = span.name !== 'user_turn';
    const isRepeated =
      text === this.#text &&
      isTurn &&
      (!this.#isAnswered || (speechId !== undefined && speechId === this.#speechId));
    this.#text = text;
    this.#speechId = speechId;
    this.#isAnswered = isTurn;
    return isRepeated ? [] : [{ kind, span, text }];
  }
}

/** The output of a model call that only asks for tools is their JSON: the tools are shown instead. */
function looksLikeCalls(span: PageSpan): boolean {
  return kindOf(span) === 'LLM' && textOf(span, 'output.mime_type') === 'application/json';
}

/**
 * Whether a person said what a turn has as its input. A turn that the agent begins by itself has its
 * instructions there, and its model call has no such message of a user.
 */
function isSaidByUser(turn: PageSpan, spans: readonly PageSpan[]): boolean {
  const text = textOf(turn, 'input.value');
  const calls = spans.filter(
    (span) =>
      span === turn ||
      (span.name.startsWith('llm_') &&
        span.startMillis >= turn.startMillis &&
        span.endMillis <= turn.endMillis),
  );
  const users = calls
    .flatMap((span) => messagesOf(span, 'llm.input_messages'))
    .filter(({ role }) => role === 'user');
  const knowsMessages = calls.some(
    (span) => 'llm.input_messages.0.message.role' in span.attributes,
  );
  return !knowsMessages || users.some((message) => message.text === text);
}

export interface ConversationViewOptions {
  readonly spans: readonly PageSpan[];
  readonly startMillis: number;
  readonly selected: string | undefined;
  readonly query: string;
  readonly onSelect: (span: PageSpan) => void;
}

/** The conversation as people read one. */
export function renderConversation(options: ConversationViewOptions): HTMLElement {
  const calls = modelCallsOf(options.spans);
  const items = conversationOf(options.spans, calls);
  if (items.length === 0) {
    return h('p', 'empty', 'Nobody has said anything yet, or content is withheld.');
  }
  return h('ol', 'talk', ...items.map((item) => renderItem(item, calls, options)));
}

function renderItem(
  item: ConversationItem,
  calls: readonly PageSpan[],
  options: ConversationViewOptions,
): HTMLElement {
  const { span, kind } = item;
  const text = marked(item.text, options.query);
  if (kind === 'handoff') return row(item, options, h('span', '', text));
  if (kind === 'tool') {
    const error = errorOf(span);
    const result = error ?? textOf(span, 'output.value');
    const duration = showDuration(span.endMillis - span.startMillis);
    const shown = marked(result ?? '', options.query);
    return row(
      item,
      options,
      head(labelOf(span), span, options, [duration]),
      h('code', 'args', text),
      result === undefined ? undefined : h('code', error ? 'result failed' : 'result', shown),
    );
  }
  const speaker = { user: 'User', instructions: 'Instructions', error: 'Error' };
  const who = kind === 'agent' ? (textOf(span, 'agent.name') ?? 'Agent') : speaker[kind];
  const facts = kind === 'agent' ? agentFacts(span, calls) : userFacts(span, kind);
  const latency = kind === 'agent' ? renderLatencyBar(span) : undefined;
  return row(item, options, head(who, span, options, facts), h('p', 'text', text), latency);
}

function row(
  item: ConversationItem,
  { selected, onSelect }: ConversationViewOptions,
  ...children: readonly Child[]
): HTMLElement {
  const { kind } = item;
  const span = item.call ?? item.span;
  const classes = [
    'item',
    kind,
    isFailed(item.span) ? 'failed' : '',
    selected === span.spanId || selected === item.span.spanId ? 'selected' : '',
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
    'head',
    h('b', '', who),
    ...facts.map((fact) => h('span', 'fact', fact)),
    h('time', '', showOffset(span.startMillis - startMillis)),
  );
}

function userFacts(span: PageSpan, kind: ConversationItem['kind']): readonly string[] {
  const delay = numberOf(span, 'voice.end_of_turn_delay_ms');
  return kind === 'user' && delay !== undefined ? [`end of turn ${showDuration(delay)}`] : [];
}

/** How fast the agent was and what it took, from the turn and the model calls within. */
function agentFacts(turn: PageSpan, all: readonly PageSpan[]): readonly string[] {
  const calls = callsWithin(turn, all);
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
    isInterrupted(turn) ? ['interrupted'] : [],
  ].flat();
}
