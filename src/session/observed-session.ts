import type { ModelExchange, SessionClosing, SttUsage } from '../mapping/mapping-context.js';
import { asText, isRecord } from '../mapping/read-attributes.js';

/** Bounds what is kept of a session that says much while no span asks for it. */
const MAX_PENDING = 64;
/** Turns whose exchange is kept after they have ended. */
const MAX_EXCHANGES = 8;

/** Messages of a conversation that are kept for the span of its session: the latest. */
const MAX_TRANSCRIPT = 256;

/** An utterance of the user, and when it began: the turn that answers it starts after that. */
interface Utterance {
  readonly text: string;
  /** The message in the GenAI format. */
  readonly message: unknown;
  readonly atMillis: number;
}

/**
 * What the events of one session have brought, for the spans that end after them. Kept only
 * until a span has taken it, and bounded.
 */
export class ObservedSession {
  closing: SessionClosing | undefined;
  /** All speech that was recognised, with a turn or without. */
  stt: SttUsage | undefined;
  /** Input of the last turn that had any: further steps of a tool loop answer it too. */
  lastInput: string | undefined;
  #onClosed: (() => void) | undefined;
  #utteranceMillis: number | undefined;
  #lastTurnMillis = Number.NEGATIVE_INFINITY;
  #heard: Utterance[] = [];
  #toolResults: unknown[] = [];
  /** The latest messages of the conversation, of either side, in the GenAI format. */
  readonly transcript: unknown[] = [];
  readonly #exchanges: TurnExchange[] = [];
  #spoken: string[] = [];

  /**
   * The user begins to speak. The transcript comes later, often after the answer began. It is taken
   * for that of the latest utterance, since noise is an utterance too and has none.
   */
  beginUtterance(atMillis: number): void {
    this.#utteranceMillis = atMillis;
  }

  /** `beganMillis` where LiveKit recorded it, for providers that report it. */
  hear(text: string, message: unknown, beganMillis: number | undefined): void {
    const atMillis = beganMillis ?? this.#utteranceMillis ?? Date.now();
    this.#utteranceMillis = undefined;
    pushBounded(this.#heard, { text, message, atMillis });
  }

  record(message: unknown): void {
    pushBounded(this.transcript, message, MAX_TRANSCRIPT);
  }

  /**
   * The utterances that a turn answers: those that began after the turn before it and before itself.
   * Older ones came too late for their turn, and are not put on the wrong one.
   */
  claimUtterances(turnMillis: number): readonly Utterance[] {
    const claimed = this.#heard.filter(
      ({ atMillis }) => atMillis > this.#lastTurnMillis && atMillis <= turnMillis,
    );
    this.#heard = this.#heard.filter(({ atMillis }) => atMillis > turnMillis);
    return claimed;
  }

  /**
   * What goes through the model in a turn that starts now. The call's metrics may come when it is
   * long over, so the last few are kept.
   */
  beginTurn(): TurnExchange {
    const exchange = new TurnExchange(this.#toolResults);
    this.#toolResults = [];
    pushBounded(this.#exchanges, exchange, MAX_EXCHANGES)?.forget();
    return exchange;
  }

  /**
   * A turn has ended: what began before it started is no other turn's. What no turn of a realtime
   * model has claimed is on the spans of a model of text.
   */
  endTurn(turnMillis: number): void {
    this.claimUtterances(turnMillis);
    this.#lastTurnMillis = Math.max(this.#lastTurnMillis, turnMillis);
  }

  /** The model gets them in the turn after. */
  addToolResults(messages: readonly unknown[]): void {
    for (const message of messages) pushBounded(this.#toolResults, message);
  }

  beginSpeaking(): void {
    this.#spoken = [];
  }

  /** LiveKit adds what was said to the conversation just before `agent_speaking` ends. */
  say(text: string): void {
    pushBounded(this.#spoken, text);
  }

  takeSpoken(): string | undefined {
    const spoken = asText(this.#spoken.join('\n'));
    this.#spoken = [];
    return spoken;
  }

  /**
   * Calls back when it is known why the session closed: LiveKit ends `agent_session` and emits
   * `close` in one go, so that is before any other code can run.
   */
  awaitClosing(onClosed: () => void): void {
    this.#onClosed = onClosed;
  }

  close(closing: SessionClosing): void {
    this.closing = closing;
    this.settle();
  }

  /** The session is over: none of its content is kept any longer. */
  forget(): void {
    this.lastInput = undefined;
    this.#heard = [];
    this.#toolResults = [];
    this.#spoken = [];
    this.transcript.length = 0;
    for (const exchange of this.#exchanges.splice(0)) exchange.forget();
  }

  /** Nothing more is waited for. */
  settle(): void {
    const onClosed = this.#onClosed;
    this.#onClosed = undefined;
    onClosed?.();
  }
}

/** Returns the value that had to go. */
function pushBounded<T>(list: T[], value: T, max: number = MAX_PENDING): T | undefined {
  list.push(value);
  return list.length > max ? list.shift() : undefined;
}

/** What went into a realtime model and came out of it during one turn, by events. */
export class TurnExchange {
  readonly #toolResults: unknown[];
  readonly #heard: Utterance[] = [];
  readonly #said: string[] = [];
  readonly #calls: unknown[] = [];
  /** Input from before a tool loop, which all its steps answer. */
  #inherited: string | undefined;

  /** What the tools answered before the turn is what the model is asked about in it. */
  constructor(toolResults: unknown[]) {
    this.#toolResults = toolResults;
  }

  say(text: string): void {
    this.#said.push(text);
  }

  addCalls(messages: readonly unknown[]): void {
    for (const message of messages) {
      if (isRecord(message) && Array.isArray(message['parts'])) {
        this.#calls.push(...message['parts']);
      }
    }
  }

  /** Takes the utterances that the turn answers, as far as they have been transcribed by now. */
  claim(observed: ObservedSession, turnMillis: number): void {
    this.#heard.push(...observed.claimUtterances(turnMillis));
    const input = this.#input;
    if (input !== undefined) observed.lastInput = input;
    else if (this.#toolResults.length > 0) this.#inherited = observed.lastInput;
  }

  forget(): void {
    for (const kept of [this.#toolResults, this.#heard, this.#said, this.#calls]) kept.length = 0;
    this.#inherited = undefined;
  }

  get messages(): ModelExchange {
    const parts = [...this.#said.map((content) => ({ type: 'text', content })), ...this.#calls];
    return {
      userText: this.#input ?? this.#inherited,
      input: [...this.#toolResults, ...this.#heard.map(({ message }) => message)],
      output: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    };
  }

  get #input(): string | undefined {
    return asText(this.#heard.map(({ text }) => text).join('\n'));
  }
}
