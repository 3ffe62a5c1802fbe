import {
  MimeType,
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { asText, isRecord, parseJsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import {
  answerAttributes,
  embeddingAnswerAttributes,
  inputAttributes,
  jsonText,
  listIn,
  recordsIn,
  requestAttributes,
  startAttributes,
  type CallAnswer,
  type CallRequest,
} from '../call-attributes.js';
import type { NativeSpanMapper } from '../native-spans.js';
import { identityIn, inputDocuments, rankedDocuments } from './operation.js';
import { answerMessage, modelMessages, modelProvider, parsed } from './messages.js';

/** Every span of the AI SDK has it. The scope does not help: it is that of the tracer in use. */
const OPERATION = 'ai.operationId';
const METADATA = 'ai.telemetry.metadata.';
const SETTINGS = 'ai.settings.';
const USAGE = 'ai.usage.';

/** What is sent under OpenInference's keys, and vectors, which are never sent. */
const REPLACED =
  /^ai\.(?:prompt(?:$|\.)|value|embedding|documents$|ranking$|toolCall\.(?:args|result)$|response\.(?:text|object|reasoning|toolCalls|files)$|schema$|telemetry\.metadata\.|request\.headers\.)|^(?:operation|resource)\.name$/u;
/** Backends would count these on a span that covers several calls. */
const COUNTED = /^gen_ai\.usage\./u;

/**
 * The attributes of a span that version 5 or 6 of the AI SDK has made (and 7 with
 * `LegacyOpenTelemetry`), as OpenInference has them. Usage is reported twice, on a call and on the
 * span around it: only the call counts.
 */
function aiSdkSpanAttributes(attributes: Attributes): Attributes {
  const operation = asText(attributes[OPERATION]) ?? '';
  const kind = kindOf(operation);
  const own = ownAttributes(kind, attributes);
  const rest = Object.entries(attributes).filter(
    ([key]) => !REPLACED.test(key) && (kind === Kind.LLM || !COUNTED.test(key)),
  );
  return {
    [S.OPENINFERENCE_SPAN_KIND]: kind,
    ...own,
    ...identityAttributes(kind, attributes),
    // What somebody set on the span stays.
    ...Object.fromEntries(rest),
  };
}

function kindOf(operation: string): Kind {
  if (/\.do(?:Generate|Stream)$/u.test(operation)) return Kind.LLM;
  if (operation.endsWith('.doEmbed')) return Kind.EMBEDDING;
  if (operation.endsWith('.doRerank')) return Kind.RERANKER;
  if (operation === 'ai.toolCall') return Kind.TOOL;
  return /^ai\.(?:generate|stream)(?:Text|Object)$/u.test(operation) ? Kind.AGENT : Kind.CHAIN;
}

function ownAttributes(kind: Kind, attributes: Attributes): Attributes {
  switch (kind) {
    case Kind.LLM: {
      const request = callRequest(attributes);
      return {
        ...startAttributes(request),
        ...inputAttributes(request),
        ...answerAttributes(callAnswer(attributes)),
        ...requestAttributes(request),
      };
    }
    case Kind.EMBEDDING: {
      const texts = listIn(attributes['ai.values']).map((value) => String(parsed(value)));
      const request = { ...callRequest(attributes), texts };
      const { [`${USAGE}tokens`]: tokens } = attributes;
      const usage = typeof tokens === 'number' ? { prompt: tokens } : undefined;
      return {
        ...startAttributes(request),
        ...inputAttributes(request),
        ...embeddingAnswerAttributes({ usage, messages: [], isComplete: true }),
        ...requestAttributes(request),
      };
    }
    case Kind.TOOL:
      return toolAttributes(attributes);
    case Kind.RERANKER:
      return rerankAttributes(attributes);
    default:
      return stepAttributes(attributes);
  }
}

function callRequest(attributes: Attributes): CallRequest {
  const settings = Object.entries(attributes)
    .filter(([key]) => key.startsWith(SETTINGS) && key !== `${SETTINGS}maxRetries`)
    .map(([key, value]) => [key.slice(SETTINGS.length), value] as const);
  return {
    ...modelProvider(attributes['ai.model.provider']),
    model: asText(attributes['ai.model.id']),
    messages: modelMessages(undefined, parsed(attributes['ai.prompt.messages'])),
    tools: listIn(attributes['ai.prompt.tools']),
    parameters: Object.fromEntries(settings),
  };
}

function callAnswer(attributes: Attributes): CallAnswer {
  const reasoning = asText(attributes['ai.response.reasoning']);
  const text = asText(attributes['ai.response.text']) ?? asText(attributes['ai.response.object']);
  const calls = recordsIn(parsed(attributes['ai.response.toolCalls']));
  const finishReason = asText(attributes['ai.response.finishReason']);
  return {
    id: asText(attributes['ai.response.id']),
    model: asText(attributes['ai.response.model']),
    finishReason,
    usage: readUsage(usageIn(attributes)),
    messages: answerMessage([
      ...(reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning }]),
      ...(text === undefined ? [] : [{ type: 'text', text }]),
      ...calls.map((call) => ({ ...call, type: 'tool-call' })),
    ]),
    isComplete: finishReason !== undefined,
  };
}

