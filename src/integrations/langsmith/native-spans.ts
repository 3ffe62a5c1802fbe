import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  asText,
  isRecord,
  parseJsonRecord,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { asAttributeValue } from '../../spans/serialize-value.js';
import { messagesAnswer, messagesRequest } from '../anthropic/messages.js';
import { below, callAttributes, type CallAnswer, type CallRequest } from '../call-attributes.js';
import {
  documentAttributes,
  langChainAnswer,
  langChainMessage,
  langChainMessages,
  langChainUsage,
  modelIn,
  plainValue,
} from '../langchain/messages.js';
import { listIn, readMessage, without } from '../messages.js';
import type { NativeSpanMapper } from '../native-spans.js';
import { chatAnswer, chatRequest } from '../openai/chat-completions.js';
import { responsesAnswer, responsesRequest } from '../openai/responses.js';

/** Its JSON of inputs and outputs is mapped; backends would count by the rest. */
const MAPPED =
  /^(?:gen_ai\.(?:prompt|completion|usage\..*|operation\.name)|langsmith\.(?:metadata\..*|usage_metadata|span\.tags))$/u;

/** LangSmith says OK first, and OpenTelemetry refuses what comes after; the exception is there. */
function langSmithStatus({ events }: ReadableSpan): SpanStatus | undefined {
  const exception = events.find(({ name }) => name === 'exception');
  if (exception === undefined) return undefined;
  const [message = ''] = (asText(exception.attributes?.['exception.message']) ?? '').split('\n');
  return { code: SpanStatusCode.ERROR, message };
}

/** The attributes of such a span in OpenInference's keys, as the bridge would have set them. */
function langSmithSpanAttributes(attributes: Attributes): Attributes {
  const kind = kindOfRun(attributes['langsmith.span.kind']);
  const inputs = parseJsonRecord(attributes['gen_ai.prompt']) ?? {};
  const outputs = parseJsonRecord(attributes['gen_ai.completion']) ?? {};
  // Each entry has its own key and is text; usage is JSON.
  const usage = parseJsonRecord(attributes['langsmith.usage_metadata']);
  const own = below(attributes, 'langsmith.metadata.');
  const metadata: JsonRecord = usage === undefined ? own : { ...own, usage_metadata: usage };
  const rest = Object.entries(attributes).filter(([key]) => !MAPPED.test(key));
  return {
    ...Object.fromEntries(rest),
    ...(kind === 'LLM' &&
      callAttributes(requestOfRun(inputs, metadata), answerOfRun(outputs, metadata))),
    ...written({
      ...(kind !== 'LLM' && {
        [S.OPENINFERENCE_SPAN_KIND]: kind,
        [S.INPUT_VALUE]: plainValue(inputs),
        ...(kind === 'RETRIEVER'
          ? documentAttributes(outputs['documents'] ?? outputs['outputs'])
          : { [S.OUTPUT_VALUE]: plainValue(outputs) }),
      }),
      [S.SESSION_ID]: asText(metadata['session_id']) ?? asText(metadata['thread_id']),
      [S.TAG_TAGS]: asText(attributes['langsmith.span.tags'])?.split(', '),
      [S.TOOL_NAME]: attributes['gen_ai.tool.name'],
      [S.TOOL_CALL_ID]: attributes['gen_ai.tool.call.id'],
    }),
  };
}

function written(values: JsonRecord): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(values)) {
    const attribute = asAttributeValue(value);
    if (attribute !== undefined) attributes[key] = attribute;
  }
  return attributes;
}

export const LANGSMITH_SPANS: NativeSpanMapper = {
  attributes: langSmithSpanAttributes,
  status: langSmithStatus,
};

const KINDS: Readonly<Record<string, SpanKindValue>> = {
  llm: 'LLM',
  tool: 'TOOL',
  retriever: 'RETRIEVER',
  prompt: 'PROMPT',
  embedding: 'EMBEDDING',
};

/** Kind of a run of this type; `chain`, `parser` and what is new are steps. */
export function kindOfRun(runType: unknown): SpanKindValue {
  return KINDS[asText(runType) ?? ''] ?? 'CHAIN';
}

/**
 * The request of a run of type `llm`. LangSmith keeps inputs as the wrapped SDK, LangChain or the
 * application's own function took them: their shape shows which.
 */
export function requestOfRun(inputs: JsonRecord, metadata: JsonRecord): CallRequest {
  const asked = bodyRequest(inputs, metadata);
  return { ...asked, ...modelIn(metadata, asked.model, 'langsmith') };
}

function bodyRequest(inputs: JsonRecord, metadata: JsonRecord): CallRequest {
  const lists = listIn(inputs['messages']);
  const [first] = lists;
  if (Array.isArray(first) || (isRecord(first) && first['lc'] === 1)) {
    const messages = langChainMessages(lists.flat());
    return { ...chatRequest({}, undefined), messages, parameters: without(inputs, ['messages']) };
  }
  if (metadata['ls_provider'] === 'anthropic') return messagesRequest(inputs, undefined);
  return 'messages' in inputs || !('model' in inputs)
    ? chatRequest(inputs, undefined)
    : responsesRequest(inputs, undefined);
}

export function answerOfRun(outputs: JsonRecord, metadata: JsonRecord): CallAnswer {
  const answer = bodyAnswer(outputs);
  const reported = outputs['usage_metadata'] ?? metadata['usage_metadata'];
  return { ...answer, usage: langChainUsage(reported) ?? answer.usage, isComplete: true };
}

function bodyAnswer(outputs: JsonRecord): CallAnswer {
  if ('generations' in outputs) return langChainAnswer(outputs);
  if ('choices' in outputs) return chatAnswer(outputs);
  if (Array.isArray(outputs['output'])) return responsesAnswer(outputs);
  if (Array.isArray(outputs['content'])) return messagesAnswer(outputs);
  const said = langChainMessage(outputs['message'] ?? outputs);
  if (said !== undefined) return { messages: [said], isComplete: true };
  const listed = langChainMessages(outputs['messages']);
  if (listed.length > 0) return { messages: listed, isComplete: true };
  const content = plainValue(outputs);
  const isText = typeof content === 'string';
  const messages = isText ? [readMessage({ role: 'assistant', content })] : [];
  return { messages, isComplete: true };
}

/** LangSmith says an error as text: its class, its message and its stack. */
export function errorOfRun(text: string): Error {
  const [first = '', ...stack] = text.split('\n');
  const [, name = 'Error', message = first] = /^(\w*(?:Error|Exception)): (.*)$/u.exec(first) ?? [];
  return Object.assign(new Error(message), { name, stack: [first, ...stack].join('\n') });
}
