import { debug, warnOnce } from '../diagnostics.js';
import { asText, isRecord } from '../mapping/read-attributes.js';
import type { SessionClosing } from '../mapping/mapping-context.js';
import type { SpanRegistry } from './span-registry.js';
import { isObservableSession, type SessionObserver } from './observable-session.js';
import { CLOSE_EVENT, EVENT_READERS } from './session-events.js';
import { SessionTie } from './session-tie.js';

type Listener = (event: unknown) => void;

/** Of tracing that is off or over: there is nothing to stop. */
export const NO_OBSERVER: SessionObserver = Object.freeze({ stop: () => {} });

/** Listens to sessions, each once, for what their spans do not hold. */
export class SessionObservers {
  readonly #registry: SpanRegistry;
  readonly #observers = new WeakMap<object, SessionObserver>();

  constructor(registry: SpanRegistry) {
    this.#registry = registry;
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
    const listeners = createListeners(new SessionTie(this.#registry));
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

function readClosing(event: unknown): SessionClosing {
  const { reason, error } = isRecord(event) ? event : {};
  return {
    reason: asText(reason),
    errorType: isRecord(error) ? asText(error['type']) : undefined,
  };
}

/** Whatever goes wrong here is no concern of the session that emits. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    debug(`Observing a session failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}