/** `ai.usage.inputTokenDetails.cacheReadTokens` and the like, as the object that it was. */
function usageIn(attributes: Attributes): Readonly<Record<string, unknown>> {
  const usage: Record<string, unknown> = {};
  for (const [key, count] of Object.entries(attributes)) {
    if (!key.startsWith(USAGE)) continue;
    const [name = '', detail] = key.slice(USAGE.length).split('.');
    const details = usage[name];
    usage[name] =
      detail === undefined ? count : { ...(isRecord(details) ? details : {}), [detail]: count };
  }
  if (usage['inputTokens'] !== undefined || usage['promptTokens'] !== undefined) return usage;
  const { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output } = attributes;
  return { input_tokens: input, output_tokens: output };
}

function toolAttributes(attributes: Attributes): Attributes {
  const args = attributes['ai.toolCall.args'];
  return {
    [S.TOOL_NAME]: attributes['ai.toolCall.name'],
    [S.TOOL_CALL_ID]: attributes['ai.toolCall.id'],
    [S.TOOL_PARAMETERS]: args,
    ...io('input', args),
    ...io('output', attributes['ai.toolCall.result']),
  };
}

function rerankAttributes(attributes: Attributes): Attributes {
  return {
    [S.RERANKER_MODEL_NAME]: attributes['ai.model.id'],
    ...inputDocuments(listIn(attributes['ai.documents']).map(parsed)),
    ...rankedDocuments(listIn(attributes['ai.ranking']).map(parsed)),
  };
}

function stepAttributes(attributes: Attributes): Attributes {
  const { 'ai.prompt': prompt, 'ai.value': value, 'ai.values': values } = attributes;
  const asked = parseJsonRecord(prompt) ?? {};
  const said =
    asText(attributes['ai.response.text']) ??
    attributes['ai.response.object'] ??
    attributes['ai.response.toolCalls'];
  const input = asked['prompt'] ?? asked['messages'] ?? prompt ?? parsed(value) ?? values;
  return { ...io('input', input), ...io('output', said) };
}

function io(side: 'input' | 'output', value: unknown): Attributes {
  const text = jsonText(value);
  if (text === undefined || text === '') return {};
  const isJson = typeof parsed(value) === 'object';
  return { [`${side}.value`]: text, [`${side}.mime_type`]: isJson ? MimeType.JSON : MimeType.TEXT };
}

function identityAttributes(kind: Kind, attributes: Attributes): Attributes {
  const passed = Object.entries(attributes)
    .filter(([key]) => key.startsWith(METADATA))
    .map(([key, value]) => [key.slice(METADATA.length), value] as const);
  const { sessionId, userId, metadata } = identityIn(Object.fromEntries(passed));
  const agentName = kind === Kind.AGENT ? asText(attributes['ai.telemetry.functionId']) : undefined;
  return {
    ...(sessionId !== undefined && { [S.SESSION_ID]: sessionId }),
    ...(userId !== undefined && { [S.USER_ID]: userId }),
    ...(agentName !== undefined && { [S.AGENT_NAME]: agentName }),
    ...(metadata !== undefined && { [S.METADATA]: JSON.stringify(metadata) }),
  };
}

export const AI_SDK_SPANS: NativeSpanMapper = { attributes: aiSdkSpanAttributes };
