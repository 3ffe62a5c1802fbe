import { asText, isRecord, recordIn, type JsonRecord } from '../mapping/read-attributes.js';
import { serializeValue } from '../spans/serialize-value.js';

/** A message of OpenTelemetry's GenAI format, which the mapping writes as OpenInference. */
export interface Message {
  readonly role: string;
  readonly name?: string | undefined;
  readonly parts: readonly MessagePart[];
}

/**
 * `text` and `reasoning` with `content` (and `signature`), `tool_call` with `id`, `name` and
 * `arguments`, `tool_call_response` with `id` and `response`, `uri` and `blob` with `modality`.
 * Arguments and responses are text. A part of any other type is kept as JSON.
 */
export type MessagePart = Readonly<Record<string, unknown>> & { readonly type: string };

const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  ai: 'assistant',
  function: 'tool',
  toolResult: 'tool',
};

/**
 * Reads messages of every SDK: OpenAI's chat, Anthropic, LangChain, AI SDK and PI have different
 * names for the same fields, and no name that means two things.
 */
export function readMessages(messages: unknown): readonly Message[] {
  return recordsIn(messages).map((message) => readMessage(message));
}

export function readMessage(message: JsonRecord, role: unknown = message['role']): Message {
  const { content, audio, additional_kwargs: additional } = message;
  const named = asText(role) ?? 'user';
  const to = ROLES[named] ?? named;
  const parts = contentParts(content);
  if (to === 'tool' && !parts.some(({ type }) => type === 'tool_call_response')) {
    return { role: to, parts: [toolResult(message)] };
  }
  const thoughts = message['reasoning_content'] ?? recordIn(additional)['reasoning_content'];
  const reasoning = asText(thoughts);
  const refusal = asText(message['refusal']);
  const calls = [...recordsIn(message['tool_calls']), message['function_call']].filter(isRecord);
  return {
    role: to,
    name: asText(message['name']),
    parts: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning', content: reasoning }]),
      // LangChain lists calls in the content as well, each provider's in its own way.
      ...(calls.length === 0 ? parts : parts.filter(({ type }) => type !== 'tool_call')),
      // PI's system messages from 1.0 on.
      ...Object.values(recordIn(message['sections'])).flatMap(contentParts),
      ...(refusal === undefined ? [] : [{ type: 'text', content: refusal }]),
      ...(isRecord(audio) ? [audioPart(audio['data'], audio)] : []),
      ...calls.map(toolCall),
    ],
  };
}

/** What is no list of parts is text. */
export function contentParts(content: unknown): readonly MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return recordsIn(content).flatMap(readPart);
}

/** One part of a message, by the type that its SDK has for it. */
function readPart(part: JsonRecord): MessagePart | readonly MessagePart[] {
  const type = asText(part['type']) ?? 'unknown';
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
    case 'refusal':
      return { type: 'text', content: part['text'] ?? part['refusal'] };
    case 'thinking':
    case 'reasoning':
      return {
        type: 'reasoning',
        content: part['thinking'] ?? part['reasoning'] ?? part['text'] ?? textOf(part['summary']),
        signature: part['signature'] ?? part['thinkingSignature'],
      };
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
    case 'tool_call':
    case 'tool-call':
    case 'toolCall':
    case 'function_call':
      return toolCall(part);
    case 'tool_result':
    case 'tool-result':
    case 'tool-error':
      return toolResult(part);
    // Pieces of calls that LangChain has put together.
    case 'tool_call_chunk':
    case 'input_json_delta':
      return [];
    case 'image':
    case 'image_url':
    case 'input_image':
      return imagePart(part);
    case 'input_audio': {
      const audio = recordIn(part['input_audio']);
      const format = asText(audio['format']);
      return audioPart(audio['data'], { mime_type: format && `audio/${format}` });
    }
    case 'file':
    case 'input_file':
    case 'document': {
      const mediaType = asText(part['mediaType'] ?? part['mimeType']);
      if (mediaType?.startsWith('image/') === true) return imagePart(part);
      // Files are megabytes of base64 and say nothing in a trace.
      const file = isRecord(part['file']) ? part['file'] : part;
      return { type, ...without(file, ['data', 'file_data', 'source', 'type']) };
    }
    default:
      return { ...part, type };
  }
}

