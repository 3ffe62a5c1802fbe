import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import type { CallAnswer } from '../call-attributes.js';
import type { AnswerReader } from '../observed-call.js';
import { recordsIn } from '../call-attributes.js';

/** A stream's deltas, put together into the answer of a call that does not stream. */
export class ChatChunks implements AnswerReader {
  readonly #answerOf: (completion: unknown) => CallAnswer;
  readonly #choices = new Map<unknown, ChoiceSoFar>();
  #head: JsonRecord = {};
  #usage: unknown;

  constructor(answerOf: (completion: unknown) => CallAnswer) {
    this.#answerOf = answerOf;
  }

  read(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#head = { id: chunk['id'], model: chunk['model'] };
    // In the last chunk, and only of a request that asked for it (`stream_options.include_usage`).
    this.#usage = chunk['usage'] ?? this.#usage;
    for (const choice of recordsIn(chunk['choices'])) {
      const { index } = choice;
      const soFar = this.#choices.get(index) ?? new ChoiceSoFar();
      this.#choices.set(index, soFar);
      soFar.add(choice);
    }
  }

  answer(): CallAnswer {
    const choices = [...this.#choices.values()].map((choice) => choice.whole());
    return this.#answerOf({ ...this.#head, usage: this.#usage, choices });
  }
}

const TEXTS = ['content', 'refusal', 'reasoning_content'] as const;

class ChoiceSoFar {
  readonly #texts: Record<string, string> = {};
  readonly #calls = new Map<unknown, { id: unknown; name: unknown; arguments: string }>();
  readonly #audio = { data: '', transcript: '' };
  #role: unknown = 'assistant';
  #finishReason: unknown;

  add(choice: JsonRecord): void {
    this.#finishReason = choice['finish_reason'] ?? this.#finishReason;
    const delta = isRecord(choice['delta']) ? choice['delta'] : {};
    this.#role = delta['role'] ?? this.#role;
    for (const key of TEXTS) {
      if (typeof delta[key] === 'string') this.#texts[key] = (this.#texts[key] ?? '') + delta[key];
    }
    const audio = isRecord(delta['audio']) ? delta['audio'] : {};
    for (const key of ['data', 'transcript'] as const) this.#audio[key] += asText(audio[key]) ?? '';
    for (const call of recordsIn(delta['tool_calls'])) this.#addCall(call);
  }

  /** Only the index identifies the call of a piece: id and name come once, arguments in pieces. */
  #addCall({ index, id, function: part }: JsonRecord): void {
    const called = isRecord(part) ? part : {};
    const soFar = this.#calls.get(index) ?? { id: undefined, name: undefined, arguments: '' };
    this.#calls.set(index, soFar);
    soFar.id ??= id;
    soFar.name ??= called['name'];
    soFar.arguments += asText(called['arguments']) ?? '';
  }

  whole(): JsonRecord {
    const hasAudio = this.#audio.data !== '' || this.#audio.transcript !== '';
    const calls = [...this.#calls.values()].map(({ id, ...called }) => ({ id, function: called }));
    return {
      finish_reason: this.#finishReason,
      message: {
        role: this.#role,
        ...this.#texts,
        ...(hasAudio && { audio: this.#audio }),
        tool_calls: calls,
      },
    };
  }
}
