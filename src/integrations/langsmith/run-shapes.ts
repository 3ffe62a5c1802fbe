import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { messagesAnswer, messagesRequest } from '../anthropic/messages.js';
import type { CallAnswer, CallRequest } from '../call-attributes.js';
import {
  langChainAnswer,
  langChainMessage,
  langChainMessages,
  langChainUsage,
  modelIn,
  plainValue,
} from '../langchain/messages.js';
import { listIn, readMessage, without } from '../messages.js';
import { chatAnswer, chatRequest } from '../openai/chat-completions.js';
import { responsesAnswer, responsesRequest } from '../openai/responses.js';

const KINDS: Readonly<Record<string, SpanKindValue>> = {
  llm: 'LLM',
  tool: 'TOOL',
  retriever: 'RETRIEVER',
  prompt: 'PROMPT',
  embedding: 'EMBEDDING',
};

/** Kind of a run of this type; `chain`, `parser` and what is new are steps. */
export function kindOfRun(runType: unknown): SpanKindValue {
  return KINDS[asText(runType) ?? ''] ?? 'CHAIN';
}

/**
 * The request of a run of type `llm`. LangSmith keeps inputs as the wrapped SDK, LangChain or the
 * application's own function took them: their shape shows which.
 */
export function requestOfRun(inputs: JsonRecord, metadata: JsonRecord): CallRequest {
  const asked = bodyRequest(inputs, metadata);
  return { ...asked, ...modelIn(metadata, asked.model, 'langsmith') };
}

function bodyRequest(inputs: JsonRecord, metadata: JsonRecord): CallRequest {
  const lists = listIn(inputs['messages']);
  const [first] = lists;
  if (Array.isArray(first) || (isRecord(first) && first['lc'] === 1)) {
    const messages = langChainMessages(lists.flat());
    return { ...chatRequest({}, undefined), messages, parameters: without(inputs, ['messages']) };
  }
  if (metadata['ls_provider'] === 'anthropic') return messagesRequest(inputs, undefined);
  return 'messages' in inputs || !('model' in inputs)
    ? chatRequest(inputs, undefined)
    : responsesRequest(inputs, undefined);
}

/** What came of it, and what the provider said where that was seen. */
export function answerOfRun(
  outputs: JsonRecord,
  metadata: JsonRecord,
  seen: CallAnswer | undefined,
): CallAnswer {
  const answer = bodyAnswer(outputs);
  const reported = outputs['usage_metadata'] ?? metadata['usage_metadata'];
  return {
    ...answer,
    id: seen?.id ?? answer.id,
    model: seen?.model ?? answer.model,
    finishReason: seen?.finishReason ?? answer.finishReason,
    usage: seen?.usage ?? langChainUsage(reported) ?? answer.usage,
    isComplete: true,
  };
}

function bodyAnswer(outputs: JsonRecord): CallAnswer {
  if ('generations' in outputs) return langChainAnswer(outputs, undefined);
  if ('choices' in outputs) return chatAnswer(outputs);
  if (Array.isArray(outputs['output'])) return responsesAnswer(outputs);
  if (Array.isArray(outputs['content'])) return messagesAnswer(outputs);
  const said = langChainMessage(outputs['message'] ?? outputs);
  if (said !== undefined) return { messages: [said], isComplete: true };
  const listed = langChainMessages(outputs['messages']);
  if (listed.length > 0) return { messages: listed, isComplete: true };
  const content = plainValue(outputs);
  const isText = typeof content === 'string';
  const messages = isText ? [readMessage({ role: 'assistant', content })] : [];
  return { messages, isComplete: true };
}

/** LangSmith says an error as text: its class, its message and its stack. */
export function errorOfRun(text: string): Error {
  const [first = '', ...stack] = text.split('\n');
  const [, name = 'Error', message = first] = /^(\w*(?:Error|Exception)): (.*)$/u.exec(first) ?? [];
  return Object.assign(new Error(message), { name, stack: [first, ...stack].join('\n') });
}
