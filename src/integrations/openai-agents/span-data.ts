import {
  MimeType,
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { asText, isRecord, parseJson, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import {
  answerAttributes,
  inputAttributes,
  jsonText,
  listIn,
  recordsIn,
  requestAttributes,
  startAttributes,
  without,
  type CallAnswer,
  type CallRequest,
} from '../call-attributes.js';
import { chatAnswer, chatRequest } from '../openai/chat-completions.js';
import { itemMessages, responsesAnswer, responsesRequest } from '../openai/responses.js';

/** What an SDK span says of itself (`tracing/spans.ts` of `@openai/agents-core` 0.11 to 0.20). */
export interface SpanData extends JsonRecord {
  readonly type: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  agent: Kind.AGENT,
  generation: Kind.LLM,
  response: Kind.LLM,
  function: Kind.TOOL,
  handoff: Kind.TOOL,
  mcp_tools: Kind.TOOL,
  guardrail: Kind.GUARDRAIL,
};

export function kindOf({ type }: SpanData): Kind {
  return KINDS[type] ?? Kind.CHAIN;
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

/** A model call in the span of one. Without content when the run was asked to leave it out. */
export interface ModelCallData {
  readonly request: CallRequest;
  readonly answer: CallAnswer;
}

export function modelCallOf(data: SpanData, isWithheld: boolean): ModelCallData {
  const call = data.type === 'response' ? responseCall(data) : generationCall(data);
  if (!isWithheld) return call;
  // 0.11 puts all of it on its spans and leaves it out as it exports them.
  const { request, answer } = call;
  return {
    request: { ...request, messages: [], tools: [], parameters: {} },
    answer: { ...answer, messages: [], error: answer.error && 'failed' },
  };
}

/**
 * The attributes of a model call. `handed` is what the wrapper of the provider saw below: it fills in
 * what the span doesn't say, and never content, which the run may have been asked to leave out.
 */
export function modelCallAttributes(
  { request, answer }: ModelCallData,
  handed: CallAnswer | undefined,
): JsonRecord {
  const { usage, model, finishReason, id } = answer;
  const whole = {
    ...answer,
    usage: usage ?? handed?.usage,
    model: model ?? handed?.model,
    finishReason: finishReason ?? handed?.finishReason,
    id: id ?? handed?.id,
  };
  return {
    ...startAttributes(request),
    ...inputAttributes(request),
    ...answerAttributes(whole),
    ...requestAttributes(request),
  };
}

/** Input and output of a step other than a model call, as far as its span has them. */
export function stepAttributes(data: SpanData): JsonRecord {
  switch (data.type) {
    case 'function':
      return {
        [S.TOOL_NAME]: data['name'],
        [S.TOOL_PARAMETERS]: asText(data['input']),
        ...io('input', data['input']),
        ...io('output', data['output']),
      };
    case 'handoff':
      return {
        [S.TOOL_NAME]: nameOf(data),
        ...io('input', data['from_agent']),
        ...io('output', data['to_agent']),
      };
    case 'mcp_tools':
      return {
        [S.TOOL_NAME]: nameOf(data),
        ...io('input', data['server']),
        ...io('output', data['result']),
      };
    case 'guardrail':
      return io('output', { triggered: data['triggered'] === true });
    case 'custom':
      return io('input', data['data']);
    // Speech and transcription contain audio, turns and agents have no content.
    default:
      return {};
  }
}

function io(side: 'input' | 'output', value: unknown): JsonRecord {
  const text = jsonText(value);
  if (text === undefined || text === '') return {};
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  const isJson = typeof parsed === 'object' && parsed !== null;
  return { [`${side}.value`]: text, [`${side}.mime_type`]: isJson ? MimeType.JSON : MimeType.TEXT };
}

/** What a response says of itself and is no parameter of the request that it repeats. */
const NOT_PARAMETERS =
  'background billing completed_at created_at error id incomplete_details instructions metadata model object output output_text status tools usage user _request_id'.split(
    ' ',
  );

function responseCall({ _input: input, _response: answered }: SpanData): ModelCallData {
  const response = isRecord(answered) ? answered : {};
  const parameters = without(response, NOT_PARAMETERS);
  const request = responsesRequest(
    {
      ...Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null)),
      instructions: response['instructions'] ?? undefined,
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
  const config = isRecord(data['model_config']) ? data['model_config'] : {};
  const { base_url: baseUrl, ...parameters } = config;
  const request = chatRequest({ ...parameters, model, messages: input }, asText(baseUrl));
  const [first] = recordsIn(output);
  const isChat = Array.isArray(first?.['choices']);
  const answer: CallAnswer = isChat
    ? chatAnswer(first)
    : { messages: itemMessages(listIn(output)), isComplete: output !== undefined };
  const reported = isRecord(usage) ? readUsage(usage) : undefined;
  return { request, answer: { ...answer, usage: answer.usage ?? reported } };
}
