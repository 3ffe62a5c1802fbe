import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { ToolCall } from './mapping-context.js';
import {
  asText,
  firstPresent,
  isRecord,
  parseJson,
  parseJsonArray,
  parseJsonRecord,
  type JsonRecord,
} from './read-attributes.js';

// Reads what a model was asked and what it answered, in every form that it is recorded in, as
// messages in the GenAI format: `{ role, parts: [{ type, … }] }`.

/** A message in the GenAI format. */
interface GenAiMessage {
  readonly role: string;
  readonly parts: JsonRecord[];
}

/** What a model was asked and what it answered, in the GenAI format. */
export interface Conversation {
  readonly system: readonly unknown[];
  readonly input: readonly unknown[];
  readonly output: readonly unknown[];
}

/** Where LiveKit records the conversation of a model call, its answer apart. */
export const CONVERSATION_KEYS: readonly string[] = [
  GenAiAttr.SYSTEM_INSTRUCTIONS,
  GenAiAttr.INPUT_MESSAGES,
  GenAiAttr.OUTPUT_MESSAGES,
  ...LiveKitAttr.CHAT_CONTEXT,
];

/**
 * Reads the conversation of one model call, `gen_ai.*` before `lk.pii.*` before `lk.*`: LiveKit
 * records it as `gen_ai.*` on `llm_request` from 1.8, and up to 1.7.1 as a chat context on
 * `llm_node` alone. `calls` are used where the answer's own tool calls were not recorded. Adds the
 * keys of attributes that contain nothing beyond it to `sources`.
 */
export function readConversation(
  attributes: Attributes,
  sources: string[],
  calls: readonly ToolCall[] = [],
): Conversation {
  const answer = readAnswer(attributes, sources, calls);
  const system = readArray(attributes, GenAiAttr.SYSTEM_INSTRUCTIONS, sources);
  let input = readArray(attributes, GenAiAttr.INPUT_MESSAGES, sources);
  const output = readArray(attributes, GenAiAttr.OUTPUT_MESSAGES, sources);
  const contextKey = firstPresent(attributes, LiveKitAttr.CHAT_CONTEXT);
  if (contextKey !== undefined) {
    const isRepeated = input !== undefined || system !== undefined;
    if (!isRepeated) input = readChatContext(attributes[contextKey]);
    if (isRepeated || input !== undefined) sources.push(contextKey);
  }
  return {
    system: asParts(system ?? []),
    input: asMessages(input ?? [], 'user'),
    output: asMessages(output ?? answer, 'assistant'),
  };
}

function readArray(
  attributes: Attributes,
  key: string,
  sources: string[],
): readonly unknown[] | undefined {
  const array = parseJsonArray(attributes[key]);
  if (array !== undefined) sources.push(key);
  return array;
}

