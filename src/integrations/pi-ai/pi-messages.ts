import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
import { mapProvider } from '../../mapping/providers.js';
import {
  asFiniteNumber,
  asText,
  isRecord,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import {
  jsonText,
  listIn,
  recordsIn,
  sideBySide,
  type CallAnswer,
  type CallRequest,
  type Message,
  type MessagePart,
} from '../call-attributes.js';

/** Options of a call that shape the answer. The others are keys, headers and callbacks. */
const PARAMETERS = [
  'temperature',
  'maxTokens',
  'reasoning',
  'reasoningEffort',
  'thinkingBudgets',
  'toolChoice',
  'cacheRetention',
];

/** Of `stream(model, context, options)`, in every generation. */
export function piRequest(model: unknown, context: unknown, options: unknown): CallRequest {
  const asked = isRecord(model) ? model : {};
  const said = isRecord(context) ? context : {};
  const chosen = isRecord(options) ? options : {};
  const provider = asText(asked['provider']) ?? 'unknown';
  const messages = recordsIn(said['messages']);
  const prompt = asText(said['systemPrompt']);
  // From 1.0 on, a system message may bring the tools.
  const tools = [
    ...listIn(said['tools']),
    ...messages.flatMap((message) => listIn(message['toolsAdded'])),
  ];
  return {
    ...(mapProvider(provider) ?? { system: systemOf(asked['api']) ?? provider, provider }),
    model: asText(asked['id']),
    messages: [
      ...(prompt === undefined ? [] : [{ role: 'system', parts: textParts(prompt) }]),
      ...messages.map(inputMessage),
    ],
    tools: tools.filter(isRecord).map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
    parameters: Object.fromEntries(
      PARAMETERS.flatMap((key) => (chosen[key] === undefined ? [] : [[key, chosen[key]]])),
    ),
  };
}

/** The message that a stream resolves with: also when the call failed or was aborted. */
export function piAnswer(message: unknown): CallAnswer {
  const answer = isRecord(message) ? message : {};
  const finishReason = asText(answer['stopReason']);
  const { usage } = answer;
  const parts = recordsIn(answer['content']).map(messagePart);
  const hasFailed = finishReason === 'error' || finishReason === 'aborted';
  return {
    id: asText(answer['responseId']),
    model: asText(answer['responseModel']) ?? asText(answer['model']),
    finishReason,
    usage: isRecord(usage) ? sideBySide((part) => usage[part]) : undefined,
    messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    isComplete: finishReason !== undefined && !hasFailed,
    error: finishReason === 'error' ? (asText(answer['errorMessage']) ?? finishReason) : undefined,
  };
}

/** What the call cost in USD, by PI's own list of prices or as the provider says. */
export function piCost(message: unknown): Readonly<Record<string, number>> {
  const usage = isRecord(message) ? message['usage'] : undefined;
  const cost = isRecord(usage) ? usage['cost'] : undefined;
  if (!isRecord(cost)) return {};
  const dollars = (key: string): number => asFiniteNumber(cost[key]) ?? 0;
  const prompt = dollars('input') + dollars('cacheRead') + dollars('cacheWrite');
  const total = dollars('total');
  if (total === 0) return {};
  return {
    'llm.cost.prompt': prompt,
    'llm.cost.completion': dollars('output'),
    'llm.cost.total': total,
  };
}

function inputMessage(message: JsonRecord): Message {
  const { role, content } = message;
  if (role === 'toolResult') {
    const response = textParts(content)
      .map((part) => part['content'])
      .join('\n');
    const id = message['toolCallId'];
    return { role: 'tool', parts: [{ type: 'tool_call_response', id, response }] };
  }
  const sections = isRecord(message['sections']) ? Object.values(message['sections']) : [];
  const parts =
    typeof content === 'string' ? textParts(content) : recordsIn(content).map(messagePart);
  return { role: asText(role) ?? 'user', parts: [...parts, ...sections.flatMap(textParts)] };
}

function textParts(content: unknown): readonly MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return recordsIn(content)
    .filter(({ type }) => type === 'text')
    .map(messagePart);
}

function messagePart(part: JsonRecord): MessagePart {
  const type = asText(part['type']) ?? 'unknown';
  switch (type) {
    case 'text':
      return { type, content: part['text'] };
    case 'thinking':
      return { type: 'reasoning', content: part['thinking'], signature: part['thinkingSignature'] };
    case 'toolCall': {
      const { id, name } = part;
      return { type: 'tool_call', id, name, arguments: jsonText(part['arguments']) };
    }
    case 'image': {
      const { data: content, mimeType } = part;
      return { type: 'blob', modality: 'image', mime_type: mimeType, content };
    }
    default:
      return { ...part, type };
  }
}

function systemOf(api: unknown): string | undefined {
  const name = asText(api) ?? '';
  if (name.startsWith('anthropic')) return LLMSystem.ANTHROPIC;
  return name.includes('openai') ? LLMSystem.OPENAI : undefined;
}
