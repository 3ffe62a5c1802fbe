import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { messagesOfChatContext } from '../mapping/conversation.js';
import { asFiniteNumber, asText, isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import type { SessionClosing, SttUsage } from '../mapping/mapping-context.js';
import type { Failure } from '../mapping/mapping-context.js';
import type { ObservedSession, TurnExchange } from './observed-session.js';
import type { Session } from './session.js';
import type { SpanNode } from './span-node.js';

/** Where an event belongs: its session, and the span that was active when it was emitted. */
export interface EventPlace {
  readonly session: Session;
  readonly observed: ObservedSession;
  readonly node: SpanNode | undefined;
  /** LiveKit's task that emitted it. */
  readonly task: object | undefined;
}

/** Takes what one event says of the session. */
export type EventReader = (event: JsonRecord, place: EventPlace) => void;

/**
 * Public `AgentSession` events (`voice/events.ts`, the same from 1.0.51 to 1.9.0) and what is learnt
 * from each. An event that a version does not know is never emitted there.
 *
 * Deliberately not listened to:
 * - `error`, unless the application does: see `observe-session.ts`. What closed a session comes with
 *   `close`.
 * - `user_input_transcribed`: `conversation_item_added` brings the same text once it is final.
 * - `speech_created`: the speech of a turn is on its span, and `say()` is heard when it was said.
 * - `agent_state_changed`: `agent_speaking` is the same as a span.
 * - `session_usage_updated`: sums of `metrics_collected`, and not there before 1.3.
 */
export const EVENT_READERS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ['conversation_item_added', readItem],
  ['user_state_changed', readUserState],
  ['metrics_collected', readMetrics],
  ['function_tools_executed', readTools],
]);

/** Emitted for every failed attempt, repeated or not. */
export const ERROR_EVENT = 'error';

/** Emitted last, after the session's span has ended. */
export const CLOSE_EVENT = 'close';

/** What the user said, or what the agent has really said: after an interruption, the part played. */
function readItem(event: JsonRecord, place: EventPlace): void {
  const { item } = event;
  if (!isRecord(item) || item['type'] !== 'message') return;
  const text = asText(item['textContent']);
  if (text === undefined) return;
  const { session, observed } = place;
  const [message] = messagesOfChatContext([item]);
  observed.record(message);
  if (item['role'] === 'user') {
    session.addInput(text);
    observed.hear(text, message, startedSpeakingMillis(item));
  } else if (item['role'] === 'assistant') {
    session.addOutput(text);
    observed.say(text);
    exchangeOf(place)?.say(text);
  }
}

/** LiveKit has it in seconds (`MetricsReport`). */
function startedSpeakingMillis(item: JsonRecord): number | undefined {
  const metrics = item['metrics'];
  const seconds = isRecord(metrics) ? asFiniteNumber(metrics['startedSpeakingAt']) : undefined;
  return seconds === undefined ? undefined : seconds * 1000;
}

function readUserState(event: JsonRecord, { observed }: EventPlace): void {
  if (event['newState'] !== 'speaking') return;
  observed.beginUtterance(asFiniteNumber(event['createdAt']) ?? Date.now());
}

/** The other metrics are on spans already. */
function readMetrics(event: JsonRecord, { session, observed }: EventPlace): void {
  const { metrics } = event;
  if (!isRecord(metrics) || metrics['type'] !== 'stt_metrics') return;
  const metadata = isRecord(metrics['metadata']) ? metrics['metadata'] : {};
  const usage: SttUsage = {
    audioMillis: asFiniteNumber(metrics['audioDurationMs']) ?? 0,
    model: asText(metadata['modelName']),
    provider: asText(metadata['modelProvider']),
  };
  observed.stt = addUsage(observed.stt, usage);
  const turn = session.userTurn;
  if (turn !== undefined) turn.stt = addUsage(turn.stt, usage);
}

function addUsage(sum: SttUsage | undefined, usage: SttUsage): SttUsage {
  return { ...usage, audioMillis: (sum?.audioMillis ?? 0) + usage.audioMillis };
}

/**
 * A realtime model's tool calls and their results. Of a tool that threw, LiveKit has the text that
 * the model gets ("An internal error occurred"); the error itself is in its log alone.
 */
function readTools(event: JsonRecord, place: EventPlace): void {
  const { functionCalls, functionCallOutputs } = event;
  if (Array.isArray(functionCallOutputs)) {
    place.observed.addToolResults(messagesOfChatContext(functionCallOutputs));
  }
  if (Array.isArray(functionCalls)) {
    exchangeOf(place)?.addCalls(messagesOfChatContext(functionCalls));
  }
}

/**
 * The exchange of the turn that emits the event. What a tool makes the session say is emitted below
 * the turn as well, but by another task than the turn's own.
 */
function exchangeOf({ node, task, observed }: EventPlace): TurnExchange | undefined {
  const turn =
    node?.livekitName === LiveKitSpan.AGENT_TURN ? node : node?.ancestor(LiveKitSpan.AGENT_TURN);
  if (turn === undefined || turn.hasModelNode || turn.task !== task) return undefined;
  turn.exchange ??= observed.beginTurn();
  return turn.exchange;
}

/**
 * An error that closes the session fails the turn that it cuts off. Those of LLM and TTS are on
 * spans; STT has none, and those of a realtime model say nothing of it.
 */
export function readError(event: JsonRecord, { session }: EventPlace): void {
  const { error } = event;
  if (!isRecord(error) || error['recoverable'] !== false) return;
  const failure = readFailure(error['error']);
  if (error['type'] === 'stt_error' && session.userTurn !== undefined) {
    session.userTurn.failure = failure;
  } else if (error['type'] === 'realtime_model_error' && session.agentTurn !== undefined) {
    session.agentTurn.failure = failure;
  }
}

/** Why a session closed, and the error that closed it. */
export function readClosing(event: unknown): SessionClosing {
  const { reason, error } = isRecord(event) ? event : {};
  const failure = isRecord(error) ? readFailure(error['error']) : undefined;
  return {
    reason: asText(reason),
    errorType: isRecord(error) ? asText(error['type']) : undefined,
    failure:
      failure ?? (reason === 'error' ? { message: undefined, errorType: undefined } : undefined),
  };
}

/** Named as LiveKit names the error of an attempt: by its HTTP status, else by its class. */
function readFailure(error: unknown): Failure | undefined {
  if (!isRecord(error)) return undefined;
  const status = asFiniteNumber(error['statusCode']);
  return {
    message: asText(error['message']),
    errorType: status === undefined || status <= 0 ? asText(error['name']) : String(status),
  };
}
