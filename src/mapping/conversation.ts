import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { ToolCall } from './mapping-context.js';
import {
  asText,
  isRecord,
  parseJson,
  parseJsonArray,
  parseJsonRecord,
  type JsonRecord,
} from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

// Reads what a model was asked and what it answered, in every form that it is recorded in.

/** A message in OpenTelemetry's GenAI format. A part is `{ type, … }`. */
export interface Message {
  readonly role: string;
  /** As it was recorded. */
  readonly name?: unknown;
  readonly parts: readonly JsonRecord[];
}

/** What a model was asked and what it answered. */
export interface Conversation {
  readonly system: readonly JsonRecord[];
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

/** Where LiveKit records the conversation of a model call, its answer apart. */
export const CONVERSATION_KEYS: readonly string[] = [
  GenAiAttr.SYSTEM_INSTRUCTIONS,
  GenAiAttr.INPUT_MESSAGES,
  GenAiAttr.OUTPUT_MESSAGES,
  ...LiveKitAttr.CHAT_CONTEXT,
];

/**
 * Takes the conversation of one model call, `gen_ai.*` before `lk.pii.*` before `lk.*`: LiveKit
 * records it as `gen_ai.*` on `llm_request` from 1.8, and up to 1.7.1 as a chat context on
 * `llm_node` alone.
 */
export function takeConversation(mapping: SpanMapping): Conversation {
  const answer = takeAnswer(mapping);
  const system = asParts(mapping.takeArray(GenAiAttr.SYSTEM_INSTRUCTIONS));
  const input = asMessages(mapping.takeArray(GenAiAttr.INPUT_MESSAGES), 'user');
  const output = asMessages(mapping.takeArray(GenAiAttr.OUTPUT_MESSAGES), 'assistant');
  const isRecorded = input.length > 0 || system.length > 0;
  // Of the same conversation, and not even parsed then.
  if (isRecorded) mapping.replace(...LiveKitAttr.CHAT_CONTEXT);
  return {
    system,
    input: isRecorded ? input : takeChatContext(mapping),
    output: output.length > 0 ? output : answer,
  };
}

/**
 * The answer of an `llm_node`: its text and its tool calls, each under its own key. Calls that were
 * not recorded are known from their tools.
 */
export function takeAnswer(mapping: SpanMapping): readonly Message[] {
  const parts: JsonRecord[] = [];
  const text = mapping.takeText(LiveKitAttr.RESPONSE_TEXT);
  if (text !== undefined && text !== '') parts.push(textPart(text));
  let { toolCalls } = mapping.context;
  for (const key of LiveKitAttr.RESPONSE_CALLS) {
    const recorded = readToolCalls(mapping.raw[key]);
    if (recorded === undefined) continue;
    toolCalls = recorded;
    mapping.replace(key);
  }
  for (const call of toolCalls ?? []) parts.push({ type: 'tool_call', ...call });
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** The messages of a chat context. */
export function takeChatContext(mapping: SpanMapping): readonly Message[] {
  for (const key of LiveKitAttr.CHAT_CONTEXT) {
    const items = parseJsonRecord(mapping.raw[key])?.['items'];
    if (!Array.isArray(items)) continue;
    mapping.replace(key);
    return messagesOfChatContext(items);
  }
  return [];
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

/**
 * Reads the items of a LiveKit chat context (`lk.chat_ctx`, `lk.pii.chat_ctx`) as messages. Keys
 * are snake_case from LiveKit 1.4.11, camelCase before.
 *
 * Handoffs and configuration updates are no messages: the model is never shown them, and LiveKit
 * leaves them out of `gen_ai.input.messages` too.
 */
export function messagesOfChatContext(items: readonly unknown[]): readonly Message[] {
  const messages: OpenMessage[] = [];
  for (const item of items) {
    if (!isRecord(item)) continue;
    const type = item['type'];
    if (type === 'message') messages.push(chatMessage(item));
    else if (type === 'function_call') addToolCall(messages, item);
    else if (type === 'function_call_output') messages.push(toolResult(item));
  }
  return messages;
}

/** A message that tool calls may still join. */
interface OpenMessage extends Message {
  readonly parts: JsonRecord[];
}

function chatMessage(item: JsonRecord): OpenMessage {
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
function addToolCall(messages: OpenMessage[], item: JsonRecord): void {
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
function toolResult(item: JsonRecord): OpenMessage {
  const output = item['output'];
  const parsed = parseJson(output);
  const response = typeof parsed === 'string' ? parsed : output;
  return { role: 'tool', parts: [{ type: 'tool_call_response', id: callId(item), response }] };
}

function callId(item: JsonRecord): string | undefined {
  return asText(item['call_id']) ?? asText(item['callId']);
}

/**
 * Messages of any recorded shape: `{role, parts}` as LiveKit writes them, `{role, content}` as
 * others do. What is neither stays as JSON text, since the raw attribute is not sent as well.
 */
export function asMessages(
  messages: readonly unknown[] | undefined,
  fallbackRole: string,
): readonly Message[] {
  if (messages === undefined || areMessages(messages)) return messages ?? [];
  return messages.map((message) => {
    if (!isRecord(message)) return { role: fallbackRole, parts: asParts([message]) };
    const { role, name, parts, content, ...rest } = message;
    let said: readonly unknown[] = Array.isArray(content) ? content : [content];
    if (Array.isArray(parts)) said = parts;
    else if (Object.keys(rest).length > 0) said = [...said, JSON.stringify(rest)];
    return { role: asText(role) ?? fallbackRole, name, parts: asParts(said) };
  });
}

/** As LiveKit writes them. One loop, since every model call repeats all messages before it. */
function areMessages(messages: readonly unknown[]): messages is readonly Message[] {
  for (const message of messages) {
    if (!isRecord(message)) return false;
    const { role, parts } = message;
    if (typeof role !== 'string' || role === '' || !Array.isArray(parts)) return false;
    for (const part of parts) if (!isGenAiPart(part)) return false;
  }
  return true;
}

/** Parts of a message: text for a string, JSON text for what is no part at all. */
function asParts(parts: readonly unknown[] | undefined): readonly JsonRecord[] {
  if (parts === undefined || parts.every(isGenAiPart)) return parts ?? [];
  const known = parts.filter((part) => part !== undefined && part !== null);
  return known.map((part) => {
    if (!isRecord(part)) return textPart(typeof part === 'string' ? part : JSON.stringify(part));
    const { text } = part;
    return isGenAiPart(part) || typeof text !== 'string' ? part : textPart(text);
  });
}

/** Not one of OpenAI's, which have their text in another field. */
function isGenAiPart(part: unknown): part is JsonRecord {
  return isRecord(part) && (part['type'] !== 'text' || part['content'] !== undefined);
}

function textPart(content: string): JsonRecord {
  return { type: 'text', content };
}

/** Text of the last message with this role; messages without text are skipped. */
export function lastTextOf(messages: readonly Message[], role: string): string | undefined {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    const text = message?.role === role ? textOfParts(message.parts) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Text parts and audio transcripts, one a line. */
export function textOfParts(parts: readonly JsonRecord[]): string | undefined {
  let texts: string | undefined;
  for (const part of parts) {
    const text = part['type'] === 'text' ? part['content'] : part['transcript'];
    if (typeof text !== 'string' || text === '') continue;
    texts = texts === undefined ? text : `${texts}\n${text}`;
  }
  return texts;
}

/**
 * Tool calls of these messages as JSON text: the output of a step that has no text. Arguments that
 * are JSON are an object here, as in LiveKit's own `gen_ai.output.messages` (`telemetry/gen_ai.ts`):
 * `llm_node` records them as text.
 */
export function toolCallsText(messages: readonly Message[]): string | undefined {
  const calls: JsonRecord[] = [];
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part['type'] !== 'tool_call') continue;
      const parsed = parseJson(part['arguments']);
      const args = parsed === undefined ? part['arguments'] : parsed;
      calls.push({ id: part['id'], name: part['name'], arguments: args });
    }
  }
  return calls.length > 0 ? JSON.stringify(calls) : undefined;
}
