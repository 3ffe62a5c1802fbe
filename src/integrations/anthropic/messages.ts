import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import { modelHost, type CallAnswer, type CallRequest } from '../call-attributes.js';
import { contentParts, joinedRecord, listIn, readMessages, without } from '../messages.js';
import type { AnswerReader, Endpoint } from '../provider-call.js';

/** `messages.create` and `beta.messages.create`, which all helpers go through. */
export const MESSAGES: Endpoint = {
  spanName: 'Anthropic Messages',
  request: messagesRequest,
  answer: messagesAnswer,
  reader: () => new MessageEvents(),
};

/** Tool results are parts of a user's message here; the mapping makes one message of each. */
export function messagesRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = recordIn(body);
  const system = contentParts(asked['system']);
  return {
    ...modelHost(baseUrl, LLMSystem.ANTHROPIC),
    model: asText(asked['model']),
    messages: [
      ...(system.length > 0 ? [{ role: 'system', parts: system }] : []),
      ...readMessages(asked['messages']),
    ],
    tools: listIn(asked['tools']),
    parameters: without(asked, ['messages', 'model', 'system', 'tools']),
  };
}

export function messagesAnswer(message: unknown): CallAnswer {
  const { id, model, stop_reason: reason, usage, content } = recordIn(message);
  const parts = contentParts(content);
  return {
    id: asText(id),
    model: asText(model),
    finishReason: asText(reason),
    // Input tokens, cache reads and cache writes are separate here: `readUsage` adds them up.
    usage: isRecord(usage) ? readUsage(usage) : undefined,
    messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    isComplete: asText(reason) !== undefined,
  };
}

/** Counts of a message are cumulative: what a later piece has replaces what an earlier one had. */
export function laterUsage(before: JsonRecord, usage: unknown): JsonRecord {
  const counts = Object.entries(recordIn(usage)).filter(([, count]) => count !== null);
  return { ...before, ...Object.fromEntries(counts) };
}

/** The events of a stream, put together into the message that they are pieces of. */
class MessageEvents implements AnswerReader {
  #message: JsonRecord = {};
  #usage: JsonRecord = {};
  #isCounted = false;
  readonly #blocks = new Map<unknown, JsonRecord>();

  read(event: unknown): void {
    const { type, index, delta, message, content_block: block, usage } = recordIn(event);
    switch (type) {
      case 'message_start':
        this.#message = recordIn(message);
        this.#usage = laterUsage(this.#usage, this.#message['usage']);
        break;
      case 'content_block_start':
        this.#blocks.set(index, recordIn(block));
        break;
      case 'content_block_delta':
        this.#blocks.set(index, joinedRecord(this.#blocks.get(index), recordIn(delta)));
        break;
      case 'message_delta':
        this.#message = { ...this.#message, ...recordIn(delta) };
        this.#usage = laterUsage(this.#usage, usage);
        this.#isCounted = true;
        break;
      default:
    }
  }

  answer(): CallAnswer {
    const content = [...this.#blocks.values()].map(({ partial_json: input, ...block }) =>
      input === undefined ? block : { ...block, input },
    );
    const answer = messagesAnswer({ ...this.#message, content });
    // Until `message_delta` the output count is a placeholder: the bill of a broken stream is unknown.
    return { ...answer, usage: this.#isCounted ? readUsage(this.#usage) : undefined };
  }
}
