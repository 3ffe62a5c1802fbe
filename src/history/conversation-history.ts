import type { EncodedAttributes } from '../mapping/attribute-sink.js';
import { GrowingBytes } from './growing-bytes.js';
import { GrowingText } from './growing-text.js';

const NO_TEXTS = { user: undefined, system: undefined };
const COMMA = ','.charCodeAt(0);

/** Roles whose last words are asked for after their messages are gone. */
export type RememberedRole = 'user' | 'system';

/** The messages of a call that an earlier call of the same conversation began with. */
export interface RecalledMessages {
  /** Their attributes. Valid until the next call is remembered. */
  readonly encoded: EncodedAttributes;
  readonly encodedBytes: number;
  /** Index of the message after the last of them. */
  readonly nextIndex: number;
  /** The messages after them, as the text of a JSON array; `undefined` when there are none. */
  readonly restJson: string | undefined;
  /** Words of the last one of this role that has any, in well-formed UTF-16 as they are sent. */
  lastTextOf(role: RememberedRole): string | undefined;
}

/** One model call whose input messages have just been encoded. */
export interface EncodedCall {
  /** The JSON array that it records. */
  readonly json: string;
  /** What of it was recalled; the rest of these fields is of the messages after that. */
  readonly recalled: RecalledMessages | undefined;
  /** Index of the first message, after the system instructions. */
  readonly firstIndex: number;
  readonly nextIndex: number;
  readonly encoded: EncodedAttributes;
  readonly lastTexts: Readonly<Record<RememberedRole, string | undefined>>;
}

/**
 * The input messages of the last model call of one conversation: the JSON they were recorded as,
 * without the bracket that closes it, and the attributes they were encoded to. Both are bytes off
 * the heap: strings kept from turn to turn would grow old, and the collector would walk them.
 *
 * What JSON begins with the same text up to the end of a message begins with the same messages,
 * and a message is encoded by itself and its index. So this is exact, whatever becomes of a
 * conversation: one that was edited, merged, cut or summed up doesn't begin the same, and is
 * encoded anew.
 */
export class ConversationHistory {
  readonly #json = new GrowingText();
  readonly #encoded = new GrowingBytes();
  readonly #firstIndex: number;
  #nextIndex = 0;
  #redacted = 0;
  #rewritten = 0;
  #lastTexts: Readonly<Record<RememberedRole, Buffer | undefined>> = NO_TEXTS;

  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
  }

  /** Memory that it holds. */
  get bytes(): number {
    const { user, system } = this.#lastTexts;
    const texts = (user?.length ?? 0) + (system?.length ?? 0);
    return this.#json.capacity + this.#encoded.capacity + texts;
  }

  recall(json: string, firstIndex: number): RecalledMessages | undefined {
    const { length } = this.#json;
    if (firstIndex !== this.#firstIndex || length >= json.length) return undefined;
    const isLonger = json.charCodeAt(length) === COMMA;
    if (!isLonger && length !== json.length - 1) return undefined;
    if (!json.endsWith(']') || !this.#json.equals(json.slice(0, length))) return undefined;
    return {
      encoded: {
        pieces: this.#encoded.views,
        redacted: this.#redacted,
        rewritten: this.#rewritten,
      },
      encodedBytes: this.#encoded.length,
      nextIndex: this.#nextIndex,
      restJson: isLonger ? `[${json.slice(length + 1)}` : undefined,
      lastTextOf: (role) => this.#lastTexts[role]?.toString(),
    };
  }

  /** Adds what is new in a call: all of it, or what followed the messages that were recalled. */
  add(call: EncodedCall): void {
    this.#json.growTo(call.json.slice(0, -1));
    for (const piece of call.encoded.pieces) this.#encoded.append(piece);
    this.#redacted += call.encoded.redacted;
    this.#rewritten += call.encoded.rewritten;
    this.#nextIndex = call.nextIndex;
    const { user, system } = call.lastTexts;
    this.#lastTexts = {
      user: user === undefined ? this.#lastTexts.user : Buffer.from(user),
      system: system === undefined ? this.#lastTexts.system : Buffer.from(system),
    };
  }

  /** Whether what was recalled is still all that is here. */
  isAt({ encodedBytes, nextIndex }: RecalledMessages): boolean {
    return nextIndex === this.#nextIndex && encodedBytes === this.#encoded.length;
  }
}
