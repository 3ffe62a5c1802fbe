import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import { modelHost, type CallAnswer, type CallRequest } from '../call-attributes.js';
import {
  joinedRecord,
  listIn,
  readMessage,
  readMessages,
  recordsIn,
  without,
} from '../messages.js';
import type { AnswerReader, Endpoint } from '../provider-call.js';

/** `chat.completions.create`, which `parse`, `stream` and `runTools` go through. */
export const CHAT_COMPLETIONS: Endpoint = {
  spanName: 'OpenAI Chat Completions',
  request: chatRequest,
  answer: chatAnswer,
  reader: () => new ChatChunks(),
};

/** `completions.create`: one prompt and its continuation. */
export const COMPLETIONS: Endpoint = {
  ...CHAT_COMPLETIONS,
  spanName: 'OpenAI Completions',
  request: completionsRequest,
};

/** `embeddings.create`: what was embedded and what it cost, never the vectors. */
export const EMBEDDINGS: Endpoint = {
  spanName: 'OpenAI Embeddings',
  request: embeddingsRequest,
  answer: (value) => {
    const { model, usage } = recordIn(value);
    return { model: asText(model), usage: readUsage(usage), isComplete: true };
  },
};

export function chatRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = recordIn(body);
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: readMessages(asked['messages']),
    tools: [...listIn(asked['tools']), ...listIn(asked['functions'])],
    parameters: without(asked, ['messages', 'model', 'tools', 'functions']),
  };
}

function completionsRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = recordIn(body);
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: textsIn(asked['prompt']).map((content) => readMessage({ content })),
    parameters: without(asked, ['prompt', 'model']),
  };
}

function embeddingsRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = recordIn(body);
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    parameters: without(asked, ['input', 'model']),
    texts: textsIn(asked['input']),
  };
}

/** Lists of numbers are tokens that somebody has made of the text already. */
function textsIn(value: unknown): readonly string[] {
  return [value].flat().filter((text) => typeof text === 'string');
}

/** All choices, in their order; the reason that the first one ended. */
export function chatAnswer(completion: unknown): CallAnswer {
  const { id, model, usage, choices } = recordIn(completion);
  const reasons = recordsIn(choices).map((choice) => asText(choice['finish_reason']));
  return {
    id: asText(id),
    model: asText(model),
    finishReason: reasons[0],
    usage: isRecord(usage) ? readUsage(usage) : undefined,
    messages: recordsIn(choices)
      // Text completions have text in place of a message.
      .map(({ message, text }) =>
        readMessage({ role: 'assistant', content: text, ...recordIn(message) }),
      )
      .filter(({ parts }) => parts.length > 0),
    isComplete: reasons.length > 0 && !reasons.includes(undefined),
  };
}

/** A stream's deltas, put together into the answer of a call that does not stream. */
class ChatChunks implements AnswerReader {
  readonly #choices = new Map<unknown, JsonRecord>();
  #head: JsonRecord = {};
  #usage: unknown;

  read(chunk: unknown): void {
    const { id, model, usage, choices } = recordIn(chunk);
    // Azure sends empty ones with what its filters found, also after the last text.
    this.#head = {
      id: asText(id) ?? this.#head['id'],
      model: asText(model) ?? this.#head['model'],
    };
    // In the last chunk, and only of a request that asked for it (`stream_options.include_usage`).
    this.#usage = usage ?? this.#usage;
    for (const { index, delta, text, finish_reason } of recordsIn(choices)) {
      const before = this.#choices.get(index) ?? {};
      const piece = isRecord(delta) ? delta : { content: text };
      this.#choices.set(index, {
        message: joinedRecord(before['message'], piece),
        finish_reason: finish_reason ?? before['finish_reason'],
      });
    }
  }

  answer(): CallAnswer {
    return chatAnswer({ ...this.#head, usage: this.#usage, choices: [...this.#choices.values()] });
  }
}
