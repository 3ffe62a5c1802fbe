import { asText, isRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/read-usage.js';
import { without, type CallAnswer, type CallRequest } from '../call-attributes.js';
import { modelHost } from '../model-host.js';
import type { AnswerReader, Endpoint } from '../wrapped-call.js';
import { listIn, recordsIn } from './chat-completions.js';

/** `embeddings.create`: what was embedded and what it cost, never the vectors. */
export const EMBEDDINGS: Endpoint = {
  spanName: 'OpenAI Embeddings',
  request: embeddingsRequest,
  answer: embeddingsAnswer,
  reader: wholeAnswer,
};

/** `completions.create`: one prompt and its continuation. */
export const COMPLETIONS: Endpoint = {
  spanName: 'OpenAI Completions',
  request: completionsRequest,
  answer: completionsAnswer,
  reader: () => new CompletionChunks(),
};

export function embeddingsRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = isRecord(body) ? body : {};
  const { input } = asked;
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: [],
    tools: [],
    parameters: without(asked, ['input', 'model']),
    // Lists of numbers are tokens that somebody has made of the text already.
    texts: (typeof input === 'string' ? [input] : listIn(input)).filter(isText),
  };
}

export function embeddingsAnswer(value: unknown): CallAnswer {
  const answer = isRecord(value) ? value : {};
  return {
    model: asText(answer['model']),
    usage: readUsage(answer['usage']),
    messages: [],
    isComplete: true,
  };
}

export function completionsRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = isRecord(body) ? body : {};
  const { prompt } = asked;
  const prompts = (typeof prompt === 'string' ? [prompt] : listIn(prompt)).filter(isText);
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: prompts.map((content) => ({ role: 'user', parts: [{ type: 'text', content }] })),
    tools: [],
    parameters: without(asked, ['prompt', 'model']),
  };
}

export function completionsAnswer(value: unknown): CallAnswer {
  const answer = isRecord(value) ? value : {};
  const choices = recordsIn(answer['choices']);
  const finishReason = asText(choices[0]?.['finish_reason']);
  return {
    id: asText(answer['id']),
    model: asText(answer['model']),
    finishReason,
    usage: isRecord(answer['usage']) ? readUsage(answer['usage']) : undefined,
    messages: choices.map(({ text: content }) => ({
      role: 'assistant',
      parts: [{ type: 'text', content }],
    })),
    isComplete: finishReason !== undefined,
  };
}

class CompletionChunks implements AnswerReader {
  readonly #texts = new Map<unknown, string>();
  #last: Record<string, unknown> = {};
  #finishReason: unknown;

  read(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#last = { ...chunk, usage: chunk['usage'] ?? this.#last['usage'] };
    for (const { index, text, finish_reason: reason } of recordsIn(chunk['choices'])) {
      this.#texts.set(index, (this.#texts.get(index) ?? '') + (asText(text) ?? ''));
      this.#finishReason ??= reason;
    }
  }

  answer(): CallAnswer {
    const choices = [...this.#texts.values()].map((text) => ({
      text,
      finish_reason: this.#finishReason,
    }));
    return completionsAnswer({ ...this.#last, choices });
  }
}

/** Embeddings are not streamed. */
function wholeAnswer(): AnswerReader {
  let last: unknown;
  return {
    read: (value) => {
      last = value;
    },
    answer: () => embeddingsAnswer(last),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
