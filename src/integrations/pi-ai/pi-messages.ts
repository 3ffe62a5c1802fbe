import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
import { mapProvider } from '../../mapping/providers.js';
import { asFiniteNumber, asText, isRecord } from '../../mapping/read-attributes.js';
import { sideBySide, type CallAnswer, type CallRequest } from '../call-attributes.js';
import {
  contentParts,
  listIn,
  readMessages,
  recordIn,
  recordsIn,
  type Message,
} from '../messages.js';

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
  const asked = recordIn(model);
  const { systemPrompt: prompt, messages, tools } = recordIn(context);
  const provider = asText(asked['provider']) ?? 'unknown';
  const api = asText(asked['api']) ?? '';
  const family = api.startsWith('anthropic') ? LLMSystem.ANTHROPIC : undefined;
  const system = family ?? (api.includes('openai') ? LLMSystem.OPENAI : provider);
  // From 1.0 on, a system message may bring the tools.
  const brought = recordsIn(messages).flatMap(({ toolsAdded }) => listIn(toolsAdded));
  return {
    ...(mapProvider(provider) ?? { system, provider }),
    model: asText(asked['id']),
    messages: [
      ...(asText(prompt) === undefined ? [] : [systemMessage(prompt)]),
      ...readMessages(messages),
    ],
    tools: [...recordsIn(tools), ...recordsIn(brought)].map(
      ({ name, description, parameters }) => ({
        type: 'function',
        function: { name, description, parameters },
      }),
    ),
    parameters: Object.fromEntries(
      Object.entries(recordIn(options)).filter(
        ([key, value]) => PARAMETERS.includes(key) && value !== undefined,
      ),
    ),
  };
}

function systemMessage(prompt: unknown): Message {
  return { role: 'system', parts: contentParts(prompt) };
}

/** The message that a stream resolves with: also when the call failed or was aborted. */
export function piAnswer(message: unknown): CallAnswer {
  const answer = recordIn(message);
  const finishReason = asText(answer['stopReason']);
  const { usage } = answer;
  const parts = contentParts(answer['content']);
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
  const cost = recordIn(recordIn(recordIn(message)['usage'])['cost']);
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
