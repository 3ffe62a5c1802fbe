import type { ModelExchange } from '../mapping/mapping-context.js';
import { isRecord } from '../mapping/read-attributes.js';
import type { HeardWords, ObservedSession } from './observed-session.js';

/** What went into a realtime model and came out of it during one turn, as events tell it. */
export class TurnExchange {
  readonly #toolResults: unknown[];
  readonly #heard: HeardWords[] = [];
  readonly #said: string[] = [];
  readonly #calls: unknown[] = [];
  /** Words from before a tool loop, which all its steps answer. */
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

  /** Takes the words that the turn answers, as far as they have been transcribed by now. */
  claim(observed: ObservedSession, turnMillis: number): void {
    this.#heard.push(...observed.claimWords(turnMillis));
    if (this.#words !== undefined) observed.lastWords = this.#words;
    else if (this.#toolResults.length > 0) this.#inherited = observed.lastWords;
  }

  forget(): void {
    for (const kept of [this.#toolResults, this.#heard, this.#said, this.#calls]) kept.length = 0;
    this.#inherited = undefined;
  }

  get messages(): ModelExchange {
    const parts = [...this.#said.map((content) => ({ type: 'text', content })), ...this.#calls];
    return {
      words: this.#words ?? this.#inherited,
      input: [...this.#toolResults, ...this.#heard.map(({ message }) => message)],
      output: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    };
  }

  get #words(): string | undefined {
    return this.#heard.length > 0 ? this.#heard.map(({ text }) => text).join('\n') : undefined;
  }
}
