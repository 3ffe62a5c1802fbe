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
} from '../span-facts.js';
import { CLICKABLE, h, marked, showCount, showOffset } from './dom.js';
import { renderLatencyBar } from './latency.js';
import { callsWithin, errorOf, labelOf, messagesOf } from './span-reading.js';

/** One thing that happened in a conversation. */
interface ConversationItem {
  readonly kind: 'user' | 'instructions' | 'agent' | 'tool' | 'handoff' | 'error';
  /** Where it is from; what the agent said is from a turn. */
  readonly span: SpanFacts;
  /** What was said; the arguments of a tool; the agents of a handoff. */
  readonly text: string;
}

/**
 * The conversation of a session in the order in which it happened: of LiveKit's turns, or, where a
 * trace has none, of its model calls.
 */
function conversationOf(
  spans: readonly SpanFacts[],
  calls: readonly SpanFacts[],
): readonly ConversationItem[] {
  const byStart = spans.toSorted((a, b) => a.startMillis - b.startMillis);
  const hasTurns = spans.some(({ name }) => name === 'agent_turn');
  const items: ConversationItem[] = [];
  let agent: string | undefined;
  let last: { readonly input: SpanFacts; readonly isAnswered: boolean } | undefined;

  /** A turn repeats the input that it answers, and so does each turn after a tool. */
  function addInput(span: SpanFacts, kind: 'user' | 'instructions', isAnswered: boolean): void {
    const text = textOf(span, 'input.value');
    if (text === undefined) return;
    const speechId = textOf(span, 'lk.speech_id');
    const isRepeated =
      isAnswered &&
      last !== undefined &&
      text === textOf(last.input, 'input.value') &&
      (!last.isAnswered ||
        (speechId !== undefined && speechId === textOf(last.input, 'lk.speech_id')));
    last = { input: span, isAnswered };
    if (!isRepeated) items.push({ kind, span, text });
  }

  for (const span of byStart) {
    const isTurn = hasTurns ? span.name === 'agent_turn' : calls.includes(span);
    if (isTurn) {
      const speaker = textOf(span, 'agent.name') ?? textOf(span, 'agent.id') ?? agent;
      if (speaker !== undefined && agent !== undefined && speaker !== agent) {
        items.push({ kind: 'handoff', span, text: `${agent} → ${speaker}` });
      }
      agent = speaker;
    }
    if (span.name === 'user_turn') {
      addInput(span, 'user', false);
    } else if (kindOf(span) === 'TOOL') {
      items.push({ kind: 'tool', span, text: textOf(span, 'input.value') ?? '' });
    } else if (isTurn) {
      addInput(span, isSaidByUser(span, byStart) ? 'user' : 'instructions', true);
      const said = textOf(span, 'output.value');
      if (said !== undefined && !looksLikeCalls(span)) {
        items.push({ kind: 'agent', span, text: said });
      }
      const error = errorOf(span);
      if (error !== undefined) items.push({ kind: 'error', span, text: error });
    }
  }
  return items;
}

/** The output of a model call that only asks for tools is their JSON: the tools are shown instead. */
function looksLikeCalls(span: SpanFacts): boolean {
  return kindOf(span) === 'LLM' && textOf(span, 'output.mime_type') === 'application/json';
}

/**
 * Whether a person said what a turn has as its input. A turn that the agent begins by itself has its
 * instructions there, and its model call has no such message of a user.
 */
function isSaidByUser(turn: SpanFacts, spans: readonly SpanFacts[]): boolean {
  const text = textOf(turn, 'input.value');
  const within = callsWithin(turn, spans).filter(
    (span) => span === turn || span.name.startsWith('llm_'),
  );
  const messages = within.flatMap((span) => messagesOf(span, 'input'));
  return (
    messages.length === 0 ||
    messages.some(({ role, texts }) => role === 'user' && texts.join('\n') === text)
  );
}

export interface ConversationView {
  readonly spans: readonly SpanFacts[];
  readonly startMillis: number;
  readonly selected: string | undefined;
  readonly query: string;
}

/** The conversation as people read one. */
export function renderConversation(view: ConversationView): HTMLElement {
  const calls = modelCallsOf(view.spans);
  const items = conversationOf(view.spans, calls);
  if (items.length === 0) {
    return h('p', 'empty', 'Nobody has said anything yet, or content is withheld.');
  }
  return h(
    'ol',
    'talk',
    items.map((item) => renderItem(item, calls, view)),
  );
}

const SPEAKERS = { user: 'User', instructions: 'Instructions', error: 'Error' } as const;

function renderItem(
  { kind, span, text }: ConversationItem,
  calls: readonly SpanFacts[],
  { startMillis, selected, query }: ConversationView,
): HTMLElement {
  // A click goes to the model call that came up with what the agent said.
  const { spanId } = (kind === 'agent' ? callsWithin(span, calls).at(-1) : undefined) ?? span;
  const isSelected = selected === spanId || selected === span.spanId;
  const attributes = {
    ...CLICKABLE,
    class: `item ${kind}${isFailed(span) ? ' failed' : ''}${isSelected ? ' selected' : ''}`,
    'data-span': spanId,
  };
  const head = (who: string, facts: readonly string[]): HTMLElement =>
    h(
      'div',
      'head',
      h('b', '', who),
      facts.map((fact) => h('span', 'fact', fact)),
      h('time', '', showOffset(span.startMillis - startMillis)),
    );
  const said = marked(text, query);
  switch (kind) {
    case 'handoff':
      return h('li', attributes, h('span', '', said));
    case 'tool': {
      const error = errorOf(span);
      const result = error ?? textOf(span, 'output.value');
      return h(
        'li',
        attributes,
        head(labelOf(span), [showDuration(span.endMillis - span.startMillis)]),
        h('code', 'args', said),
        result && h('code', error ? 'result failed' : 'result', marked(result, query)),
      );
    }
    case 'agent': {
      const who = textOf(span, 'agent.name') ?? 'Agent';
      const facts = agentFacts(span, callsWithin(span, calls));
      return h('li', attributes, head(who, facts), h('p', 'text', said), renderLatencyBar(span));
    }
    default: {
      const delay = kind === 'user' ? numberOf(span, 'voice.end_of_turn_delay_ms') : undefined;
      const facts = delay === undefined ? [] : [`end of turn ${showDuration(delay)}`];
      return h('li', attributes, head(SPEAKERS[kind], facts), h('p', 'text', said));
    }
  }
}

/** How fast the agent was and what it took, from the turn and the model calls within. */
function agentFacts(turn: SpanFacts, calls: readonly SpanFacts[]): readonly string[] {
  const reply = numberOf(turn, 'voice.e2e_latency_ms');
  const ttft = calls.flatMap((span) => numberOf(span, 'voice.llm.ttft_ms') ?? [])[0];
  const tokens = calls.flatMap((span) => tokensOf(span) ?? []);
  const prompt = tokens.reduce((sum, each) => sum + each.prompt, 0);
  const completion = tokens.reduce((sum, each) => sum + each.completion, 0);
  return [
    reply === undefined ? [] : `reply ${showDuration(reply)}`,
    ttft === undefined ? [] : `ttft ${showDuration(ttft)}`,
    tokens.length === 0 ? [] : `${showCount(prompt)} + ${showCount(completion)} tok`,
    isInterrupted(turn) ? 'interrupted' : [],
  ].flat();
}
