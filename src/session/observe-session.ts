import { attempt, debug, warnOnce } from '../diagnostics.js';
import { messagesOfChatContext } from '../mapping/conversation.js';
import type { Failure, SttUsage } from '../mapping/mapping-context.js';
import { asFiniteNumber, asText, isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { ObservedSession, type TurnExchange } from './observed-session.js';
import type { Session } from './session.js';
import type { SpanNode } from './span-node.js';
import type { SpanTree } from './span-tree.js';

/**
 * What `observe` needs of a LiveKit `AgentSession`: that it emits events. Described by its shape, so
 * that no type of LiveKit's is loaded and every version fits.
 */
export interface ObservableSession {
  on(event: string, listener: (event: unknown) => void): unknown;
  off(event: string, listener: (event: unknown) => void): unknown;
}

/** Stops an observation. It need not be called: an observed session is let go like any other. */
export interface SessionObserver {
  /** Takes every listener off again. May be called twice. */
  stop(): void;
}

/** The observer of tracing that is off or over: there is nothing to stop. */
export const NO_OBSERVER: SessionObserver = Object.freeze({ stop: () => {} });

/** Listens to sessions, each once, for what their spans do not have. */
export class SessionObservers {
  readonly #tree: SpanTree;
  readonly #observers = new WeakMap<object, SessionListeners>();

  constructor(tree: SpanTree) {
    this.#tree = tree;
  }

  /** Never throws. */
  observe(session: unknown): SessionObserver {
    let listeners: SessionListeners | undefined;
    attempt('Observing a session', () => {
      if (!isObservableSession(session)) return;
      listeners = this.#observers.get(session) ?? new SessionListeners(session, this.#tree);
      this.#observers.set(session, listeners);
      listeners.start();
    });
    if (listeners !== undefined) return listeners;
    warnOnce(
      'observe_not_a_session',
      'observe() got something other than an AgentSession: nothing is observed.',
    );
    return NO_OBSERVER;
  }
}

function isObservableSession(value: unknown): value is ObservableSession {
  return isRecord(value) && typeof value['on'] === 'function' && typeof value['off'] === 'function';
}

/** The session of an event, and the span and LiveKit's task in which it was emitted. */
interface EventPlace {
  readonly session: Session;
  readonly observed: ObservedSession;
  readonly node: SpanNode | undefined;
  readonly task: object | undefined;
}

/** Emitted for every failed attempt, repeated or not. */
const ERROR_EVENT = 'error';

/**
 * Public `AgentSession` events (`voice/events.ts`, the same from 1.0.51 to 1.9.0) and what is learnt
 * from each. An event that a version does not know is never emitted there.
 *
 * Deliberately not listened to:
 * - `user_input_transcribed`: `conversation_item_added` brings the same text once it is final.
 * - `speech_created`: the speech of a turn is on its span, and `say()` is heard when it was said.
 * - `agent_state_changed`: `agent_speaking` is the same as a span.
 * - `session_usage_updated`: sums of `metrics_collected`, and not there before 1.3.
 */
const EVENT_READERS: Readonly<Record<string, (event: JsonRecord, place: EventPlace) => void>> = {
  conversation_item_added: readItem,
  user_state_changed: readUserState,
  metrics_collected: readMetrics,
  function_tools_executed: readTools,
  close: readClosing,
  [ERROR_EVENT]: readError,
};

/**
 * Our listeners on one session object, and its session in the span tree. No public field links the
 * two, but LiveKit emits the first event of a session (`conversation_item_added`, the first agent
 * taking over) in the context of its `agent_session` span, and most others too. In early versions
 * (1.3 among them) the first event has no such context: then the only open session is used. With
 * several open, or after the object's session is over, an event whose context names no open session
 * is ignored: it may be a straggler.
 */
class SessionListeners implements SessionObserver {
  readonly #emitter: ObservableSession;
  readonly #tree: SpanTree;
  readonly #listeners = new Map<string, (event: unknown) => void>();
  #session: Session | undefined;

  constructor(emitter: ObservableSession, tree: SpanTree) {
    this.#emitter = emitter;
    this.#tree = tree;
  }

  start(): void {
    for (const name in EVENT_READERS) if (name !== ERROR_EVENT) this.#listen(name);
    // LiveKit repeats a model call only when somebody listens to `error`, and its `emit` throws when
    // nobody does. So ours is there only while one of the application's is, which Node's emitter
    // says.
    this.#listen('newListener', (name) => {
      if (name === ERROR_EVENT) this.#listen(ERROR_EVENT);
    });
    this.#listen('removeListener', (name) => {
      if (name === ERROR_EVENT && this.#countErrorListeners() === 1) this.#unlisten(ERROR_EVENT);
    });
    if (this.#countErrorListeners() > 0) this.#listen(ERROR_EVENT);
  }

  /** A field, since the application may take it off the observer. */
  readonly stop = (): void => {
    for (const name of this.#listeners.keys()) this.#unlisten(name);
  };

  #listen(name: string, work = (event: unknown): void => this.#read(name, event)): void {
    if (this.#listeners.has(name)) return;
    const listener = (event: unknown): void => attempt('Observing a session', () => work(event));
    // First, since the emitter calls back from `on`.
    this.#listeners.set(name, listener);
    this.#emitter.on(name, listener);
  }

  #unlisten(name: string): void {
    const listener = this.#listeners.get(name);
    this.#listeners.delete(name);
    if (listener === undefined) return;
    attempt('Observing a session', () => this.#emitter.off(name, listener));
  }

  #countErrorListeners(): number {
    const emitter = this.#emitter;
    if (!('listenerCount' in emitter) || typeof emitter.listenerCount !== 'function') return 0;
    return Number(emitter.listenerCount(ERROR_EVENT));
  }

  #read(name: string, event: unknown): void {
    const node = this.#tree.activeNode();
    const session = this.#sessionAt(node);
    if (session?.observed === undefined) {
      debug(`An event (${name}) of no session that is recorded was passed over.`);
    } else if (isRecord(event)) {
      EVENT_READERS[name]?.(event, {
        session,
        observed: session.observed,
        node: node?.session === session ? node : undefined,
        task: this.#tree.currentTask(),
      });
    }
  }

  #sessionAt(active: SpanNode | undefined): Session | undefined {
    const known = this.#session;
    if (known?.isOver === false) return known;
    // Started again, the object is another session to the spans.
    const session = this.#tree.openSessionAt(active, known === undefined);
    // A session that somebody else observes is another object's.
    if (session === undefined || session.observed !== undefined) return undefined;
    session.observed = new ObservedSession();
    this.#session = session;
    return session;
  }
}

