import { SpanStatusCode, type SpanStatus } from '@opentelemetry/api';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from './livekit-spans.js';
import { asText } from './read-attributes.js';
import type { SpanInput } from './span-input.js';
import { isFailedTool, toolFailureMessage } from './tool.js';

/**
 * Status of a span. LiveKit sets ERROR on attempts alone (`llm/llm.ts`, `tts/tts.ts`), so a failed
 * tool, and a request, node or turn whose last attempt failed, get theirs here. A status that is
 * set stays.
 */
export function mapSpanStatus(span: SpanInput, raw: SpanStatus): SpanStatus {
  // The span of `tracing.job` fails with the session below it, like LiveKit's own around it.
  const isOurs = span.scopeName === LIVEKIT_SCOPE_NAME || span.facts.job !== undefined;
  if (raw.code !== SpanStatusCode.UNSET || !isOurs) return raw;
  if (span.name === LiveKitSpan.FUNCTION_TOOL && isFailedTool(span.attributes)) {
    return errorStatus(toolFailureMessage(span.attributes));
  }
  const { failure } = span.facts;
  return failure === undefined ? raw : errorStatus(failure.message);
}

/** A custom `llmNode` that threw has `error.type` on itself, and no attempt below. */
export function isFailedNode(span: Pick<SpanInput, 'name' | 'attributes'>): boolean {
  return span.name === LiveKitSpan.LLM_NODE && asText(span.attributes['error.type']) !== undefined;
}

function errorStatus(message: string | undefined): SpanStatus {
  return message === undefined
    ? { code: SpanStatusCode.ERROR }
    : { code: SpanStatusCode.ERROR, message };
}
