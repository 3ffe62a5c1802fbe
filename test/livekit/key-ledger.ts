import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../../src/mapping/livekit-spans.js';
import { VOICE_FIELDS } from '../../src/mapping/voice.js';

/** What becomes of a key of LiveKit's. None is dropped: a key without a row is sent as it is. */
export type LiveKitKey =
  | {
      readonly key: string;
      readonly fate: 'mapped';
      /** Key, or prefix of the keys, that it is sent as; `status` is the span's. */
      readonly to: string;
      /** A span on which this holds. */
      readonly on: string;
    }
  | {
      readonly key: string;
      readonly fate: 'kept';
      /** Why nothing else is made of it. */
      readonly why: string;
    };

const NO_WORD = 'OpenInference has no word for it';
const NEVER_SET = 'LiveKit defines it and sets it nowhere';
const OTHERS_ONLY = 'LiveKit defines it for others; read from spans of other instrumentations';
const EVENT_NAME = 'name of an event, and events are passed on';
const CORRELATION = 'an id to find the span by elsewhere';

/**
 * Every attribute and event name that the newest LiveKit defines (`telemetry/trace_types.ts`), so
 * that a key which a later version adds is noticed. Earlier spellings, `lk.user_input` for
 * `lk.pii.user_input`, are read wherever these are.
 */
