import type { Attributes } from '@opentelemetry/api';
import {
  asText,
  firstPresent,
  isRecord,
  parseJsonArray,
  parseJsonRecord,
} from './read-attributes.js';
import type { ToolCall } from './span-input.js';
import { messagesOfChatContext } from './chat-context.js';
import { asMessages, asParts } from './gen-ai-messages.js';

const SYSTEM_INSTRUCTIONS = 'gen_ai.system_instructions';
const INPUT_MESSAGES = 'gen_ai.input.messages';
const OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const CHAT_CONTEXT: readonly string[] = ['lk.pii.chat_ctx', 'lk.chat_ctx'];
export const CONVERSATION_KEYS: readonly string[] = [
  SYSTEM_INSTRUCTIONS,
  INPUT_MESSAGES,
  OUTPUT_MESSAGES,
];
const RESPONSE_TEXT = ['lk.pii.response.text', 'lk.response.text'] as const;
const RESPONSE_CALLS = ['lk.pii.response.function_calls', 'lk.response.function_calls'] as const;

/** What a model was given and what it answered, in the GenAI message format. */
export interface Conversation {
  readonly system: readonly unknown[];
  readonly input: readonly unknown[];
  readonly output: readonly unknown[];
  /** Raw attributes that hold nothing beyond this. */
  readonly sources: readonly string[];
}

/**
 * Reads the conversation of one model call, `gen_ai.*` before `lk.pii.*` before `lk.*`: LiveKit
 * records it as `gen_ai.*` on `llm_request` from 1.8, and up to 1.7.1 as a chat context on
 * `llm_node` alone. `calls` stand in where the answer's own tool calls were not recorded.
 */
export function readConversation(attributes: Attributes, calls: readonly ToolCall[]): Conversation {
  const sources: string[] = [];
  const take = <T>(key: string | undefined, value: T | undefined): T | undefined => {
    if (key !== undefined && value !== undefined) sources.push(key);
    return value;
  };
  const system = take(SYSTEM_INSTRUCTIONS, parseJsonArray(attributes[SYSTEM_INSTRUCTIONS]));
  let input = take(INPUT_MESSAGES, parseJsonArray(attributes[INPUT_MESSAGES]));
  const contextKey = firstPresent(attributes, CHAT_CONTEXT);
  if (contextKey !== undefined) {
    if (input !== undefined || system !== undefined) sources.push(contextKey);
    else input = take(contextKey, readChatContext(attributes, contextKey));
  }
  const output = take(OUTPUT_MESSAGES, parseJsonArray(attributes[OUTPUT_MESSAGES]));
  const answer = readAnswer(attributes, calls);
  sources.push(...answer.sources);
  return {
    system: asParts(system ?? []),
    input: asMessages(input ?? [], 'user'),
    output: asMessages(output ?? answer.messages, 'assistant'),
    sources,
  };
}

/** Messages of the chat context under `key`; `undefined` when it is not one. */
function readChatContext(attributes: Attributes, key: string): readonly unknown[] | undefined {
  const items = parseJsonRecord(attributes[key])?.['items'];
  return Array.isArray(items) ? messagesOfChatContext(items) : undefined;
}

/** The chat context of a span that is no model call (`eou_detection`). */
export function readContextMessages(attributes: Attributes): {
  readonly key: string | undefined;
  readonly messages: readonly unknown[];
} {
  const key = firstPresent(attributes, CHAT_CONTEXT);
  const messages = key === undefined ? undefined : readChatContext(attributes, key);
  return { key: messages === undefined ? undefined : key, messages: messages ?? [] };
}

/** The answer of an `llm_node`: its text and its tool calls, each under a key of its own. */
export function readAnswer(
  attributes: Attributes,
  calls: readonly ToolCall[],
): { readonly messages: readonly unknown[]; readonly sources: readonly string[] } {
  const sources: string[] = [];
  const textKey = firstPresent(attributes, RESPONSE_TEXT);
  const text = textKey === undefined ? undefined : attributes[textKey];
  if (textKey !== undefined && typeof text === 'string') sources.push(textKey);
  const callsKey = firstPresent(attributes, RESPONSE_CALLS);
  const recorded = callsKey === undefined ? undefined : readToolCalls(attributes[callsKey]);
  if (callsKey !== undefined && recorded !== undefined) sources.push(callsKey);
  const parts = [
    ...(asText(text) === undefined ? [] : [{ type: 'text', content: text }]),
    ...(recorded ?? calls).map((call) => ({ type: 'tool_call', ...call })),
  ];
  return { messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [], sources };
}

/** Reads `lk.pii.response.function_calls` (`voice/generation.ts`); `undefined` when it is not JSON. */
export function readToolCalls(value: Attributes[string]): readonly ToolCall[] | undefined {
  return parseJsonArray(value)
    ?.filter(isRecord)
    .map((call) => ({
      id: asText(call['call_id']) ?? asText(call['callId']) ?? asText(call['id']),
      name: asText(call['name']) ?? '',
      arguments: asText(call['arguments']) ?? asText(call['args']) ?? '',
    }));
}
