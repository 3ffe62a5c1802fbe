import { debug, warnOnce } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { ObservedSession } from './observed-session.js';
import type { Session } from './session.js';
import {
  CLOSE_EVENT,
  ERROR_EVENT,
  EVENT_READERS,
  readClosing,
  readError,
  type EventPlace,
  type EventReader,
} from './session-events.js';
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

/** Listens to sessions, each once, for what their spans do not hold. */
export class SessionObservers {
  readonly #tree: SpanTree;
  readonly #observers = new WeakMap<object, SessionObserver>();

  constructor(tree: SpanTree) {
    this.#tree = tree;
  }

  /** The observer of this session, a new one or the one that it has. Never throws. */
  observe(session: unknown): SessionObserver {
    if (!isObservableSession(session)) {
      warnOnce(
        'observe_not_a_session',
        'observe() got something other than an AgentSession: nothing is observed.',
      );
      return NO_OBSERVER;
    }
    const known = this.#observers.get(session);
    if (known !== undefined) return known;
    const listeners = new SessionListeners(session, this.#tree);
    const observer: SessionObserver = {
      stop: () => {
        this.#observers.delete(session);
        listeners.stop();
      },
    };
    this.#observers.set(session, observer);
    return observer;
  }
}

/** Whether a value emits events, as every `AgentSession` does. */
function isObservableSession(value: unknown): value is ObservableSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    typeof value.on === 'function' &&
    'off' in value &&
    typeof value.off === 'function'
  );
}

/**
 * Our listeners on one session object, and the session of the span tree that is its own. Nothing
 * public names the one on the other, but LiveKit emits the first event of a session
 * (`conversation_item_added`, the first agent taking over) in the context of its `agent_session`
 * span, and most others too. In early versions (1.3 among them) the first event has no such context:
 * then the only open session is the one. With several open, an event that no context places is
 * passed over: never a guess.
 */
class SessionListeners {
  readonly #emitter: ObservableSession;
  readonly #tree: SpanTree;
  readonly #listeners = new Map<string, (event: unknown) => void>();
  #session: Session | undefined;
  #observed: ObservedSession | undefined;

  constructor(emitter: ObservableSession, tree: SpanTree) {
    this.#emitter = emitter;
    this.#tree = tree;
    for (const [name, read] of EVENT_READERS) {
      this.#listen(name, (event) => this.#read(name, event, read));
    }
    this.#listen(CLOSE_EVENT, (event) => {
      this.#place()?.observed.close(readClosing(event));
      // Started again, it is another session to the spans.
      this.#session = undefined;
      this.#observed = undefined;
    });
    this.#listenForErrorsBesideOthers();
  }

  stop(): void {
    for (const name of this.#listeners.keys()) this.#unlisten(name);
  }

  /**
   * LiveKit repeats a model call only when somebody listens to `error`, and its `emit` throws when
   * nobody does. So ours is there only while one of the application's is, which Node's emitter says.
   */
  #listenForErrorsBesideOthers(): void {
    const listen = (): void => {
      if (this.#listeners.has(ERROR_EVENT)) return;
      this.#listen(ERROR_EVENT, (event) => this.#read(ERROR_EVENT, event, readError));
    };
    this.#listen('newListener', (name) => {
      if (name === ERROR_EVENT) listen();
    });
    this.#listen('removeListener', (name) => {
      const isAlone = countListeners(this.#emitter, ERROR_EVENT) === 1;
      if (name === ERROR_EVENT && isAlone) this.#unlisten(ERROR_EVENT);
    });
    if (countListeners(this.#emitter, ERROR_EVENT) > 0) listen();
  }

  #listen(name: string, work: (event: unknown) => void): void {
    const listener = (event: unknown): void => attempt(() => work(event));
    // First, since the emitter calls back from `on`.
    this.#listeners.set(name, listener);
    attempt(() => this.#emitter.on(name, listener));
  }

  #unlisten(name: string): void {
    const listener = this.#listeners.get(name);
    this.#listeners.delete(name);
    if (listener !== undefined) attempt(() => this.#emitter.off(name, listener));
  }

  #read(name: string, event: unknown, read: EventReader): void {
    if (!isRecord(event)) return;
    const place = this.#place();
    if (place !== undefined) read(event, place);
    else debug(`An event (${name}) of no session that is recorded was passed over.`);
  }

  /** The place of an event that is being emitted; `undefined` when it has none. */
  #place(): EventPlace | undefined {
    const node = this.#tree.activeNode();
    if (this.#observed === undefined) this.#connect(node?.session);
    const session = this.#session;
    const observed = this.#observed;
    if (session === undefined || observed === undefined) return undefined;
    const own = node?.session === session ? node : undefined;
    return { session, observed, node: own, task: this.#tree.currentTask() };
  }

  #connect(active: Session | undefined): void {
    const { sessions } = this.#tree;
    const session = active !== undefined && sessions.isOpen(active) ? active : sessions.only();
    // A session that somebody else observes is another object's.
    if (session === undefined || session.observed !== undefined) return;
    this.#session = session;
    this.#observed = new ObservedSession();
    session.observed = this.#observed;
  }
}

function countListeners(emitter: ObservableSession, name: string): number {
  if (!('listenerCount' in emitter) || typeof emitter.listenerCount !== 'function') return 0;
  return Number(emitter.listenerCount(name));
}

/** Whatever goes wrong here is no concern of the session that emits. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    debug(`Observing a session failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}
