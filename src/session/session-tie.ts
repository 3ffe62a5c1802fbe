import { ObservedSession } from './observed-session.js';
import type { SessionRecord } from './session-record.js';
import type { SpanNode } from './span-node.js';
import type { SpanRegistry } from './span-registry.js';

/** Where an event belongs: its session, and the span that was active when it was emitted. */
export interface EventPlace {
  readonly session: SessionRecord;
  readonly observed: ObservedSession;
  readonly node: SpanNode | undefined;
  /** LiveKit's task that emitted it. */
  readonly task: object | undefined;
}

/**
 * Ties one session object to the spans of its session. Nothing public names the one on the other,
 * but LiveKit emits the first event of a session (`conversation_item_added`, the first agent taking
 * over) in the context of its `agent_session` span, and most others too. In early versions (1.3
 * among them) the first event has no such context: then the only open session is the one. With
 * several open, an event that no context places is passed over: never a guess.
 */
export class SessionTie {
  readonly #registry: SpanRegistry;
  #session: SessionRecord | undefined;
  #observed: ObservedSession | undefined;

  constructor(registry: SpanRegistry) {
    this.#registry = registry;
  }

  /** The place of an event that is being emitted; `undefined` when it has none. */
  place(): EventPlace | undefined {
    const node = this.#registry.activeNode();
    if (this.#session === undefined || this.#observed === undefined) this.#tie(node);
    const session = this.#session;
    const observed = this.#observed;
    if (session === undefined || observed === undefined) return undefined;
    const own = node?.session === session ? node : undefined;
    return { session, observed, node: own, task: this.#registry.currentTask() };
  }

  /** The session has closed. Started again, it is another one to the spans. */
  release(): void {
    this.#session = undefined;
    this.#observed = undefined;
  }

  #tie(node: SpanNode | undefined): void {
    const { sessions } = this.#registry;
    const active = node?.session;
    const session = active !== undefined && sessions.isOpen(active) ? active : sessions.only();
    // A session that somebody else observes is another object's.
    if (session === undefined || session.observed !== undefined) return;
    this.#session = session;
    this.#observed = new ObservedSession();
    session.observed = this.#observed;
  }
}
