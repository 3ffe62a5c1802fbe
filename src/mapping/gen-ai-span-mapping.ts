import {
  MimeType,
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { putInput, putOutput } from './input-output.js';
import { putLlmCall } from './llm-call.js';
import { readConversation } from './conversation.js';
import { lastTextOf } from './message-text.js';
import { asText, parseJsonArray, readText } from './read-attributes.js';
import { isSpanKind } from './span-kind.js';
import type { MappingContext } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';
import { putTool } from './tool.js';

const QUERY = ['gen_ai.retrieval.query.text', 'gen_ai.memory.query.text'] as const;
const FOUND = ['gen_ai.retrieval.documents', 'gen_ai.memory.records'] as const;

/**
 * Puts a span of another instrumentation that speaks OpenTelemetry's GenAI conventions. A span that
 * speaks OpenInference already, or neither, is passed on as it is.
 */
export function putGenAiSpan(mapping: SpanMapping, kind: string, facts: MappingContext): void {
  if (asText(mapping.raw['gen_ai.operation.name']) === undefined) return;
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) putLlmCall(mapping, facts);
  else if (isSpanKind(kind, OpenInferenceSpanKind.TOOL)) putTool(mapping, facts);
  else if (isSpanKind(kind, OpenInferenceSpanKind.EMBEDDING)) putEmbedding(mapping);
  else putStep(mapping);
}

/** What an agent, a search or another step was asked and what it came to; all of it stays raw too. */
function putStep(mapping: SpanMapping): void {
  const { input, output } = readConversation(mapping.raw, []);
  putInput(mapping, readText(mapping.raw, QUERY) ?? lastTextOf(input, 'user'));
  const said = lastTextOf(output, 'assistant');
  const found = readText(mapping.raw, FOUND);
  if (said !== undefined) putOutput(mapping, said);
  else if (parseJsonArray(found) !== undefined) putOutput(mapping, found, MimeType.JSON);
}

function putEmbedding(mapping: SpanMapping): void {
  const model = readText(mapping.raw, ['gen_ai.response.model', 'gen_ai.request.model']);
  mapping.put(S.EMBEDDING_MODEL_NAME, model);
}
