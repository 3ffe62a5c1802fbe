import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import {
  jsonText,
  listIn,
  recordsIn,
  textOf,
  without,
  type CallAnswer,
  type CallRequest,
  type Message,
  type MessagePart,
} from '../call-attributes.js';
import { modelHost } from '../model-host.js';
import type { Endpoint } from '../observed-call.js';
import { ChatChunks } from './chat-chunks.js';

/** `chat.completions.create`, which `parse`, `stream` and `runTools` go through. */
export const CHAT_COMPLETIONS: Endpoint = {
  spanName: 'OpenAI Chat Completions',
  request: chatRequest,
  answer: chatAnswer,
  reader: () => new ChatChunks(chatAnswer),
};

const NOT_PARAMETERS = ['messages', 'model', 'tools', 'functions'];

export function chatRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = isRecord(body) ? body : {};
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: recordsIn(asked['messages']).map(chatMessage),
    tools: [...listIn(asked['tools']), ...listIn(asked['functions'])],
    parameters: without(asked, NOT_PARAMETERS),
  };
}

/** All choices, in their order; the reason that the first one ended. */
export function chatAnswer(completion: unknown): CallAnswer {
  const answer = isRecord(completion) ? completion : {};
  const choices = recordsIn(answer['choices']);
  const finishReason = asText(choices[0]?.['finish_reason']);
  return {
    id: asText(answer['id']),
    model: asText(answer['model']),
    finishReason,
    usage: isRecord(answer['usage']) ? readUsage(answer['usage']) : undefined,
    messages: choices
      .map(({ message }) => chatMessage(isRecord(message) ? message : {}))
      .filter(({ parts }) => parts.length > 0),
    isComplete: choices.length > 0 && choices.every((choice) => isFinished(choice)),
  };
}

/** A part of a message, in chat completions or in Responses; what has no place is kept as it is. */
export function contentPart(part: JsonRecord): MessagePart {
  const type = asText(part['type']) ?? 'unknown';
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return { type: 'text', content: part['text'] };
    case 'refusal':
      return { type: 'text', content: part['refusal'] };
    case 'image_url':
    case 'input_image': {
      const image = part['image_url'];
      return { type: 'uri', modality: 'image', uri: isRecord(image) ? image['url'] : image };
    }
    case 'input_audio': {
      const audio = isRecord(part['input_audio']) ? part['input_audio'] : {};
      const format = asText(audio['format']);
      return audioPart({ content: audio['data'], mime_type: format && `audio/${format}` });
    }
    case 'file':
    case 'input_file':
      return { type, ...withoutData(isRecord(part['file']) ? part['file'] : part) };
    default:
      return { ...part, type };
  }
}

function chatMessage(message: JsonRecord): Message {
  const role = asText(message['role']) ?? 'assistant';
  const { content } = message;
  if (role === 'tool' || role === 'function') {
    const id = message['tool_call_id'];
    return { role: 'tool', parts: [{ type: 'tool_call_response', id, response: textOf(content) }] };
  }
  const reasoning = asText(message['reasoning_content']);
  const refusal = asText(message['refusal']);
  const audio = isRecord(message['audio']) ? message['audio'] : undefined;
  return {
    role,
    name: asText(message['name']),
    parts: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning', content: reasoning }]),
      ...(typeof content === 'string' && content !== '' ? [{ type: 'text', content }] : []),
      ...recordsIn(content).map(contentPart),
      ...(refusal === undefined ? [] : [{ type: 'text', content: refusal }]),
      ...(audio === undefined ? [] : [spokenPart(audio)]),
      ...recordsIn(message['tool_calls']).map(toolCall),
      ...(isRecord(message['function_call']) ? [functionCall({}, message['function_call'])] : []),
    ],
  };
}

/** An earlier answer is referred to by its id, and its sound is not sent again. */
function spokenPart({ data, transcript }: JsonRecord): MessagePart {
  return audioPart({ content: data, transcript });
}

function audioPart(audio: JsonRecord): MessagePart {
  return { ...audio, type: 'blob', modality: 'audio' };
}

function toolCall(call: JsonRecord): MessagePart {
  if (isRecord(call['function'])) return functionCall(call, call['function']);
  const custom = isRecord(call['custom']) ? call['custom'] : {};
  return { type: 'tool_call', id: call['id'], name: custom['name'], arguments: custom['input'] };
}

function functionCall({ id }: JsonRecord, called: JsonRecord): MessagePart {
  return { type: 'tool_call', id, name: called['name'], arguments: jsonText(called['arguments']) };
}

/** Files are megabytes of base64 and say nothing in a trace. */
function withoutData(file: JsonRecord): JsonRecord {
  return without(file, ['file_data', 'type']);
}

function isFinished({ finish_reason: reason }: JsonRecord): boolean {
  return asText(reason) !== undefined;
}
