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
import { contentPart } from './chat-completions.js';

/**
 * `responses.create`. Not `retrieve` and `cancel`: they return an earlier call, and polling a
 * background response would count it again and again.
 */
export const RESPONSES: Endpoint = {
  spanName: 'OpenAI Responses',
  request: responsesRequest,
  answer: responsesAnswer,
  reader: () => new ResponseEvents(),
};

const NOT_PARAMETERS = ['input', 'instructions', 'model', 'tools'];

export function responsesRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = isRecord(body) ? body : {};
  const { input, instructions } = asked;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listIn(input);
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: [...systemMessages(instructions), ...itemMessages(items)],
    tools: listIn(asked['tools']),
    parameters: without(asked, NOT_PARAMETERS),
  };
}

export function responsesAnswer(response: unknown): CallAnswer {
  const answer = isRecord(response) ? response : {};
  const { status, usage } = answer;
  const output = listIn(answer['output']);
  return {
    id: asText(answer['id']),
    model: asText(answer['model']),
    finishReason: finishReason(answer, output),
    // A response that goes on in the background has none yet.
    usage: isRecord(usage) ? readUsage(usage) : undefined,
    messages: itemMessages(output),
    isComplete: status === 'completed' || status === 'incomplete' || status === 'failed',
    error: status === 'failed' ? (messageIn(answer['error']) ?? 'failed') : undefined,
  };
}

function systemMessages(instructions: unknown): readonly Message[] {
  if (typeof instructions !== 'string') return itemMessages(listIn(instructions));
  return [{ role: 'system', parts: [{ type: 'text', content: instructions }] }];
}

/** The word that chat completions would have for it. */
function finishReason(answer: JsonRecord, output: readonly unknown[]): string | undefined {
  if (answer['status'] === 'completed') {
    return recordsIn(output).some(({ type }) => type === 'function_call') ? 'tool_calls' : 'stop';
  }
  const details = answer['incomplete_details'];
  return isRecord(details) ? asText(details['reason']) : undefined;
}

/** Items as messages: what the model answered in one go (text, reasoning, calls) is one message. */
export function itemMessages(items: readonly unknown[]): readonly Message[] {
  const messages: { role: string; parts: MessagePart[] }[] = [];
  for (const item of recordsIn(items)) {
    const { role, parts } = itemMessage(item);
    const last = messages.at(-1);
    if (last?.role === 'assistant' && role === 'assistant') last.parts.push(...parts);
    else messages.push({ role, parts: [...parts] });
  }
  return messages;
}

function itemMessage(item: JsonRecord): Message {
  const type = asText(item['type']) ?? 'message';
  switch (type) {
    case 'message': {
      const { content } = item;
      const parts =
        typeof content === 'string'
          ? [{ type: 'text', content }]
          : recordsIn(content).map(contentPart);
      return { role: asText(item['role']) ?? 'user', parts };
    }
    case 'function_call':
    case 'custom_tool_call': {
      const { call_id: id, name } = item;
      const input = jsonText(item['arguments'] ?? item['input']);
      return { role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: input }] };
    }
    case 'reasoning':
      return { role: 'assistant', parts: reasoningParts(item) };
    default:
      if (!type.endsWith('_output')) return { role: 'assistant', parts: [{ ...item, type }] };
      return { role: 'tool', parts: [toolResult(item)] };
  }
}

function toolResult({ call_id: id, output }: JsonRecord): MessagePart {
  return { type: 'tool_call_response', id, response: textOf(output) };
}

function reasoningParts({ content, summary }: JsonRecord): readonly MessagePart[] {
  const thoughts = recordsIn(content).length > 0 ? recordsIn(content) : recordsIn(summary);
  return thoughts.map(({ text }) => ({ type: 'reasoning', content: text }));
}

/**
 * Reads the events of a stream. The last one has the whole response; until then its items and the
 * text of the one that is being written are what there is.
 */
class ResponseEvents implements AnswerReader {
  readonly #items = new Map<unknown, JsonRecord>();
  readonly #texts = new Map<unknown, string>();
  #response: JsonRecord = {};
  #error: string | undefined;

  read(event: unknown): void {
    if (!isRecord(event)) return;
    const { response, output_index: index, item, delta } = event;
    if (isRecord(response)) this.#response = response;
    switch (event['type']) {
      case 'response.output_item.done':
        if (isRecord(item)) this.#items.set(index, item);
        break;
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.#texts.set(index, (this.#texts.get(index) ?? '') + (asText(delta) ?? ''));
        break;
      case 'error':
        this.#error = messageIn(event) ?? 'error';
        break;
      default:
    }
  }

  answer(): CallAnswer {
    const answer = responsesAnswer(this.#response);
    if (answer.isComplete) return answer;
    const items = [...this.#texts]
      .filter(([index]) => !this.#items.has(index))
      .map(([, content]) => ({ type: 'message', role: 'assistant', content }));
    const messages = itemMessages([...this.#items.values(), ...items]);
    return { ...answer, messages, error: this.#error };
  }
}

function messageIn(error: unknown): string | undefined {
  return isRecord(error) ? asText(error['message']) : undefined;
}
