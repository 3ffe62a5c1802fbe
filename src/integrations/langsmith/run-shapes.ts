import { OpenInferenceSpanKind as Kind } from '@arizeai/openinference-semantic-conventions';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { messagesAnswer, messagesRequest } from '../anthropic/messages.js';
import {
  listIn,
  recordsIn,
  without,
  type CallAnswer,
  type CallRequest,
} from '../call-attributes.js';
import { langChainAnswer, modelIn } from '../langchain/model-run.js';
import { langChainMessage, langChainUsage, plainValue } from '../langchain/messages.js';
import { chatAnswer, chatRequest } from '../openai/chat-completions.js';
import { responsesAnswer, responsesRequest } from '../openai/responses.js';

const KINDS: Readonly<Record<string, Kind>> = {
  llm: Kind.LLM,
  tool: Kind.TOOL,
  retriever: Kind.RETRIEVER,
  prompt: Kind.PROMPT,
  embedding: Kind.EMBEDDING,
};

/** Kind of a run of this type; `chain`, `parser` and what is new are steps. */
export function kindOfRun(runType: unknown): Kind {
  return KINDS[asText(runType) ?? ''] ?? Kind.CHAIN;
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
    const messages = lists.flat().flatMap((each) => langChainMessage(each) ?? []);
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
  const listed = recordsIn(outputs['messages']).flatMap((each) => langChainMessage(each) ?? []);
  if (said !== undefined || listed.length > 0)
    return { messages: said ? [said] : listed, isComplete: true };
  const plain = plainValue(outputs);
  const content = typeof plain === 'string' ? plain : undefined;
  const parts = content === undefined ? [] : [{ type: 'text', content }];
  return { messages: parts.length === 0 ? [] : [{ role: 'assistant', parts }], isComplete: true };
}

/** LangSmith says an error as text: its class, its message and its stack. */
export function errorOfRun(text: string): Error {
  const [first = '', ...stack] = text.split('\n');
  const [, name = 'Error', message = first] = /^(\w*(?:Error|Exception)): (.*)$/u.exec(first) ?? [];
  return Object.assign(new Error(message), { name, stack: [first, ...stack].join('\n') });
}
