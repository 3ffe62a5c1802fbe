import { SessionRecord } from './session-record.js';

export interface OpenSessionsOptions {
  /** The session's id as `setup` was told it: asked when a session starts. */
  readonly givenSessionId: () => string | undefined;
  /** Sid of the room whose job is running; `undefined` outside a job. */
  readonly roomSid: () => string | undefined;
}

/** The sessions of the process, and which of them a span belongs to that does not say. */
export class OpenSessions {
  readonly #options: OpenSessionsOptions;
  readonly #open = new Set<SessionRecord>();
  #last: SessionRecord | undefined;
  #unseen: SessionRecord | undefined;

  constructor(options: OpenSessionsOptions) {
    this.#options = options;
  }

  begin(fallbackId: string): SessionRecord {
    const session = new SessionRecord(fallbackId, this.#options.givenSessionId());
    session.conversationId = this.#options.roomSid();
    this.#open.add(session);
    this.#last = session;
    return session;
  }

  end(session: SessionRecord): void {
    this.#open.delete(session);
  }

  isOpen(session: SessionRecord): boolean {
    return this.#open.has(session);
  }

  /** Whether a session was taken to be there without its start being seen. */
  isUnseen(session: SessionRecord | undefined): boolean {
    return session !== undefined && session === this.#unseen;
  }

  /** The session that is open, when it is the only one. */
  only(): SessionRecord | undefined {
    const [only] = this.#open;
    return this.#open.size === 1 ? only : undefined;
  }

  /** Waits no longer for what open sessions may still tell. */
  settle(): void {
    for (const session of this.#open) session.observed?.settle();
  }

  /**
   * The session of a span without a parent that is known, as several are up to LiveKit 1.7.1: with
   * one session open they are of that one, with none of the one that was open last.
   */
  ofStray(): SessionRecord | undefined {
    return this.#open.size === 0 ? this.#last : this.only();
  }

  /**
   * The same for a span that only a session can have. Where none was seen to start, because tracing
   * was set up after it had, one is taken to be there: its scattered spans then share an id.
   */
  ofStrayWithin(traceId: string): SessionRecord | undefined {
    const known = this.ofStray();
    if (known !== undefined || this.#open.size > 0) return known;
    const unseen = this.begin(traceId);
    this.#open.delete(unseen);
    this.#unseen = unseen;
    return unseen;
  }
}
