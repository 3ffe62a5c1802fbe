import { asText, isRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import {
  listIn,
  recordsIn,
  without,
  type CallAnswer,
  type CallRequest,
} from '../call-attributes.js';
import { modelHost } from '../model-host.js';
import type { Endpoint } from '../observed-call.js';
import { ChatChunks } from './chat-chunks.js';
import { chatAnswer } from './chat-completions.js';

/** `embeddings.create`: what was embedded and what it cost, never the vectors. */
export const EMBEDDINGS: Endpoint = {
  spanName: 'OpenAI Embeddings',
  request: embeddingsRequest,
  answer: embeddingsAnswer,
};

/** `completions.create`: one prompt and its continuation. */
export const COMPLETIONS: Endpoint = {
  spanName: 'OpenAI Completions',
  request: completionsRequest,
  answer: (value) => chatAnswer(asChat(value)),
  reader: () => new CompletionChunks(chatAnswer),
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

/** Choices have text where chat has a message, and pieces of text where chat has a delta. */
function asChat(value: unknown): unknown {
  const answer = isRecord(value) ? value : {};
  const choices = recordsIn(answer['choices']).map(({ text: content, ...choice }) => ({
    ...choice,
    message: { role: 'assistant', content },
    delta: { content },
  }));
  return { ...answer, choices };
}

class CompletionChunks extends ChatChunks {
  override read(chunk: unknown): void {
    super.read(asChat(chunk));
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