/** The answer of an `llm_node`: its text and its tool calls, each under its own key. */
export function readAnswer(
  attributes: Attributes,
  sources: string[],
  calls: readonly ToolCall[] = [],
): readonly unknown[] {
  const parts: JsonRecord[] = [];
  const textKey = firstPresent(attributes, LiveKitAttr.RESPONSE_TEXT);
  const text = textKey === undefined ? undefined : attributes[textKey];
  if (textKey !== undefined && typeof text === 'string') {
    sources.push(textKey);
    if (text !== '') parts.push(textPart(text));
  }
  const callsKey = firstPresent(attributes, LiveKitAttr.RESPONSE_CALLS);
  const recorded = callsKey === undefined ? undefined : readToolCalls(attributes[callsKey]);
  if (callsKey !== undefined && recorded !== undefined) sources.push(callsKey);
  for (const call of recorded ?? calls) parts.push({ type: 'tool_call', ...call });
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** Reads `lk.pii.response.function_calls` (`voice/generation.ts`); `undefined` when it is not JSON. */
export function readToolCalls(value: Attributes[string]): readonly ToolCall[] | undefined {
  const array = parseJsonArray(value);
  if (array === undefined) return undefined;
  const calls: ToolCall[] = [];
  for (const call of array) {
    if (!isRecord(call)) continue;
    calls.push({
      id: callId(call) ?? asText(call['id']),
      name: asText(call['name']) ?? '',
      arguments: asText(call['arguments']) ?? asText(call['args']) ?? '',
    });
  }
  return calls;
}

/** Messages of a chat context; `undefined` when it is not one. */
export function readChatContext(value: Attributes[string]): readonly unknown[] | undefined {
  const items = parseJsonRecord(value)?.['items'];
  return Array.isArray(items) ? messagesOfChatContext(items) : undefined;
}

/**
 * Reads the items of a LiveKit chat context (`lk.chat_ctx`, `lk.pii.chat_ctx`) as messages. Keys
 * are snake_case from LiveKit 1.4.11, camelCase before.
 *
 * Handoffs and configuration updates are no messages: the model is never shown them, and LiveKit
 * leaves them out of `gen_ai.input.messages` too.
 */
export function messagesOfChatContext(items: readonly unknown[]): readonly GenAiMessage[] {
  const messages: GenAiMessage[] = [];
  for (const item of items) {
    if (!isRecord(item)) continue;
    const type = item['type'];
    if (type === 'message') messages.push(chatMessage(item));
    else if (type === 'function_call') addToolCall(messages, item);
    else if (type === 'function_call_output') messages.push(toolResult(item));
  }
  return messages;
}

function chatMessage(item: JsonRecord): GenAiMessage {
  const content = item['content'];
  const parts: JsonRecord[] = [];
  for (const element of Array.isArray(content) ? content : [content]) {
    const part = contentPart(element);
    if (part !== undefined) parts.push(part);
  }
  return { role: asText(item['role']) ?? 'user', parts };
}

/** Element types of `ChatMessage.content` (`llm/chat_context.ts`). */
function contentPart(element: unknown): JsonRecord | undefined {
  if (typeof element === 'string') return textPart(element);
  if (!isRecord(element)) return undefined;
  switch (element['type']) {
    case 'instructions':
      return textPart(asText(element['text']) ?? asText(element['audio']) ?? '');
    case 'image_content':
      return { type: 'uri', modality: 'image', uri: asText(element['image']) ?? '' };
    case 'audio_content':
      return { type: 'blob', modality: 'audio', transcript: asText(element['transcript']) ?? '' };
    default:
      return element;
  }
}

/** A model asks for its tool calls in one message, after the text it says with them. */
function addToolCall(messages: GenAiMessage[], item: JsonRecord): void {
  const call = {
    type: 'tool_call',
    id: callId(item),
    name: asText(item['name']),
    arguments: item['arguments'] ?? item['args'],
  };
  const last = messages.at(-1);
  if (last?.role === 'assistant') last.parts.push(call);
  else messages.push({ role: 'assistant', parts: [call] });
}

/** LiveKit writes outputs as JSON text, a string result with its quotes. */
function toolResult(item: JsonRecord): GenAiMessage {
  const output = item['output'];
  const parsed = parseJson(output);
  const response = typeof parsed === 'string' ? parsed : output;
  return { role: 'tool', parts: [{ type: 'tool_call_response', id: callId(item), response }] };
}

function callId(item: JsonRecord): string | undefined {
  return asText(item['call_id']) ?? asText(item['callId']);
}

/**
 * Messages in the GenAI format, whatever shape they were recorded in: `{role, parts}` as LiveKit
 * writes them, `{role, content}` as others do. What is neither stays as JSON text, since the raw
 * attribute is not sent as well.
 */
function asMessages(messages: readonly unknown[], role: string): readonly JsonRecord[] {
  return messages.map((message) => {
    if (!isRecord(message)) return { role, parts: asParts([message]) };
    const { parts } = message;
    if (!Array.isArray(parts)) return withParts(message, role);
    return parts.every(isRecord) ? message : { ...message, parts: asParts(parts) };
  });
}

/** Parts of a message: text for a string, JSON text for what is no part at all. */
function asParts(parts: readonly unknown[]): readonly JsonRecord[] {
  return parts.map((part) => {
    if (!isRecord(part)) return textPart(typeof part === 'string' ? part : JSON.stringify(part));
    const isOpenAiText = part['type'] === 'text' && part['content'] === undefined;
    const text = part['text'];
    return isOpenAiText && typeof text === 'string' ? textPart(text) : part;
  });
}

function withParts(message: JsonRecord, fallbackRole: string): JsonRecord {
  const { role, name, content, ...rest } = message;
  const said = Array.isArray(content) ? content : [content];
  const parts = asParts(said.filter((part) => part !== undefined && part !== null));
  const more = Object.keys(rest).length > 0 ? [textPart(JSON.stringify(rest))] : [];
  return { role: asText(role) ?? fallbackRole, name, parts: [...parts, ...more] };
}

function textPart(content: string): JsonRecord {
  return { type: 'text', content };
}

/** Text of the last message with this role; messages without text are skipped. */
export function lastTextOf(messages: readonly unknown[], role: string): string | undefined {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (!isRecord(message) || message['role'] !== role) continue;
    const text = textOfParts(message['parts']);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Text parts and audio transcripts, one a line. */
export function textOfParts(parts: unknown): string | undefined {
  if (!Array.isArray(parts)) return undefined;
  const texts: string[] = [];
  for (const part of parts) {
    if (!isRecord(part)) continue;
    const text = part['type'] === 'text' ? part['content'] : part['transcript'];
    if (typeof text === 'string' && text !== '') texts.push(text);
  }
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/**
 * Tool calls of these messages as JSON text: the output of a step that has no text. Arguments that
 * are JSON are an object here, as in LiveKit's own `gen_ai.output.messages` (`telemetry/gen_ai.ts`):
 * `llm_node` records them as text.
 */
export function toolCallsText(messages: readonly unknown[]): string | undefined {
  const calls: JsonRecord[] = [];
  for (const message of messages) {
    if (!isRecord(message) || !Array.isArray(message['parts'])) continue;
    for (const part of message['parts']) {
      if (!isRecord(part) || part['type'] !== 'tool_call') continue;
      const parsed = parseJson(part['arguments']);
      const args = parsed === undefined ? part['arguments'] : parsed;
      calls.push({ id: part['id'], name: part['name'], arguments: args });
    }
  }
  return calls.length > 0 ? JSON.stringify(calls) : undefined;
}
