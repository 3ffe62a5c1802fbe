import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
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
import type { AnswerReader, Endpoint } from '../observed-call.js';

/** `messages.create` and `beta.messages.create`, which all helpers go through. */
export const MESSAGES: Endpoint = {
  spanName: 'Anthropic Messages',
  request: messagesRequest,
  answer: messagesAnswer,
  reader: () => new MessageEvents(),
};

const NOT_PARAMETERS = ['messages', 'model', 'system', 'tools'];

export function messagesRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = isRecord(body) ? body : {};
  const system = partsOf(asked['system']);
  return {
    ...modelHost(baseUrl, LLMSystem.ANTHROPIC),
    model: asText(asked['model']),
    messages: [
      ...(system.length > 0 ? [{ role: 'system', parts: system }] : []),
      ...recordsIn(asked['messages']).map(inputMessage),
    ],
    tools: listIn(asked['tools']),
    parameters: without(asked, NOT_PARAMETERS),
  };
}

export function messagesAnswer(message: unknown): CallAnswer {
  const answer = isRecord(message) ? message : {};
  const finishReason = asText(answer['stop_reason']);
  const parts = partsOf(answer['content']);
  return {
    id: asText(answer['id']),
    model: asText(answer['model']),
    finishReason,
    // Input tokens, cache reads and cache writes are separate here: `readUsage` adds them up.
    usage: isRecord(answer['usage']) ? readUsage(answer['usage']) : undefined,
    messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    isComplete: finishReason !== undefined,
  };
}

/** Tool results are parts of a user's message here; the mapping makes one message of each. */
function inputMessage(message: JsonRecord): Message {
  return { role: asText(message['role']) ?? 'user', parts: partsOf(message['content']) };
}

function partsOf(content: unknown): readonly MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return recordsIn(content).map(messagePart);
}

function messagePart(block: JsonRecord): MessagePart {
  const type = asText(block['type']) ?? 'unknown';
  switch (type) {
    case 'text':
      return { type: 'text', content: block['text'] };
    case 'thinking':
      return { type: 'reasoning', content: block['thinking'], signature: block['signature'] };
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use': {
      const { id, name, input } = block;
      return { type: 'tool_call', id, name, arguments: jsonText(input) };
    }
    case 'tool_result':
      return {
        type: 'tool_call_response',
        id: block['tool_use_id'],
        response: resultText(block['content']),
      };
    case 'image':
      return imagePart(isRecord(block['source']) ? block['source'] : {});
    case 'document':
      return { type, ...without(block, ['type', 'source']) };
    default:
      return { ...block, type };
  }
}

export function imagePart({ url, data, media_type: mimeType }: JsonRecord): MessagePart {
  if (typeof url === 'string') return { type: 'uri', modality: 'image', uri: url };
  return { type: 'blob', modality: 'image', mime_type: mimeType, content: data };
}

export function resultText(content: unknown): string {
  return textOf(content) ?? '';
}

/** The events of a stream, put together into the message that they are pieces of. */
class MessageEvents implements AnswerReader {
  #message: JsonRecord = {};
  #usage: JsonRecord = {};
  #isCounted = false;
  readonly #blocks = new Map<unknown, Record<string, unknown>>();
  readonly #inputs = new Map<unknown, string>();

  read(event: unknown): void {
    if (!isRecord(event)) return;
    const { index, delta, message } = event;
    const block = event['content_block'];
    switch (event['type']) {
      case 'message_start':
        if (isRecord(message)) this.#message = message;
        this.#addUsage(this.#message['usage']);
        break;
      case 'content_block_start':
        if (isRecord(block)) this.#blocks.set(index, { ...block });
        break;
      case 'content_block_delta':
        if (isRecord(delta)) this.#addDelta(index, delta);
        break;
      case 'message_delta':
        if (isRecord(delta)) this.#message = { ...this.#message, ...delta };
        this.#addUsage(event['usage']);
        this.#isCounted = true;
        break;
      default:
    }
  }

  /** Counts are cumulative: what a later event has replaces what an earlier one had. */
  #addUsage(usage: unknown): void {
    if (!isRecord(usage)) return;
    const counts = Object.entries(usage).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(counts) };
  }

  #addDelta(index: unknown, delta: JsonRecord): void {
    const block = this.#blocks.get(index) ?? {};
    this.#blocks.set(index, block);
    for (const key of ['text', 'thinking', 'signature'] as const) {
      if (typeof delta[key] === 'string') block[key] = (asText(block[key]) ?? '') + delta[key];
    }
    const json = delta['partial_json'];
    if (typeof json === 'string') this.#inputs.set(index, (this.#inputs.get(index) ?? '') + json);
  }

  answer(): CallAnswer {
    const content = [...this.#blocks].map(([index, block]) => ({
      ...block,
      input: this.#inputs.get(index) ?? block['input'],
    }));
    const answer = messagesAnswer({ ...this.#message, content });
    // Until `message_delta` the output count is a placeholder: the bill of a broken stream is unknown.
    return { ...answer, usage: this.#isCounted ? readUsage(this.#usage) : undefined };
  }
}
