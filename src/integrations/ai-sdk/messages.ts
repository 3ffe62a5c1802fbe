import { asText, isRecord, parseJson, type JsonRecord } from '../../mapping/read-attributes.js';
import { mapProvider } from '../../mapping/providers.js';
import { jsonText, recordsIn, type Message, type MessagePart } from '../call-attributes.js';

/** Messages of the AI SDK (`ModelMessage`, and the prompt of a provider), system text first. */
export function modelMessages(instructions: unknown, messages: unknown): readonly Message[] {
  const system =
    typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : instructions;
  return [...recordsIn(Array.isArray(system) ? system : [system]), ...recordsIn(messages)].flatMap(
    modelMessage,
  );
}

/** What a model said: text, thoughts and tool calls. Results of tools are separate messages. */
export function answerMessage(content: unknown): readonly Message[] {
  const parts = recordsIn(content)
    .filter(({ type }) => type !== 'tool-result' && type !== 'tool-error')
    .map(messagePart);
  return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
}

/** Whose model it is: `openai.chat` and `openai.responses` are OpenAI's. */
export function modelProvider(provider: unknown): { system: string; provider: string | undefined } {
  const name = asText(provider)?.split('.')[0];
  return mapProvider(name) ?? { system: name ?? 'unknown', provider: name };
}

/** Every result of a tool becomes its own message: one message can answer several calls. */
function modelMessage(message: JsonRecord): readonly Message[] {
  const role = asText(message['role']) ?? 'user';
  const { content } = message;
  if (typeof content === 'string') return [{ role, parts: [{ type: 'text', content }] }];
  const parts = recordsIn(content).map(messagePart);
  if (role !== 'tool') return [{ role, parts }];
  return parts.map((part) => ({ role, parts: [part] }));
}

function messagePart(part: JsonRecord): MessagePart {
  const type = asText(part['type']) ?? 'unknown';
  switch (type) {
    case 'text':
    case 'reasoning':
      return { type, content: part['text'] };
    case 'tool-call': {
      const { toolCallId: id, toolName: name } = part;
      return { type: 'tool_call', id, name, arguments: jsonText(part['input'] ?? part['args']) };
    }
    case 'tool-result':
    case 'tool-error': {
      const response = resultText(part['output'] ?? part['result'] ?? part['error']);
      return { type: 'tool_call_response', id: part['toolCallId'], response };
    }
    case 'image':
    case 'file':
      return filePart(part);
    default:
      return { ...part, type };
  }
}

/** Wrapped as `{ type: 'json', value }` in a prompt, and bare in an answer. */
function resultText(output: unknown): string | undefined {
  const isWrapped = isRecord(output) && typeof output['type'] === 'string' && 'value' in output;
  return jsonText(isWrapped ? output['value'] : output);
}

function filePart(part: JsonRecord): MessagePart {
  const mediaType = asText(part['mediaType'] ?? part['mimeType']);
  const data = part['image'] ?? part['data'];
  const isImage = part['type'] === 'image' || mediaType?.startsWith('image/') === true;
  if (isImage && (data instanceof URL || /^(?:https?|data):/u.test(asText(data) ?? ''))) {
    return { type: 'uri', modality: 'image', uri: String(data) };
  }
  if (isImage && typeof data === 'string') {
    return { type: 'blob', modality: 'image', content: data, mime_type: mediaType };
  }
  // Files are megabytes and say nothing in a trace.
  return { type: 'file', mediaType, filename: part['filename'] };
}

/** JSON text, parsed; anything else as it is. */
export function parsed(value: unknown): unknown {
  return parseJson(value) ?? value;
}
