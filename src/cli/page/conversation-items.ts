import type { PageSpan } from '../dev/page-span.js';
import { messagesOf } from './span-messages.js';
import { callsWithin, errorOf, kindOf, textOf, tokensOf } from './span-reading.js';

/**
 * One thing that happened in a conversation. `span` is where it is from; what the agent said is from
 * a turn, and `call` is the model call that came up with it.
 */
export type ConversationItem =
  | {
      readonly kind: 'user' | 'instructions' | 'error';
      readonly span: PageSpan;
      readonly text: string;
    }
  | {
      readonly kind: 'agent';
      readonly span: PageSpan;
      readonly call: PageSpan | undefined;
      readonly text: string;
    }
  | { readonly kind: 'tool'; readonly span: PageSpan }
  | {
      readonly kind: 'handoff';
      readonly span: PageSpan;
      readonly from: string;
      readonly to: string;
    };

const TURN = 'agent_turn';
const SPEECH_ID = 'lk.speech_id';

/**
 * The conversation of a session in the order in which it happened: of LiveKit's turns, or, where a
 * trace has none, of its model calls.
 */
export function conversationOf(spans: readonly PageSpan[]): readonly ConversationItem[] {
  const byStart = spans.toSorted((a, b) => a.startMillis - b.startMillis);
  const hasTurns = byStart.some(({ name }) => name === TURN);
  const items: ConversationItem[] = [];
  const heard = new HeardWords();
  let agent: string | undefined;
  for (const span of byStart) {
    const isTurn = hasTurns ? span.name === TURN : isModelCall(span);
    if (isTurn) {
      const speaker = textOf(span, 'agent.name') ?? textOf(span, 'agent.id');
      if (speaker !== undefined && agent !== undefined && speaker !== agent) {
        items.push({ kind: 'handoff', span, from: agent, to: speaker });
      }
      agent = speaker ?? agent;
    }
    items.push(...itemsOf(span, isTurn, heard, byStart));
  }
  return items;
}

function itemsOf(
  span: PageSpan,
  isTurn: boolean,
  heard: HeardWords,
  spans: readonly PageSpan[],
): readonly ConversationItem[] {
  if (span.name === 'user_turn') return heard.take(span, 'user');
  if (kindOf(span) === 'TOOL') return [{ kind: 'tool', span }];
  if (!isTurn) return [];
  const said = textOf(span, 'output.value');
  const error = errorOf(span);
  return [
    ...heard.take(span, isSaidByUser(span, spans) ? 'user' : 'instructions'),
    ...(said === undefined || looksLikeCalls(span)
      ? []
      : [{ kind: 'agent', span, call: callsWithin(span, spans).at(-1), text: said } as const]),
    ...(error === undefined ? [] : [{ kind: 'error', span, text: error } as const]),
  ];
}

/** What was heard last: a turn repeats the words that it answers, and so does each turn after a tool. */
class HeardWords {
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

function isModelCall(span: PageSpan): boolean {
  return kindOf(span) === 'LLM' && tokensOf(span) !== undefined;
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