/** A call: of a chat completion, with its function apart, or with everything in one object. */
export function toolCall(call: JsonRecord): MessagePart {
  const called = [call['function'], call['custom']].find(isRecord) ?? call;
  return {
    type: 'tool_call',
    id: call['call_id'] ?? call['toolCallId'] ?? call['id'],
    name: called['name'] ?? called['toolName'],
    arguments: jsonText(called['arguments'] ?? called['input'] ?? called['args']),
  };
}

export function toolResult(result: JsonRecord): MessagePart {
  const { call_id: id, tool_call_id: ofChat, tool_use_id: ofAnthropic, toolCallId } = result;
  const output = result['output'] ?? result['content'] ?? result['result'] ?? result['error'];
  // The AI SDK wraps it in a prompt, and does not in an answer.
  const isWrapped =
    isRecord(output) && typeof output['type'] === 'string' && output['value'] !== undefined;
  return {
    type: 'tool_call_response',
    id: id ?? ofChat ?? ofAnthropic ?? toolCallId,
    response: textOf(isWrapped ? output['value'] : output) ?? '',
  };
}

function imagePart(part: JsonRecord): MessagePart {
  const image = part['image_url'] ?? part['source'] ?? part['image'] ?? part;
  const source = isRecord(image) ? image : { ...part, data: image };
  const data = source['url'] ?? source['data'];
  const content = data instanceof URL ? data.href : asText(data);
  if (content !== undefined && /^(?:https?|data):/u.test(content))
    return { type: 'uri', modality: 'image', uri: content };
  const mimeType = MIME_TYPES.map((key) => source[key]).find((type) => type !== undefined);
  return { type: 'blob', modality: 'image', mime_type: mimeType, content };
}

const MIME_TYPES = ['media_type', 'mime_type', 'mediaType', 'mimeType'];

/** An earlier answer is referred to by its id, and its sound is not sent again. */
function audioPart(content: unknown, { mime_type, transcript }: JsonRecord): MessagePart {
  return { type: 'blob', modality: 'audio', content, mime_type, transcript };
}

/** JSON text of anything: never throws, for an object that JSON cannot say either. */
export function jsonText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : serializeValue(value)?.text;
}

/** The text of a tool's result: text parts together without the images next to them, anything else as JSON. */
export function textOf(content: unknown): string | undefined {
  const texts = recordsIn(content).flatMap(({ type, text }) => (type === 'image' ? [] : [text]));
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('\n');
  return jsonText(content);
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordsIn(value: unknown): readonly JsonRecord[] {
  return listIn(value).filter(isRecord);
}

/** Leaves keys of a request out, and those that were not set. */
export function without(
  body: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).filter(([key, value]) => value !== undefined && !keys.includes(key)),
  );
}

/** Strings of a streamed answer that come in pieces. */
const APPENDED =
  /^(?:content|refusal|reasoning_content|arguments|data|transcript|text|thinking|signature|partial_json)$/u;

/**
 * Adds a piece of a stream to what has come before. Only the index identifies a member of a list:
 * the id and the name of a tool's call come once, its arguments in pieces.
 */
export function joined(before: unknown, piece: unknown, key = ''): unknown {
  if (Array.isArray(piece)) {
    const items = new Map(recordsIn(before).map((item) => [item['index'], item]));
    for (const item of recordsIn(piece))
      items.set(item['index'], joinedRecord(items.get(item['index']), item));
    return [...items.values()];
  }
  if (isRecord(piece)) return joinedRecord(before, piece);
  const isNext = typeof before === 'string' && typeof piece === 'string' && APPENDED.test(key);
  return isNext ? before + piece : (before ?? piece);
}

export function joinedRecord(before: unknown, piece: JsonRecord): JsonRecord {
  const all: Record<string, unknown> = { ...recordIn(before) };
  for (const [key, value] of Object.entries(piece)) all[key] = joined(all[key], value, key);
  return all;
}
