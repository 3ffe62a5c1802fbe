import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { asText, parseJsonRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { asAttributeValue } from '../../spans/serialize-value.js';
import { below, callAttributes } from '../call-attributes.js';
import { documentAttributes, plainValue } from '../langchain/messages.js';
import type { NativeSpanMapper } from '../native-spans.js';
import { answerOfRun, kindOfRun, requestOfRun } from './run-shapes.js';

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
      callAttributes(requestOfRun(inputs, metadata), answerOfRun(outputs, metadata, undefined))),
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
