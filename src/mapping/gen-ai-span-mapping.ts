import { OpenInferenceSpanKind } from '@arizeai/openinference-semantic-conventions';
import { putLlmCall } from './llm-call.js';
import { asText } from './read-attributes.js';
import { isSpanKind } from './span-kind.js';
import type { SpanFacts } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';
import { putTool } from './tool.js';

/**
 * Puts a span of another instrumentation that speaks OpenTelemetry's GenAI conventions. A span that
 * speaks OpenInference already, or neither, is passed on as it is.
 */
export function putGenAiSpan(mapping: SpanMapping, kind: string, facts: SpanFacts): void {
  if (asText(mapping.raw['gen_ai.operation.name']) === undefined) return;
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) putLlmCall(mapping, facts);
  else if (isSpanKind(kind, OpenInferenceSpanKind.TOOL)) putTool(mapping, facts);
}
