import { OpenInferenceSpanKind } from '@arizeai/openinference-semantic-conventions';

/** Instrumentation scope of every span that LiveKit opens (`telemetry/traces.ts`). */
export const LIVEKIT_SCOPE_NAME = 'livekit-agents';

/** Names of the LiveKit spans that the mapping treats in a way of their own. */
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
export const KIND_BY_LIVEKIT_SPAN: ReadonlyMap<string, OpenInferenceSpanKind> = new Map([
  [LiveKitSpan.AGENT_SESSION, OpenInferenceSpanKind.AGENT],
  [LiveKitSpan.LLM_NODE, OpenInferenceSpanKind.LLM],
  [LiveKitSpan.LLM_REQUEST, OpenInferenceSpanKind.LLM],
  [LiveKitSpan.LLM_REQUEST_RUN, OpenInferenceSpanKind.LLM],
  [LiveKitSpan.REALTIME_INFERENCE, OpenInferenceSpanKind.LLM],
  [LiveKitSpan.REALTIME_METRICS, OpenInferenceSpanKind.LLM],
  [LiveKitSpan.FUNCTION_TOOL, OpenInferenceSpanKind.TOOL],
]);
