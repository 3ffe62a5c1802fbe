import { debug, warnOnce } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { ObservedSession } from './observed-session.js';
import type { Session } from './session.js';
import { CLOSE_EVENT, EVENT_READERS, readClosing, type EventPlace } from './session-events.js';
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

/** Whether a value emits events, as every `AgentSession` does. */
export function isObservableSession(value: unknown): value is ObservableSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    typeof value.on === 'function' &&
    'off' in value &&
    typeof value.off === 'function'
  );
}

type Listener = (event: unknown) => void;

/** Of tracing that is off or over: there is nothing to stop. */
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
        'observe() was given something other than an AgentSession, and observes nothing.',
      );
      return NO_OBSERVER;
    }
    const known = this.#observers.get(session);
    if (known !== undefined) return known;
    const listeners = createListeners(new SessionTie(this.#tree));
    const observer: SessionObserver = {
      stop: () => {
        this.#observers.delete(session);
        for (const [event, listener] of listeners) attempt(() => session.off(event, listener));
      },
    };
    this.#observers.set(session, observer);
    for (const [event, listener] of listeners) attempt(() => session.on(event, listener));
    return observer;
  }
}

function createListeners(tie: SessionTie): ReadonlyMap<string, Listener> {
  const listeners = new Map<string, Listener>();
  for (const [name, read] of EVENT_READERS) {
    listeners.set(name, (event) =>
      attempt(() => {
        if (!isRecord(event)) return;
        const place = tie.place();
        if (place !== undefined) read(event, place);
        else
          debug(`An event (${name}) that no recorded session can be told to have was passed over.`);
      }),
    );
  }
  listeners.set(CLOSE_EVENT, (event) =>
    attempt(() => {
      tie.place()?.observed.close(readClosing(event));
      tie.release();
    }),
  );
  return listeners;
}

/** Whatever goes wrong here is no concern of the session that emits. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    debug(`Observing a session failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}

/**
 * Ties one session object to the spans of its session. Nothing public names the one on the other,
 * but LiveKit emits the first event of a session (`conversation_item_added`, the first agent taking
 * over) in the context of its `agent_session` span, and most others too. In early versions (1.3
 * among them) the first event has no such context: then the only open session is the one. With
 * several open, an event that no context places is passed over: never a guess.
 */
export class SessionTie {
  readonly #tree: SpanTree;
  #session: Session | undefined;
  #observed: ObservedSession | undefined;

  constructor(tree: SpanTree) {
    this.#tree = tree;
  }

  /** The place of an event that is being emitted; `undefined` when it has none. */
  place(): EventPlace | undefined {
    const node = this.#tree.activeNode();
    if (this.#session === undefined || this.#observed === undefined) this.#tie(node);
    const session = this.#session;
    const observed = this.#observed;
    if (session === undefined || observed === undefined) return undefined;
    const own = node?.session === session ? node : undefined;
    return { session, observed, node: own, task: this.#tree.currentTask() };
  }

  /** The session has closed. Started again, it is another one to the spans. */
  release(): void {
    this.#session = undefined;
    this.#observed = undefined;
  }

  #tie(node: SpanNode | undefined): void {
    const { sessions } = this.#tree;
    const active = node?.session;
    const session = active !== undefined && sessions.isOpen(active) ? active : sessions.only();
    // A session that somebody else observes is another object's.
    if (session === undefined || session.observed !== undefined) return;
    this.#session = session;
    this.#observed = new ObservedSession();
    session.observed = this.#observed;
  }
}
