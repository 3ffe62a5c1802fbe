import { asText, isRecord, parseJson, type JsonRecord } from './read-attributes.js';

/** A message in the GenAI format, the one form that {@link putMessages} takes. */
interface GenAiMessage {
  readonly role: string;
  readonly parts: JsonRecord[];
}

/**
 * Reads the items of a LiveKit chat context (`lk.chat_ctx`, `lk.pii.chat_ctx`) as messages in the
 * GenAI format. Keys are snake_case from LiveKit 1.4.11, camelCase before.
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
  const parts = Array.isArray(content) ? content : [content];
  return {
    role: asText(item['role']) ?? 'user',
    parts: parts.map(contentPart).filter(isRecord),
  };
}

/** Element types of `ChatMessage.content` (`llm/chat_context.ts`). */
function contentPart(element: unknown): JsonRecord | undefined {
  if (typeof element === 'string') return { type: 'text', content: element };
  if (!isRecord(element)) return undefined;
  switch (element['type']) {
    case 'instructions':
      return { type: 'text', content: asText(element['text']) ?? asText(element['audio']) ?? '' };
    case 'image_content':
      return { type: 'uri', modality: 'image', uri: asText(element['image']) ?? '' };
    case 'audio_content':
      return { type: 'blob', modality: 'audio', transcript: asText(element['transcript']) ?? '' };
    default:
      return element;
  }
}

/** A model asks for its tool calls in one message, after the words it said with them. */
function addToolCall(messages: GenAiMessage[], item: JsonRecord): void {
  const call = toolCall(item);
  const last = messages.at(-1);
  if (last?.role === 'assistant') last.parts.push(call);
  else messages.push({ role: 'assistant', parts: [call] });
}

function toolCall(item: JsonRecord): JsonRecord {
  return {
    type: 'tool_call',
    id: asText(item['call_id']) ?? asText(item['callId']),
    name: asText(item['name']),
    arguments: item['arguments'] ?? item['args'],
  };
}

/** LiveKit writes outputs as JSON text, a string result with its quotes. */
function toolResult(item: JsonRecord): GenAiMessage {
  const output = item['output'];
  const parsed = parseJson(typeof output === 'string' ? output : undefined);
  const response = typeof parsed === 'string' ? parsed : output;
  const id = asText(item['call_id']) ?? asText(item['callId']);
  return { role: 'tool', parts: [{ type: 'tool_call_response', id, response }] };
}