/** What the user said, or what the agent has really said: after an interruption, the part played. */
function readItem(event: JsonRecord, place: EventPlace): void {
  const { item } = event;
  if (!isRecord(item) || item['type'] !== 'message') return;
  const text = asText(item['textContent']);
  const [message] = messagesOfChatContext([item]);
  if (text === undefined || message === undefined) return;
  const { session, observed } = place;
  observed.record(message);
  if (item['role'] === 'user') {
    session.firstInput ??= text;
    const metrics = isRecord(item['metrics']) ? item['metrics'] : {};
    // In seconds (`MetricsReport`).
    const beganSeconds = asFiniteNumber(metrics['startedSpeakingAt']);
    observed.hear(text, message, beganSeconds === undefined ? undefined : beganSeconds * 1000);
  } else if (item['role'] === 'assistant') {
    session.lastOutput = text;
    observed.say(text);
    exchangeOf(place)?.say(text);
  }
}

function readUserState(event: JsonRecord, { observed }: EventPlace): void {
  if (event['newState'] !== 'speaking') return;
  observed.beginUtterance(asFiniteNumber(event['createdAt']) ?? Date.now());
}

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
  const turn = node?.turn;
  if (turn === undefined || turn.modelNode !== undefined || turn.task !== task) return undefined;
  turn.exchange ??= observed.beginTurn(turn.startMillis);
  return turn.exchange;
}

/**
 * An error that closes the session fails the turn that it cuts off. Those of LLM and TTS are on
 * spans; STT has none, and those of a realtime model say nothing of it.
 */
function readError(event: JsonRecord, { session }: EventPlace): void {
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
function readClosing({ reason, error }: JsonRecord, { observed }: EventPlace): void {
  const { type, error: cause } = isRecord(error) ? error : {};
  observed.close({
    reason: asText(reason),
    errorType: asText(type),
    failure: readFailure(cause) ?? (reason === 'error' ? UNKNOWN_FAILURE : undefined),
  });
}

const UNKNOWN_FAILURE: Failure = { message: undefined, errorType: undefined };

/** Named as LiveKit names it: by its HTTP status, else by its class. */
function readFailure(error: unknown): Failure | undefined {
  if (!isRecord(error)) return undefined;
  const status = asFiniteNumber(error['statusCode']);
  return {
    message: asText(error['message']),
    errorType: status === undefined || status <= 0 ? asText(error['name']) : String(status),
  };
}
