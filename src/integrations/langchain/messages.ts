import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import type { NormalizedUsage } from '../../spans/usage.js';
import { readUsage } from '../../spans/usage.js';
import { imagePart } from '../anthropic/messages.js';
import {
  jsonText,
  recordsIn,
  textOf,
  without,
  type Message,
  type MessagePart,
} from '../call-attributes.js';
import { contentPart } from '../openai/chat-completions.js';

const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  ai: 'assistant',
  function: 'tool',
  HumanMessage: 'user',
  AIMessage: 'assistant',
  AIMessageChunk: 'assistant',
  SystemMessage: 'system',
  ToolMessage: 'tool',
};

/** A chain says lists of lists of messages, deep states and whole documents: enough to read. */
const MAX_DEPTH = 8;

/** A message of LangChain's: an object, or one that was serialized for LangSmith. */
export function langChainMessage(value: unknown): Message | undefined {
  const message = fieldsOf(value);
  const role = roleOf(value);
  if (message === undefined || role === undefined) return undefined;
  const { content, additional_kwargs: additional } = message;
  if (role === 'tool') {
    const id = message['tool_call_id'];
    return { role, parts: [{ type: 'tool_call_response', id, response: textOf(content) }] };
  }
  const calls = recordsIn(message['tool_calls']);
  const reasoning = isRecord(additional) ? asText(additional['reasoning_content']) : undefined;
  return {
    role,
    name: asText(message['name']),
    parts: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning', content: reasoning }]),
      ...(typeof content === 'string' && content !== '' ? [{ type: 'text', content }] : []),
      ...recordsIn(content)
        .filter(({ type }) => !CALL_BLOCKS.has(type))
        .map(blockPart),
      ...calls.map(toolCall),
    ],
  };
}

/** Calls are in `tool_calls` as well, for every provider alike. */
const CALL_BLOCKS: ReadonlySet<unknown> = new Set([
  'tool_use',
  'tool_call',
  'tool_call_chunk',
  'function_call',
  'input_json_delta',
]);

function blockPart(block: JsonRecord): MessagePart {
  switch (block['type']) {
    case 'thinking':
      return { type: 'reasoning', content: block['thinking'], signature: block['signature'] };
    case 'reasoning':
      return { type: 'reasoning', content: asText(block['reasoning']) ?? textOf(block['summary']) };
    case 'image': {
      const source = isRecord(block['source']) ? block['source'] : block;
      const mimeType = source['media_type'] ?? source['mimeType'] ?? source['mime_type'];
      return imagePart({ ...source, media_type: mimeType });
    }
    default:
      return contentPart(without(block, ['index']));
  }
}

function toolCall({ id, name, args }: JsonRecord): MessagePart {
  return { type: 'tool_call', id, name, arguments: jsonText(args) };
}

/** Counts of `usage_metadata`, in the form that LangChain gives those of all providers. */
export function langChainUsage(usage: unknown): NormalizedUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const input = isRecord(usage['input_token_details']) ? usage['input_token_details'] : {};
  const output = isRecord(usage['output_token_details']) ? usage['output_token_details'] : {};
  return readUsage({
    input_tokens: usage['input_tokens'],
    output_tokens: usage['output_tokens'],
    input_tokens_details: { cached_tokens: input['cache_read'], audio_tokens: input['audio'] },
    output_tokens_details: { reasoning_tokens: output['reasoning'] },
    output_token_details: { audio_tokens: output['audio'] },
    input_token_details: { audio_tokens: input['audio'] },
    inputTokenDetails: { cacheWriteTokens: input['cache_creation'] },
  });
}

/**
 * What went into a run or came out of it, as people write it: text where it is text, else plain
 * objects. LangChain's own form is `{ lc: 1, type: 'constructor', kwargs }`, three levels per message.
 */
export function plainValue(value: unknown): unknown {
  const message = langChainMessage(value);
  if (message !== undefined) {
    const texts = message.parts.map((part) => part['content'] ?? part['response']);
    const isText = message.parts.every(({ type }) => type === 'text' || type.endsWith('response'));
    return isText && texts.length > 0 ? texts.join('\n') : plain(value, 0);
  }
  // What is no object was put into one for the callbacks.
  if (isRecord(value)) {
    const [only = '', ...others] = Object.keys(value);
    const isWrapped = others.length === 0 && /^(?:inputs?|outputs?)$/u.test(only);
    if (isWrapped) return value[only] === '' ? undefined : plainValue(value[only]);
  }
  return plain(value, 0);
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each, depth + 1));
  const fields = fieldsOf(value) ?? {};
  const role = roleOf(value);
  if (role !== undefined) {
    const said = { role, content: fields['content'], ...messageFields(fields) };
    return plainEntries(said, depth);
  }
  if (value instanceof Date || value instanceof Error || ArrayBuffer.isView(value)) return value;
  return plainEntries(fields, depth);
}

function plainEntries(fields: JsonRecord, depth: number): JsonRecord {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, value]) => value !== undefined && !key.startsWith('lc_'))
      .map(([key, value]) => [key, plain(value, depth + 1)]),
  );
}

function messageFields({ name, tool_calls: calls, tool_call_id: id }: JsonRecord): JsonRecord {
  const isCalling = Array.isArray(calls) && calls.length > 0;
  return { name, tool_call_id: id, ...(isCalling && { tool_calls: calls }) };
}

/** The fields of an object, serialized or not. */
function fieldsOf(value: unknown): JsonRecord | undefined {
  if (!isRecord(value)) return undefined;
  return value['lc'] === 1 && isRecord(value['kwargs']) ? value['kwargs'] : value;
}

/** `undefined` for what is no message. */
function roleOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const id =
    value['lc'] === 1 && Array.isArray(value['id']) ? asText(value['id'].at(-1)) : undefined;
  if (id !== undefined) return ROLES[id];
  const getType = value['_getType'] ?? value['getType'];
  if (typeof getType === 'function') {
    const type: unknown = Reflect.apply(getType, value, []);
    const role = asText(type) ?? '';
    return role === 'generic' ? asText(value['role']) : (ROLES[role] ?? role);
  }
  const isLike = typeof value['role'] === 'string' && 'content' in value;
  return isLike ? (ROLES[String(value['role'])] ?? asText(value['role'])) : undefined;
}
