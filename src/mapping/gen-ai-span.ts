import {
  MimeType,
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { lastTextOf, readConversation } from './conversation.js';
import { isSpanKind } from './livekit-spans.js';
import { putLlmCall } from './llm-call.js';
import { asText, parseJsonArray, readText } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { omitNegativeCounts } from './token-counts.js';
import { putTool } from './tool.js';

const MODEL = [GenAiAttr.RESPONSE_MODEL, GenAiAttr.REQUEST_MODEL] as const;
const QUERY = [GenAiAttr.RETRIEVAL_QUERY, GenAiAttr.MEMORY_QUERY] as const;
const FOUND = [GenAiAttr.RETRIEVAL_DOCUMENTS, GenAiAttr.MEMORY_RECORDS] as const;

/**
 * Puts a span of another instrumentation that follows OpenTelemetry's GenAI conventions. A span that
 * follows OpenInference already, or neither, is passed on as it is.
 */
export function putGenAiSpan(mapping: SpanMapping): void {
  const { raw, kind } = mapping;
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) omitNegativeCounts(mapping);
  if (asText(raw[GenAiAttr.OPERATION_NAME]) === undefined) return;
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) putLlmCall(mapping);
  else if (isSpanKind(kind, OpenInferenceSpanKind.TOOL)) putTool(mapping);
  else if (isSpanKind(kind, OpenInferenceSpanKind.EMBEDDING)) {
    mapping.put(S.EMBEDDING_MODEL_NAME, readText(raw, MODEL));
  } else putStep(mapping);
}

/** Input and output of an agent, a search or another step; all of it stays raw too. */
function putStep(mapping: SpanMapping): void {
  const { raw } = mapping;
  const { input, output } = readConversation(raw);
  mapping.putInput(readText(raw, QUERY) ?? lastTextOf(input, 'user'));
  const text = lastTextOf(output, 'assistant');
  const found = readText(raw, FOUND);
  if (text !== undefined) mapping.putOutput(text);
  else if (parseJsonArray(found) !== undefined) mapping.putOutput(found, MimeType.JSON);
}
