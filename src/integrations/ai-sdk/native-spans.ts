import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import {
  asText,
  isRecord,
  parseJson,
  parseJsonRecord,
  recordIn,
} from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { readUsage } from '../../spans/usage.js';
import {
  below,
  callAttributes,
  valueAttributes,
  type CallAnswer,
  type CallRequest,
} from '../call-attributes.js';
import { listIn, readMessages, recordsIn, without } from '../messages.js';
import type { NativeSpanMapper } from '../native-spans.js';
import {
  answerMessage,
  GENERATION,
  identityIn,
  modelProvider,
  rerankDocuments,
} from './operation.js';

/** Every span of the AI SDK has it. The scope does not help: it is that of the tracer in use. */
const OPERATION = 'ai.operationId';

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
  const kind = kindOf(asText(attributes[OPERATION]) ?? '');
  const rest = Object.entries(attributes).filter(
    ([key]) => !REPLACED.test(key) && (kind === 'LLM' || !COUNTED.test(key)),
  );
  return {
    [S.OPENINFERENCE_SPAN_KIND]: kind,
    ...ownAttributes(kind, attributes),
    ...identityAttributes(kind, attributes),
    // What somebody set on the span stays.
    ...Object.fromEntries(rest),
  };
}

function kindOf(operation: string): SpanKindValue {
  if (/\.do(?:Generate|Stream)$/u.test(operation)) return 'LLM';
  if (operation.endsWith('.doEmbed')) return 'EMBEDDING';
  if (operation.endsWith('.doRerank')) return 'RERANKER';
  if (operation === 'ai.toolCall') return 'TOOL';
  return GENERATION.test(operation) ? 'AGENT' : 'CHAIN';
}

function ownAttributes(kind: SpanKindValue, attributes: Attributes): Attributes {
  switch (kind) {
    case 'LLM':
      return callAttributes(callRequest(attributes), callAnswer(attributes));
    case 'EMBEDDING': {
      const texts = listIn(attributes['ai.values']).map((value) => String(parsed(value)));
      const { 'ai.usage.tokens': tokens } = attributes;
      const usage = typeof tokens === 'number' ? { prompt: tokens } : undefined;
      return callAttributes({ ...callRequest(attributes), texts }, { usage, isComplete: true });
    }
    case 'TOOL': {
      const { 'ai.toolCall.args': args, 'ai.toolCall.result': result } = attributes;
      return {
        [S.TOOL_NAME]: attributes['ai.toolCall.name'],
        [S.TOOL_CALL_ID]: attributes['ai.toolCall.id'],
        [S.TOOL_PARAMETERS]: args,
        ...valueAttributes('input', args),
        ...valueAttributes('output', result),
      };
    }
    case 'RERANKER': {
      const documents = listIn(attributes['ai.documents']).map(parsed);
      const ranking = listIn(attributes['ai.ranking']).map(parsed);
      return {
        [S.RERANKER_MODEL_NAME]: attributes['ai.model.id'],
        ...rerankDocuments(documents, ranking),
      };
    }
    default:
      return stepAttributes(attributes);
  }
}

function callRequest(attributes: Attributes): CallRequest {
  return {
    ...modelProvider(attributes['ai.model.provider']),
    model: asText(attributes['ai.model.id']),
    messages: readMessages(parsed(attributes['ai.prompt.messages'])),
    tools: listIn(attributes['ai.prompt.tools']),
    parameters: without(below(attributes, 'ai.settings.'), ['maxRetries']),
  };
}

function callAnswer(attributes: Attributes): CallAnswer {
  const { reasoning, text, object, toolCalls, finishReason, id, model } = below(
    attributes,
    'ai.response.',
  );
  const said = asText(text) ?? asText(object);
  return {
    id: asText(id),
    model: asText(model),
    finishReason: asText(finishReason),
    usage: readUsage(usageIn(attributes)),
    messages: answerMessage([
      ...(asText(reasoning) === undefined ? [] : [{ type: 'reasoning', text: reasoning }]),
      ...(said === undefined ? [] : [{ type: 'text', text: said }]),
      ...recordsIn(parsed(toolCalls)).map((call) => ({ ...call, type: 'tool-call' })),
    ]),
    isComplete: asText(finishReason) !== undefined,
  };
}

/** `ai.usage.inputTokenDetails.cacheReadTokens` and the like, as the object that it was. */
function usageIn(attributes: Attributes): Readonly<Record<string, unknown>> {
  const usage: Record<string, unknown> = {};
  for (const [key, count] of Object.entries(below(attributes, 'ai.usage.'))) {
    const [name = '', detail] = key.split('.');
    usage[name] = detail === undefined ? count : { ...recordIn(usage[name]), [detail]: count };
  }
  if (usage['inputTokens'] !== undefined || usage['promptTokens'] !== undefined) return usage;
  const { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output } = attributes;
  return { input_tokens: input, output_tokens: output };
}

function stepAttributes(attributes: Attributes): Attributes {
  const { 'ai.prompt': prompt, 'ai.value': value, 'ai.values': values } = attributes;
  const { text, object, toolCalls } = below(attributes, 'ai.response.');
  const asked = parseJsonRecord(prompt) ?? {};
  const input = asked['prompt'] ?? asked['messages'] ?? prompt ?? parsed(value) ?? values;
  return {
    ...valueAttributes('input', input),
    ...valueAttributes('output', asText(text) ?? object ?? toolCalls),
  };
}

function identityAttributes(kind: SpanKindValue, attributes: Attributes): Attributes {
  const { sessionId, userId, metadata } = identityIn(below(attributes, 'ai.telemetry.metadata.'));
  const agentName = kind === 'AGENT' ? asText(attributes['ai.telemetry.functionId']) : undefined;
  return {
    ...(sessionId !== undefined && { [S.SESSION_ID]: sessionId }),
    ...(userId !== undefined && { [S.USER_ID]: userId }),
    ...(agentName !== undefined && { [S.AGENT_NAME]: agentName }),
    ...(isRecord(metadata) && { [S.METADATA]: JSON.stringify(metadata) }),
  };
}

function parsed(value: unknown): unknown {
  return parseJson(value) ?? value;
}

export const AI_SDK_SPANS: NativeSpanMapper = { attributes: aiSdkSpanAttributes };
