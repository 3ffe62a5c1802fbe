import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { readUsage } from '../../spans/usage.js';
import { valueAttributes, type CallAnswer, type CallRequest } from '../call-attributes.js';
import { listIn, recordsIn, without } from '../messages.js';
import { chatAnswer, chatRequest } from '../openai/chat-completions.js';
import { itemMessages, responsesAnswer, responsesRequest } from '../openai/responses.js';

/** What an SDK span says of itself (`tracing/spans.ts` of `@openai/agents-core` 0.11 to 0.20). */
export interface SpanData extends JsonRecord {
  readonly type: string;
}

const KINDS: Readonly<Record<string, SpanKindValue>> = {
  agent: 'AGENT',
  generation: 'LLM',
  response: 'LLM',
  function: 'TOOL',
  handoff: 'TOOL',
  mcp_tools: 'TOOL',
  guardrail: 'GUARDRAIL',
};

export function kindOf({ type }: SpanData): SpanKindValue {
  return KINDS[type] ?? 'CHAIN';
}

export function nameOf(data: SpanData): string {
  switch (data.type) {
    case 'turn':
      return `turn ${String(data['turn'])}`;
    case 'handoff':
      return `handoff to ${asText(data['to_agent']) ?? 'an agent'}`;
    case 'mcp_tools':
      return 'list MCP tools';
    default:
      return asText(data['name']) ?? data.type;
  }
}

/** Input and output of a step other than a model call, as far as its span has them. */
export function stepAttributes(data: SpanData): JsonRecord {
  switch (data.type) {
    case 'function':
      return {
        [S.TOOL_PARAMETERS]: asText(data['input']),
        ...toolAttributes(data['name'], data['input'], data['output']),
      };
    case 'handoff':
      return toolAttributes(nameOf(data), data['from_agent'], data['to_agent']);
    case 'mcp_tools':
      return toolAttributes(nameOf(data), data['server'], data['result']);
    case 'guardrail':
      return valueAttributes('output', { triggered: data['triggered'] === true });
    case 'custom':
      return valueAttributes('input', data['data']);
    // Speech and transcription contain audio, turns and agents have no content.
    default:
      return {};
  }
}

function toolAttributes(name: unknown, input: unknown, output: unknown): JsonRecord {
  const io = { ...valueAttributes('input', input), ...valueAttributes('output', output) };
  return { [S.TOOL_NAME]: name, ...io };
}

export interface ModelCallData {
  readonly request: CallRequest;
  readonly answer: CallAnswer;
}

/** Reads a model call; without content when the run was asked to leave it out. */
export function modelCallOf(data: SpanData, isWithheld: boolean): ModelCallData {
  const { request, answer } = data.type === 'response' ? responseCall(data) : generationCall(data);
  if (!isWithheld) return { request, answer };
  // 0.11 puts all of it on its spans and leaves it out as it exports them.
  const { model, system, provider } = request;
  const error = answer.error && 'failed';
  return { request: { model, system, provider }, answer: { ...answer, messages: [], error } };
}

/** What a response says of itself and is no parameter of the request that it repeats. */
const NOT_PARAMETERS =
  'background billing completed_at created_at error id incomplete_details instructions metadata model object output output_text status tools usage user _request_id'.split(
    ' ',
  );

function responseCall({ _input: input, _response: answered }: SpanData): ModelCallData {
  const response = recordIn(answered);
  const parameters = Object.entries(without(response, NOT_PARAMETERS));
  const request = responsesRequest(
    {
      ...Object.fromEntries(parameters.filter(([, value]) => value !== null)),
      instructions: response['instructions'],
      tools: response['tools'],
      input: typeof input === 'string' ? input : listIn(input).map(responsesItem),
    },
    undefined,
  );
  return { request, answer: responsesAnswer(response) };
}

/** An item in the SDK's own protocol (`types/protocol.ts`) as the Responses API has it. */
function responsesItem(item: unknown): unknown {
  if (!isRecord(item)) return item;
  const { type, callId, output, ...rest } = item;
  if (type === 'function_call') return { ...rest, type, call_id: callId };
  if (typeof type !== 'string' || !type.endsWith('_result')) return item;
  const text = isRecord(output) && output['type'] === 'text' ? output['text'] : output;
  return { ...rest, type: 'function_call_output', call_id: callId, output: text };
}

function generationCall(data: SpanData): ModelCallData {
  const { input, output, model, usage } = data;
  const { base_url: baseUrl, ...parameters } = recordIn(data['model_config']);
  const request = chatRequest({ ...parameters, model, messages: input }, asText(baseUrl));
  const [first] = recordsIn(output);
  const isChat = Array.isArray(first?.['choices']);
  const answer: CallAnswer = isChat
    ? chatAnswer(first)
    : { messages: itemMessages(output), isComplete: output !== undefined };
  const reported = isRecord(usage) ? readUsage(usage) : undefined;
  return { request, answer: { ...answer, usage: answer.usage ?? reported } };
}
