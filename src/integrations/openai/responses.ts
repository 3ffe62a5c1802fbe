import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import { modelHost, type CallAnswer, type CallRequest } from '../call-attributes.js';
import {
  listIn,
  readMessage,
  recordsIn,
  toolCall,
  toolResult,
  without,
  type Message,
  type MessagePart,
} from '../messages.js';
import type { AnswerReader, Endpoint } from '../provider-call.js';

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

export function responsesRequest(body: unknown, baseUrl: string | undefined): CallRequest {
  const asked = recordIn(body);
  const { input, instructions } = asked;
  const system =
    typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : instructions;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return {
    ...modelHost(baseUrl),
    model: asText(asked['model']),
    messages: itemMessages([...listIn(system), ...listIn(items)]),
    tools: listIn(asked['tools']),
    parameters: without(asked, ['input', 'instructions', 'model', 'tools']),
  };
}

export function responsesAnswer(response: unknown): CallAnswer {
  const answer = recordIn(response);
  const { status, usage, output } = answer;
  const hasCalls = recordsIn(output).some(({ type }) => type === 'function_call');
  const reason = asText(recordIn(answer['incomplete_details'])['reason']);
  return {
    id: asText(answer['id']),
    model: asText(answer['model']),
    // The word that chat completions would have for it.
    finishReason: status === 'completed' ? (hasCalls ? 'tool_calls' : 'stop') : reason,
    // A response that goes on in the background has none yet.
    usage: isRecord(usage) ? readUsage(usage) : undefined,
    messages: itemMessages(output),
    isComplete: status === 'completed' || status === 'incomplete' || status === 'failed',
    error: status === 'failed' ? (messageIn(answer['error']) ?? 'failed') : undefined,
  };
}

/** Items as messages: what the model answered in one go (text, reasoning, calls) is one message. */
export function itemMessages(items: unknown): readonly Message[] {
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
  if (type === 'message') return readMessage(item);
  if (type.endsWith('_output')) return { role: 'tool', parts: [toolResult(item)] };
  return { role: 'assistant', parts: answerParts(type, item) };
}

function answerParts(type: string, item: JsonRecord): readonly MessagePart[] {
  if (type === 'function_call' || type === 'custom_tool_call') return [toolCall(item)];
  if (type !== 'reasoning') return [{ ...item, type }];
  const { content, summary } = item;
  const thoughts = recordsIn(content).length > 0 ? content : summary;
  return recordsIn(thoughts).map(({ text }) => ({ type, content: text }));
}

/**
 * Reads the events of a stream. The last one has the whole response; until then its items and the
 * text of the one that is being written are what there is.
 */
class ResponseEvents implements AnswerReader {
  readonly #items = new Map<unknown, JsonRecord>();
  #response: JsonRecord = {};
  #error: string | undefined;

  read(event: unknown): void {
    const { type, response, output_index: index, item, delta, message } = recordIn(event);
    if (isRecord(response)) this.#response = response;
    if (type === 'response.output_item.done' && isRecord(item)) this.#items.set(index, item);
    if (type === 'response.output_text.delta' || type === 'response.refusal.delta') {
      const before = asText(this.#items.get(index)?.['content']) ?? '';
      const content = before + (asText(delta) ?? '');
      this.#items.set(index, { type: 'message', role: 'assistant', content });
    }
    if (type === 'error') this.#error = asText(message) ?? 'error';
  }

  answer(): CallAnswer {
    const answer = responsesAnswer(this.#response);
    if (answer.isComplete) return answer;
    const messages = itemMessages([...this.#items.values()]);
    return { ...answer, messages, error: this.#error };
  }
}

function messageIn(error: unknown): string | undefined {
  return asText(recordIn(error)['message']);
}
