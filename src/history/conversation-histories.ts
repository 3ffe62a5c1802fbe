import {
  ConversationHistory,
  type EncodedCall,
  type RecalledMessages,
} from './conversation-history.js';

const MAX_BYTES = 16 * 1024 * 1024;
/** Calls outside any session have no end that would tell. */
const MAX_CONVERSATIONS = 64;

/**
 * What the model calls of the open sessions have in common with those before them, so that each
 * message is parsed and encoded once. Bounded in bytes and number, the one unused longest goes
 * first; a session takes its own along when it ends.
 */
export class ConversationHistories {
  readonly #bySession = new Map<string, ConversationHistory>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that they hold, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The messages that this call begins with and the call before it had too. */
  recall(sessionId: string, json: string, firstIndex: number): RecalledMessages | undefined {
    return this.#bySession.get(sessionId)?.recall(json, firstIndex);
  }

  /** Keeps what the next call of the session will begin with. */
  remember(sessionId: string, call: EncodedCall): void {
    const { recalled } = call;
    const known = this.#bySession.get(sessionId);
    const isContinued = recalled !== undefined && known?.isAt(recalled) === true;
    this.forget(sessionId);
    // Recalled and gone meanwhile: the new messages alone are no beginning.
    if (recalled !== undefined && !isContinued) return;
    if (!call.json.endsWith(']')) return;
    const history = isContinued ? known : new ConversationHistory(call.firstIndex);
    history.add(call);
    this.#bySession.set(sessionId, history);
    this.#bytes += history.bytes;
    for (const oldest of this.#bySession.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#bySession.size <= MAX_CONVERSATIONS) break;
      this.forget(oldest);
    }
  }

  /** Lets go of a session that has ended. */
  forget(sessionId: string | undefined): void {
    if (sessionId === undefined) return;
    this.#bytes -= this.#bySession.get(sessionId)?.bytes ?? 0;
    this.#bySession.delete(sessionId);
  }
}
