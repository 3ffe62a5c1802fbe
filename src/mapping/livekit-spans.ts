import {
  type OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { asText } from './read-attributes.js';

/** Instrumentation scope of every span that LiveKit opens (`telemetry/traces.ts`). */
export const LIVEKIT_SCOPE_NAME = 'livekit-agents';

/** Names of the LiveKit spans that have their own mapping. */
export const LiveKitSpan = {
  JOB_ENTRYPOINT: 'job_entrypoint',
  AGENT_SESSION: 'agent_session',
  START_AGENT_ACTIVITY: 'start_agent_activity',
  RESUME_AGENT_ACTIVITY: 'resume_agent_activity',
  AGENT_TURN: 'agent_turn',
  USER_TURN: 'user_turn',
  LLM_NODE: 'llm_node',
  LLM_REQUEST: 'llm_request',
  LLM_REQUEST_RUN: 'llm_request_run',
  REALTIME_INFERENCE: 'realtime_inference',
  REALTIME_METRICS: 'realtime_metrics',
  FUNCTION_TOOL: 'function_tool',
  AGENT_SPEAKING: 'agent_speaking',
  TTS_NODE: 'tts_node',
  TTS_REQUEST: 'tts_request',
  EOU_DETECTION: 'eou_detection',
  ANSWERING_MACHINE_DETECTION: 'answering_machine_detection',
} as const;

/** Every LiveKit span that is not named here is a CHAIN, known or not: never LLM by default. */
const KIND_BY_LIVEKIT_SPAN: ReadonlyMap<string, `${OpenInferenceSpanKind}`> = new Map([
  [LiveKitSpan.AGENT_SESSION, 'AGENT'],
  [LiveKitSpan.LLM_NODE, 'LLM'],
  [LiveKitSpan.LLM_REQUEST, 'LLM'],
  [LiveKitSpan.LLM_REQUEST_RUN, 'LLM'],
  [LiveKitSpan.REALTIME_INFERENCE, 'LLM'],
  [LiveKitSpan.REALTIME_METRICS, 'LLM'],
  [LiveKitSpan.FUNCTION_TOOL, 'TOOL'],
]);

/** `gen_ai.operation.name` of other instrumentations (OpenTelemetry GenAI conventions). */
const KIND_BY_OPERATION: ReadonlyMap<string, `${OpenInferenceSpanKind}`> = new Map([
  ['chat', 'LLM'],
  ['text_completion', 'LLM'],
  ['generate_content', 'LLM'],
  ['embeddings', 'EMBEDDING'],
  ['execute_tool', 'TOOL'],
  ['invoke_agent', 'AGENT'],
  ['create_agent', 'AGENT'],
  ['retrieval', 'RETRIEVER'],
]);

/**
 * OpenInference kind of a span. A kind that somebody set on the span wins. LiveKit's spans go by
 * name, spans of other scopes by `gen_ai.operation.name`. Every other span is a CHAIN.
 */
export function mapSpanKind(name: string, scopeName: string, attributes: Attributes): string {
  const own = asText(attributes[S.OPENINFERENCE_SPAN_KIND]);
  if (own !== undefined) return own;
  if (scopeName === LIVEKIT_SCOPE_NAME) {
    return KIND_BY_LIVEKIT_SPAN.get(name) ?? 'CHAIN';
  }
  const operation = asText(attributes[GenAiAttr.OPERATION_NAME]) ?? '';
  return KIND_BY_OPERATION.get(operation) ?? 'CHAIN';
}
