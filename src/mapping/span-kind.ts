import {
  OpenInferenceSpanKind,
  SemanticConventions,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { KIND_BY_LIVEKIT_SPAN, LIVEKIT_SCOPE_NAME } from './livekit-spans.js';
import { asText } from './read-attributes.js';

const KIND_KEY = SemanticConventions.OPENINFERENCE_SPAN_KIND;

/** `gen_ai.operation.name` of other instrumentations (OpenTelemetry GenAI conventions). */
const KIND_BY_OPERATION: ReadonlyMap<string, OpenInferenceSpanKind> = new Map([
  ['chat', OpenInferenceSpanKind.LLM],
  ['text_completion', OpenInferenceSpanKind.LLM],
  ['generate_content', OpenInferenceSpanKind.LLM],
  ['embeddings', OpenInferenceSpanKind.EMBEDDING],
  ['execute_tool', OpenInferenceSpanKind.TOOL],
  ['invoke_agent', OpenInferenceSpanKind.AGENT],
  ['create_agent', OpenInferenceSpanKind.AGENT],
  ['retrieval', OpenInferenceSpanKind.RETRIEVER],
]);

/**
 * OpenInference kind of a span. A kind that somebody set on the span wins; LiveKit's spans go by
 * name, spans of other scopes by `gen_ai.operation.name`, and what says nothing is a CHAIN.
 */
export function mapSpanKind(name: string, scopeName: string, attributes: Attributes): string {
  const given = asText(attributes[KIND_KEY]);
  if (given !== undefined) return given;
  if (scopeName === LIVEKIT_SCOPE_NAME) {
    return KIND_BY_LIVEKIT_SPAN.get(name) ?? OpenInferenceSpanKind.CHAIN;
  }
  const operation = asText(attributes['gen_ai.operation.name']) ?? '';
  return KIND_BY_OPERATION.get(operation) ?? OpenInferenceSpanKind.CHAIN;
}

/** Whether a span's kind, which may be any string that a user set, is this one. */
export function isSpanKind(kind: string, expected: `${OpenInferenceSpanKind}`): boolean {
  return kind === expected;
}
