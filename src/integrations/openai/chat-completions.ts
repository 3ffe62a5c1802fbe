import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/read-usage.js';
import {
  jsonText,
  without,
  type CallAnswer,
  type CallRequest,
  type Message,
  type MessagePart,
} from '../call-attributes.js';
import { modelHost } from '../model-host.js';
import type { AnswerReader, Endpoint } from '../wrapped-call.js';

/** `chat.completions.create`, which `parse`, `stream` and `runTools` go through. */
export const CHAT_COMPLETIONS: Endpoint = {
  spanName: 'OpenAI Chat Completions',
  request: chatRequest,
  answer: chatAnswer,
  reader: () => new ChatChunks(),
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

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordsIn(value: unknown): readonly JsonRecord[] {
  return listIn(value).filter(isRecord);
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

/** Words of a tool's result: text parts together, anything else as JSON. */
export function textOf(content: unknown): string | undefined {
  const parts = recordsIn(content);
  const texts = parts.map(({ text }) => text);
  if (parts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('\n');
  return jsonText(content);
}

/** Files are megabytes of base64 and say nothing in a trace. */
function withoutData(file: JsonRecord): JsonRecord {
  return without(file, ['file_data', 'type']);
}

/** A stream's deltas, put together into what the call would have given without streaming. */
class ChatChunks implements AnswerReader {
  readonly #choices = new Map<unknown, ChoiceSoFar>();
  #head: JsonRecord = {};
  #usage: unknown;

  read(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#head = { id: chunk['id'], model: chunk['model'] };
    // In the last chunk, and only of a request that asked for it (`stream_options.include_usage`).
    this.#usage = chunk['usage'] ?? this.#usage;
    for (const choice of recordsIn(chunk['choices'])) {
      const { index } = choice;
      const soFar = this.#choices.get(index) ?? new ChoiceSoFar();
      this.#choices.set(index, soFar);
      soFar.add(choice);
    }
  }

  answer(): CallAnswer {
    const choices = [...this.#choices.values()].map((choice) => choice.whole());
    return chatAnswer({ ...this.#head, usage: this.#usage, choices });
  }
}

const TEXTS = ['content', 'refusal', 'reasoning_content'] as const;

class ChoiceSoFar {
  readonly #texts: Record<string, string> = {};
  readonly #calls = new Map<unknown, { id: unknown; name: unknown; arguments: string }>();
  readonly #audio = { data: '', transcript: '' };
  #role: unknown = 'assistant';
  #finishReason: unknown;

  add(choice: JsonRecord): void {
    this.#finishReason = choice['finish_reason'] ?? this.#finishReason;
    const delta = isRecord(choice['delta']) ? choice['delta'] : {};
    this.#role = delta['role'] ?? this.#role;
    for (const key of TEXTS) {
      if (typeof delta[key] === 'string') this.#texts[key] = (this.#texts[key] ?? '') + delta[key];
    }
    const audio = isRecord(delta['audio']) ? delta['audio'] : {};
    for (const key of ['data', 'transcript'] as const) this.#audio[key] += asText(audio[key]) ?? '';
    for (const call of recordsIn(delta['tool_calls'])) this.#addCall(call);
  }

  /** Parallel calls are told apart by index alone: id and name come once, arguments in pieces. */
  #addCall({ index, id, function: part }: JsonRecord): void {
    const called = isRecord(part) ? part : {};
    const soFar = this.#calls.get(index) ?? { id: undefined, name: undefined, arguments: '' };
    this.#calls.set(index, soFar);
    soFar.id ??= id;
    soFar.name ??= called['name'];
    soFar.arguments += asText(called['arguments']) ?? '';
  }

  whole(): JsonRecord {
    const hasAudio = this.#audio.data !== '' || this.#audio.transcript !== '';
    const calls = [...this.#calls.values()].map(({ id, ...called }) => ({ id, function: called }));
    return {
      finish_reason: this.#finishReason,
      message: {
        role: this.#role,
        ...this.#texts,
        ...(hasAudio && { audio: this.#audio }),
        tool_calls: calls,
      },
    };
  }
}

function isFinished({ finish_reason: reason }: JsonRecord): boolean {
  return asText(reason) !== undefined;
}
