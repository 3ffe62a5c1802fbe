import { pickHex, pickInteger, type Random } from './random.js';
import type { TextSource } from './text.js';

/** One entry of a chat context, in both spellings LiveKit 1.9 puts on spans. */
interface Entry {
  /** As in `lk.pii.chat_ctx` of llm_node. */
  readonly item: Readonly<Record<string, unknown>>;
  /** As in `gen_ai.input.messages` of llm_request; instructions and config updates are not in it. */
  readonly message?: { readonly role: string; readonly parts: readonly unknown[] };
  readonly createdAtMillis: number;
}

export interface ToolCall {
  readonly itemId: string;
  readonly callId: string;
  readonly name: string;
  readonly argumentsJson: string;
  readonly resultJson: string;
}

/** Words in the system prompt and in each spoken message. */
export const SYSTEM_PROMPT_WORDS = 500;
export const MESSAGE_WORDS = 60;
/** eou_detection shows the turn detector at most this many last entries. */
const EOU_ENTRIES = 6;

export const TOOL_NAME = 'lookupOrder';
export const TOOL_DESCRIPTION = 'Look up the state of a customer order by its number';

/**
 * A conversation as LiveKit keeps it: a list that only grows. The JSON methods take the length it
 * had at the time of the span, and do the work LiveKit does then (`ChatContext.toJSON`,
 * `toInputMessages`), so that a caller can have it done ahead of time or while the clock runs.
 */
export class Conversation {
  readonly instructions: string;
  readonly #random: Random;
  readonly #text: TextSource;
  readonly #entries: Entry[] = [];

  constructor(random: Random, text: TextSource) {
    this.#random = random;
    this.#text = text;
    this.instructions = text.words(SYSTEM_PROMPT_WORDS);
    this.#entries.push(
      {
        item: {
          id: 'lk.agent_task.instructions',
          type: 'message',
          role: 'system',
          content: [this.instructions],
          interrupted: false,
        },
        createdAtMillis: 0,
      },
      {
        item: {
          id: this.#itemId(),
          type: 'agent_config_update',
          instructions: this.instructions,
          tools_added: [TOOL_NAME],
        },
        createdAtMillis: 0,
      },
    );
  }

  get length(): number {
    return this.#entries.length;
  }

  addUserMessage(nowMillis: number): string {
    const text = this.#text.words(MESSAGE_WORDS);
    this.#entries.push({
      item: {
        id: this.#itemId(),
        type: 'message',
        role: 'user',
        content: [text],
        interrupted: false,
        transcript_confidence: this.seconds(0.8, 0.2),
        metrics: {
          started_speaking_at: (nowMillis - 3900) / 1000,
          stopped_speaking_at: (nowMillis - 400) / 1000,
          transcription_delay: this.seconds(0.1, 0.2),
          end_of_turn_delay: this.seconds(0.3, 0.3),
          on_user_turn_completed_delay: 0,
        },
      },
      message: { role: 'user', parts: [{ type: 'text', content: text }] },
      createdAtMillis: nowMillis,
    });
    return text;
  }

  addAssistantMessage(text: string, nowMillis: number): void {
    this.#entries.push({
      item: {
        id: this.#itemId(),
        type: 'message',
        role: 'assistant',
        content: [text],
        interrupted: false,
        metrics: {
          llm_node_ttft: this.seconds(0.2, 0.4),
          tts_node_ttfb: this.seconds(0.1, 0.2),
          started_speaking_at: (nowMillis - 4500) / 1000,
          stopped_speaking_at: nowMillis / 1000,
          playback_latency: this.seconds(0, 0.05),
          e2e_latency: this.seconds(0.6, 0.8),
        },
      },
      message: { role: 'assistant', parts: [{ type: 'text', content: text }] },
      createdAtMillis: nowMillis,
    });
  }

  addToolCall(call: ToolCall, nowMillis: number): void {
    this.#entries.push(
      {
        item: {
          id: call.itemId,
          type: 'function_call',
          call_id: call.callId,
          name: call.name,
          arguments: call.argumentsJson,
        },
        message: { role: 'assistant', parts: [toolCallPart(call)] },
        createdAtMillis: nowMillis,
      },
      {
        item: {
          id: this.#itemId(),
          type: 'function_call_output',
          name: call.name,
          call_id: call.callId,
          output: call.resultJson,
          is_error: false,
        },
        message: {
          role: 'tool',
          parts: [
            {
              type: 'tool_call_response',
              id: call.callId,
              response: JSON.parse(call.resultJson),
            },
          ],
        },
        createdAtMillis: nowMillis,
      },
    );
  }

  reply(): string {
    return this.#text.words(MESSAGE_WORDS);
  }

  createToolCall(): ToolCall {
    return {
      itemId: `${this.#itemId()}/fnc_0`,
      callId: `call_${pickHex(this.#random, 24)}`,
      name: TOOL_NAME,
      argumentsJson: JSON.stringify({
        order: pickInteger(this.#random, 100_000, 999_999),
        reason: this.#text.words(5),
      }),
      resultJson: JSON.stringify({
        state: 'shipped',
        parcels: pickInteger(this.#random, 1, 4),
        history: [this.#text.words(12), this.#text.words(12)],
        total: pickInteger(this.#random, 10, 400),
      }),
    };
  }

  /** `lk.pii.chat_ctx` of llm_node when the conversation had `length` entries. */
  chatContextJson(length: number): string {
    return JSON.stringify({ items: this.#entries.slice(0, length).map((entry) => entry.item) });
  }

  /** `lk.pii.chat_ctx` of eou_detection: the last spoken messages, with their time. */
  turnContextJson(length: number): string {
    const last = this.#entries.slice(2, length).slice(-EOU_ENTRIES);
    return JSON.stringify({
      items: last.map((entry) => ({ ...entry.item, created_at: entry.createdAtMillis })),
    });
  }

  /** `gen_ai.input.messages` of llm_request. */
  inputMessagesJson(length: number): string {
    const messages = this.#entries.slice(0, length).map((entry) => entry.message);
    return JSON.stringify(messages.filter((message) => message !== undefined));
  }

  /** A duration in seconds with LiveKit's float noise, from `from` to `from + spread`. */
  seconds(from: number, spread: number): number {
    return from + this.#random() * spread;
  }

  #itemId(): string {
    return `item_${pickHex(this.#random, 8)}-${pickHex(this.#random, 3)}`;
  }
}

/** A tool call as a part of `gen_ai.input.messages` and `gen_ai.output.messages`. */
export function toolCallPart(call: ToolCall): Readonly<Record<string, unknown>> {
  return {
    type: 'tool_call',
    id: call.callId,
    name: call.name,
    arguments: JSON.parse(call.argumentsJson),
  };
}
