import type { Message } from '../mapping/conversation.js';
import type { ModelExchange, SessionClosing, SttUsage } from '../mapping/mapping-context.js';
import { asText, type JsonRecord } from '../mapping/read-attributes.js';

/** Bounds what is kept of a session that says much while no span asks for it. */
const MAX_PENDING = 64;
/** Turns whose exchange is kept: its metrics, and what the user said, may come when they are over. */
const MAX_EXCHANGES = 8;
/** Messages of a conversation that are kept for the span of its session: the latest. */
const MAX_TRANSCRIPT = 256;

/** An utterance of the user, and when it began: the turn that answers it starts after that. */
interface Utterance {
  readonly text: string;
  readonly message: Message;
  readonly atMillis: number;
}

/** What the events of one session have brought, for the spans that end after them. Bounded. */
export class ObservedSession {
  closing: SessionClosing | undefined;
  /** All speech that was recognised, with a turn or without. */
  stt: SttUsage | undefined;
  /** The latest messages of the conversation, of either side, in the GenAI format. */
  readonly transcript: Message[] = [];
  #onClosed: (() => void) | undefined;
  #utteranceMillis: number | undefined;
  #heard: Utterance[] = [];
  #toolResults: Message[] = [];
  readonly #exchanges: TurnExchange[] = [];
  #spoken: string[] = [];

  /**
   * The user begins to speak. The transcript comes later, often after the answer began. It is taken
   * for that of the latest utterance, since noise is an utterance too and has none.
   */
  beginUtterance(atMillis: number): void {
    this.#utteranceMillis = atMillis;
  }

  /**
   * The first turn that started after the utterance answers it, else the next one. `beganMillis` is
   * there where LiveKit recorded it, for providers that report it.
   */
  hear(text: string, message: Message, beganMillis: number | undefined): void {
    const atMillis = beganMillis ?? this.#utteranceMillis ?? Date.now();
    this.#utteranceMillis = undefined;
    const turn = this.#exchanges.find(({ startMillis }) => startMillis >= atMillis);
    pushBounded(turn?.heard ?? this.#heard, { text, message, atMillis });
  }

  record(message: Message): void {
    pushBounded(this.transcript, message, MAX_TRANSCRIPT);
  }

  /** What goes through the model in a turn: it is asked about what its tools have answered. */
  beginTurn(startMillis: number): TurnExchange {
    const toolResults = this.#toolResults;
    const heard = this.#heard.filter(({ atMillis }) => atMillis <= startMillis);
    // Further steps of a tool loop answer the input of its first.
    const before = toolResults.length > 0 ? this.#exchanges.at(-1)?.userText : undefined;
    this.#toolResults = [];
    this.#heard = this.#heard.filter(({ atMillis }) => atMillis > startMillis);
    const exchange = new TurnExchange(startMillis, heard, toolResults, before);
    pushBounded(this.#exchanges, exchange, MAX_EXCHANGES)?.forget();
    return exchange;
  }

  addToolResults(messages: readonly Message[]): void {
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

  settle(): void {
    const onClosed = this.#onClosed;
    this.#onClosed = undefined;
    onClosed?.();
  }

  /** The session is over: none of its content is kept any longer. */
  forget(): void {
    this.#heard = [];
    this.#toolResults = [];
    this.#spoken = [];
    this.transcript.length = 0;
    for (const exchange of this.#exchanges.splice(0)) exchange.forget();
  }
}

/** Returns the value that had to go. */
function pushBounded<T>(list: T[], value: T, max: number = MAX_PENDING): T | undefined {
  list.push(value);
  return list.length > max ? list.shift() : undefined;
}

/** What went into a realtime model and came out of it during one turn, by events. */
export class TurnExchange {
  readonly startMillis: number;
  readonly heard: Utterance[];
  readonly #toolResults: Message[];
  #inherited: string | undefined;
  readonly #said: string[] = [];
  readonly #calls: JsonRecord[] = [];

  constructor(
    startMillis: number,
    heard: Utterance[],
    toolResults: Message[],
    inherited: string | undefined,
  ) {
    this.startMillis = startMillis;
    this.heard = heard;
    this.#toolResults = toolResults;
    this.#inherited = inherited;
  }

  say(text: string): void {
    this.#said.push(text);
  }

  addCalls(messages: readonly Message[]): void {
    for (const { parts } of messages) this.#calls.push(...parts);
  }

  forget(): void {
    for (const kept of [this.#toolResults, this.heard, this.#said, this.#calls]) kept.length = 0;
    this.#inherited = undefined;
  }

  get userText(): string | undefined {
    return asText(this.heard.map(({ text }) => text).join('\n')) ?? this.#inherited;
  }

  get messages(): ModelExchange {
    const parts = [...this.#said.map((content) => ({ type: 'text', content })), ...this.#calls];
    return {
      userText: this.userText,
      input: [...this.#toolResults, ...this.heard.map(({ message }) => message)],
      output: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    };
  }
}
