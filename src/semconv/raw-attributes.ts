/** Keys of OpenTelemetry's GenAI conventions, as LiveKit and other instrumentations write them. */
export const GenAiAttr = {
  OPERATION_NAME: 'gen_ai.operation.name',
  SYSTEM: 'gen_ai.system',
  PROVIDER_NAME: 'gen_ai.provider.name',
  AGENT_ID: 'gen_ai.agent.id',
  AGENT_NAME: 'gen_ai.agent.name',
  REQUEST_PREFIX: 'gen_ai.request.',
  REQUEST_MODEL: 'gen_ai.request.model',
  RESPONSE_MODEL: 'gen_ai.response.model',
  FINISH_REASONS: 'gen_ai.response.finish_reasons',
  TIME_TO_FIRST_CHUNK: 'gen_ai.response.time_to_first_chunk',
  SYSTEM_INSTRUCTIONS: 'gen_ai.system_instructions',
  INPUT_MESSAGES: 'gen_ai.input.messages',
  OUTPUT_MESSAGES: 'gen_ai.output.messages',
  TOOL_DEFINITIONS: 'gen_ai.tool.definitions',
  TOOL_NAME: 'gen_ai.tool.name',
  TOOL_DESCRIPTION: 'gen_ai.tool.description',
  TOOL_CALL_ID: 'gen_ai.tool.call.id',
  TOOL_CALL_ARGUMENTS: 'gen_ai.tool.call.arguments',
  TOOL_CALL_RESULT: 'gen_ai.tool.call.result',
  RETRIEVAL_QUERY: 'gen_ai.retrieval.query.text',
  RETRIEVAL_DOCUMENTS: 'gen_ai.retrieval.documents',
  MEMORY_QUERY: 'gen_ai.memory.query.text',
  MEMORY_RECORDS: 'gen_ai.memory.records',
  USAGE_PREFIX: 'gen_ai.usage.',
} as const;

/**
 * Keys of LiveKit's own (`telemetry/trace_types.ts`). Content moved from `lk.` to `lk.pii.` in
 * 1.7.0: of those both are here, the newer first.
 */
export const LiveKitAttr = {
  AGENT_LABEL: 'lk.agent_label',
  SPEECH_ID: 'lk.speech_id',
  INTERRUPTED: 'lk.interrupted',
  LLM_METRICS: 'lk.llm_metrics',
  REALTIME_METRICS: 'lk.realtime_model_metrics',
  TTS_METRICS: 'lk.tts_metrics',
  FUNCTION_TOOLS: 'lk.function_tools',
  TOOL_NAME: 'lk.function_tool.name',
  TOOL_ID: 'lk.function_tool.id',
  TOOL_IS_ERROR: 'lk.function_tool.is_error',
  AMD_CATEGORY: 'lk.amd.category',
  CHAT_CONTEXT: ['lk.pii.chat_ctx', 'lk.chat_ctx'],
  USER_INPUT: ['lk.pii.user_input', 'lk.user_input'],
  USER_TRANSCRIPT: ['lk.pii.user_transcript', 'lk.user_transcript'],
  INSTRUCTIONS: ['lk.pii.instructions', 'lk.instructions'],
  RESPONSE_TEXT: ['lk.pii.response.text', 'lk.response.text'],
  RESPONSE_CALLS: ['lk.pii.response.function_calls', 'lk.response.function_calls'],
  TOOL_ARGUMENTS: ['lk.pii.function_tool.arguments', 'lk.function_tool.arguments'],
  TOOL_OUTPUT: ['lk.pii.function_tool.output', 'lk.function_tool.output'],
  AMD_TRANSCRIPT: ['lk.pii.amd.transcript', 'lk.amd.transcript'],
} as const;

/** `error.type` of OpenTelemetry's general conventions. */
export const ERROR_TYPE = 'error.type';