export const LIVEKIT_KEYS: readonly LiveKitKey[] = [
  ...VOICE_FIELDS.map(({ from, to, on }) =>
    mapped(from, to, on?.[0] ?? LiveKitSpan.AGENT_TURN),
  ).filter(({ key }) => key.startsWith('lk.')),

  mapped('lk.agent_label', 'agent.id', LiveKitSpan.START_AGENT_ACTIVITY),
  mapped('gen_ai.agent.name', 'agent.id', LiveKitSpan.AGENT_TURN),
  mapped('gen_ai.conversation.id', S.SESSION_ID, LiveKitSpan.AGENT_SESSION),
  mapped('error.type', 'status', LiveKitSpan.LLM_NODE),

  mapped('lk.pii.user_input', S.INPUT_VALUE, LiveKitSpan.AGENT_TURN),
  mapped('lk.pii.instructions', S.INPUT_VALUE, LiveKitSpan.AGENT_TURN),
  mapped('lk.pii.response.text', S.OUTPUT_VALUE, LiveKitSpan.AGENT_TURN),
  mapped('lk.pii.user_transcript', S.INPUT_VALUE, LiveKitSpan.USER_TURN),
  mapped('lk.pii.amd.transcript', S.INPUT_VALUE, LiveKitSpan.ANSWERING_MACHINE_DETECTION),
  mapped('lk.pii.chat_ctx', S.LLM_INPUT_MESSAGES, LiveKitSpan.LLM_NODE),
  mapped('lk.pii.response.function_calls', S.LLM_OUTPUT_MESSAGES, LiveKitSpan.LLM_NODE),
  mapped('lk.function_tools', S.LLM_TOOLS, LiveKitSpan.LLM_NODE),

  mapped('gen_ai.system_instructions', S.LLM_INPUT_MESSAGES, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.input.messages', S.LLM_INPUT_MESSAGES, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.output.messages', S.LLM_OUTPUT_MESSAGES, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.tool.definitions', S.LLM_TOOLS, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.provider.name', S.LLM_PROVIDER, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.request.model', S.LLM_MODEL_NAME, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.response.model', S.LLM_MODEL_NAME, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.request.stream', S.LLM_INVOCATION_PARAMETERS, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.response.finish_reasons', S.LLM_FINISH_REASON, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.response.time_to_first_chunk', 'voice.llm.ttft_ms', LiveKitSpan.LLM_REQUEST),
  mapped('lk.llm_metrics', S.LLM_TOKEN_COUNT_PROMPT, LiveKitSpan.LLM_REQUEST),
  mapped('lk.realtime_model_metrics', S.LLM_TOKEN_COUNT_PROMPT, LiveKitSpan.REALTIME_METRICS),
  mapped('lk.tts_metrics', 'voice.tts.characters', LiveKitSpan.TTS_REQUEST),
  mapped('gen_ai.usage.input_tokens', S.LLM_TOKEN_COUNT_PROMPT, LiveKitSpan.LLM_REQUEST),
  mapped('gen_ai.usage.output_tokens', S.LLM_TOKEN_COUNT_COMPLETION, LiveKitSpan.LLM_REQUEST),
  ...[
    ['cache_read.input_tokens', S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ],
    ['input_cached_tokens', S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ],
    ['cache_write.input_tokens', S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE],
    ['audio.input_tokens', S.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO],
    ['input_audio_tokens', S.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO],
    ['audio.output_tokens', S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO],
    ['output_audio_tokens', S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO],
    ['reasoning.output_tokens', S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING],
    ['reasoning_tokens', S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING],
  ].map(([usage = '', to = '']) =>
    mapped(`gen_ai.usage.${usage}`, to, LiveKitSpan.REALTIME_METRICS),
  ),

  mapped('gen_ai.tool.name', S.TOOL_NAME, LiveKitSpan.FUNCTION_TOOL),
  mapped('lk.function_tool.name', S.TOOL_NAME, LiveKitSpan.FUNCTION_TOOL),
  mapped('gen_ai.tool.description', S.TOOL_DESCRIPTION, LiveKitSpan.FUNCTION_TOOL),
  mapped('gen_ai.tool.call.id', 'tool_call.id', LiveKitSpan.FUNCTION_TOOL),
  mapped('lk.function_tool.id', 'tool_call.id', LiveKitSpan.FUNCTION_TOOL),
  mapped('gen_ai.tool.call.arguments', S.INPUT_VALUE, LiveKitSpan.FUNCTION_TOOL),
  mapped('lk.pii.function_tool.arguments', S.INPUT_VALUE, LiveKitSpan.FUNCTION_TOOL),
  mapped('gen_ai.tool.call.result', S.OUTPUT_VALUE, LiveKitSpan.FUNCTION_TOOL),
  mapped('lk.pii.function_tool.output', S.OUTPUT_VALUE, LiveKitSpan.FUNCTION_TOOL),
  mapped('lk.function_tool.is_error', 'status', LiveKitSpan.FUNCTION_TOOL),

  ...kept('tells a model call from a span above one, and the kind stands beside it', [
    'gen_ai.operation.name',
  ]),
  ...kept(CORRELATION, [
    'gen_ai.response.id',
    'lk.provider_request_ids',
    'lk.speech_id',
    'lk.participant_id',
    'lk.job_id',
    'lk.cloud_agent_id',
    'lk.deployment_id',
  ]),
  ...kept('personal: sent as it is where privacy lets it pass', [
    'lk.pii.participant_identity',
    'lk.pii.room_name',
  ]),
  ...kept("name of the worker that took the job, not of the session's agent", ['lk.agent_name']),
  ...kept(NO_WORD, [
    'gen_ai.output.type',
    'gen_ai.tool.type',
    'gen_ai.workflow.name',
    'gen_ai.usage.text.input_tokens',
    'gen_ai.usage.text.output_tokens',
    'gen_ai.usage.input_text_tokens',
    'gen_ai.usage.output_text_tokens',
    'lk.participant_kind',
    'lk.retry_count',
    'lk.tts.streaming',
    'lk.tts.label',
    'lk.eou.unlikely_threshold',
    'lk.eou.language',
    'lk.eou.source',
    'lk.eou.from_cache',
    'lk.amd.reason',
    'lk.amd.interrupt_on_machine',
    'lk.blocking.threshold',
    'lk.blocking.severity',
    'lk.blocking.cause',
    'lk.blocking.gc_time',
    'lk.blocking.cpu_time',
    'lk.blocking.suppressed',
  ]),
  ...kept("OpenInference's own names", [
    'exception.type',
    'exception.message',
    'exception.stacktrace',
  ]),
  ...kept("Langfuse's own name", ['langfuse.observation.completion_start_time']),
  ...kept(NEVER_SET, [
    'lk.start_time',
    'lk.end_time',
    'lk.session_options',
    'lk.generation_id',
    'lk.parent_generation_id',
    'lk.provider_tools',
    'lk.tool_sets',
    'lk.pii.input_text',
    'lk.blocking.task',
    'lk.blocking.stack',
    'lk.blocking.import',
  ]),
  ...kept(OTHERS_ONLY, [
    'gen_ai.retrieval.documents',
    'gen_ai.retrieval.query.text',
    'gen_ai.memory.query.text',
    'gen_ai.memory.records',
    'gen_ai.evaluation.explanation',
    'gen_ai.prompt.variable',
  ]),
  ...kept(EVENT_NAME, [
    'gen_ai.system.message',
    'gen_ai.user.message',
    'gen_ai.assistant.message',
    'gen_ai.tool.message',
    'gen_ai.choice',
    'gen_ai.client.inference.operation.details',
  ]),
];

function mapped(key: string, to: string, on: string): LiveKitKey {
  return { key, fate: 'mapped', to, on };
}

function kept(why: string, keys: readonly string[]): readonly LiveKitKey[] {
  return keys.map((key) => ({ key, fate: 'kept', why }));
}
