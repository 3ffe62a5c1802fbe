import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { asText, parseJsonRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { asAttributeValue } from '../../spans/serialize-value.js';
import {
  answerAttributes,
  inputAttributes,
  requestAttributes,
  startAttributes,
} from '../call-attributes.js';
import { documentAttributes } from '../langchain/model-run.js';
import { plainValue } from '../langchain/messages.js';
import type { NativeSpanMapper } from '../native-spans.js';
import { answerOfRun, kindOfRun, requestOfRun } from './run-shapes.js';

const METADATA = 'langsmith.metadata.';
/** Its JSON of inputs and outputs is mapped; backends would count by the rest. */
const MAPPED =
  /^(?:gen_ai\.(?:prompt|completion|usage\..*|operation\.name)|langsmith\.(?:metadata\..*|usage_metadata|span\.tags))$/u;

/** LangSmith says OK first, and OpenTelemetry refuses what comes after; the exception is there. */
function langSmithStatus({ events }: ReadableSpan): SpanStatus | undefined {
  const exception = events.find(({ name }) => name === 'exception');
  if (exception === undefined) return undefined;
  const [message] = (asText(exception.attributes?.['exception.message']) ?? '').split('\n');
  return { code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) };
}

/** The attributes of such a span in OpenInference's keys, as the bridge would have set them. */
function langSmithSpanAttributes(attributes: Attributes): Attributes {
  const kind = kindOfRun(attributes['langsmith.span.kind']);
  const inputs = parseJsonRecord(attributes['gen_ai.prompt']) ?? {};
  const outputs = parseJsonRecord(attributes['gen_ai.completion']) ?? {};
  const metadata = metadataOf(attributes);
  const rest = Object.entries(attributes).filter(([key]) => !MAPPED.test(key));
  const tags = asText(attributes['langsmith.span.tags']);
  const session = asText(metadata['session_id']) ?? asText(metadata['thread_id']);
  return {
    ...Object.fromEntries(rest),
    ...(kind === Kind.LLM
      ? callAttributes(inputs, outputs, metadata)
      : runAttributes(kind, inputs, outputs)),
    ...written({
      [S.SESSION_ID]: session,
      [S.TAG_TAGS]: tags?.split(', '),
      [S.TOOL_NAME]: attributes['gen_ai.tool.name'],
      [S.TOOL_CALL_ID]: attributes['gen_ai.tool.call.id'],
    }),
  };
}

function callAttributes(inputs: JsonRecord, outputs: JsonRecord, metadata: JsonRecord): Attributes {
  const request = requestOfRun(inputs, metadata);
  return {
    ...startAttributes(request),
    ...inputAttributes(request),
    ...answerAttributes(answerOfRun(outputs, metadata, undefined)),
    ...requestAttributes(request),
  };
}

function runAttributes(kind: Kind, inputs: JsonRecord, outputs: JsonRecord): Attributes {
  const isRetriever = kind === Kind.RETRIEVER;
  return written({
    [S.OPENINFERENCE_SPAN_KIND]: kind,
    [S.INPUT_VALUE]: plainValue(inputs),
    ...(isRetriever
      ? documentAttributes(outputs['documents'] ?? outputs['outputs'])
      : { [S.OUTPUT_VALUE]: plainValue(outputs) }),
  });
}

/** Each metadata entry has its own key and is text; usage is JSON. */
function metadataOf(attributes: Attributes): JsonRecord {
  const own = Object.entries(attributes)
    .filter(([key]) => key.startsWith(METADATA))
    .map(([key, value]) => [key.slice(METADATA.length), value] as const);
  const usage = parseJsonRecord(attributes['langsmith.usage_metadata']);
  return { ...Object.fromEntries(own), ...(usage !== undefined && { usage_metadata: usage }) };
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
