import type { AttributeValue } from '@opentelemetry/api';
import { Attr } from '../semconv/attribute-keys.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import type { ContentClass } from './content-rules.js';

/** Our own keys with text of a person, of a model or of the application; the others have none. */
const { ROOM_NAME, SESSION_CLOSE_REASON, TENANT_ID, ...HARMLESS_ATTR } = CatalystAttr;
const { AGENT_OUTCOME, AGENT_STOP_REASON } = Attr;

/** Keys of one class, and a pattern that they match. One with `*` stands for all that begin so. */
export type KeyRule = readonly [content: ContentClass, names: string, pattern?: RegExp];

const STRUCTURE =
  /(?:message\.(?:role|name|tool_call_id|function_call_name)|message_content\.(?:type|id)|tool_call\.(?:id|function\.name)|mime_type)$/;
// A video shows what a picture shows, and the specification has no separate switch for it.
const PICTURE = /(?:image|video)\.url$/;
const SOUND = /audio\.url$/;
const SCORE =
  /(?:^|\.)(?:annotations?|evaluations?)\..{0,256}(?:annotation|evaluation)\.(?:name|label|score|identifier|annotator_kind)$/;
const JUDGED = /(?:^|\.)(?:annotations?|evaluations?)\./;

/**
 * The keys of all vocabularies that may meet on one provider, LiveKit's without the `pii` segment
 * that marks content from 1.7.0. Whole keys come before those with `*`; else the first rule counts.
 * Where a vocabulary is known, its other keys are `raw`.
 *
 * Backends rebuild OpenInference messages from raw attributes, so each follows the switches of what
 * it duplicates. A whole request, such as `gen_ai.prompt`, is `raw`: it repeats earlier answers. So
 * is `lk.amd.reason`, which LiveKit does not mark: a model wrote it about who answered the phone.
 */
export const KEY_RULES: readonly KeyRule[] = [
  // Whole keys.
  [
    'personal',
    `ai.telemetry.metadata.userId gen_ai.user http.client_ip http.user_agent
    langfuse.trace.user_id langfuse.user.id lk.participant_identity lk.room_name llm.user
    participant.identity room.name traceloop.association.properties.user_id user_agent.original`,
  ],
  ['metadata', 'metadata tag.tags'],
  ['exception', 'error.message error.stack otel.status_description'],
  [
    'rawInput',
    `db.query.text db.statement gen_ai.agent.description gen_ai.memory.query.text
    gen_ai.retrieval.query.text gen_ai.system_instructions graphql.document graphql.source
    http.route.params http.target http.url lk.amd.transcript lk.instructions lk.user_input
    lk.user_transcript llm.headers reranker.query`,
  ],
  [
    'rawOutput',
    `ai.toolCall.output ai.toolCall.result gen_ai.completion gen_ai.memory.records
    gen_ai.output.messages gen_ai.retrieval.documents gen_ai.tool.call.result gen_ai.tool.message
    lk.function_tool.output lk.input_text lk.response.function_calls lk.response.text
    traceloop.entity.output`,
  ],
  ['raw', 'lk.amd.reason lk.chat_ctx'],
  ['inputMimeType', 'input.mime_type'],
  ['inputImage', 'input.images'],
  ['outputMimeType', 'output.mime_type'],
  ['outputImage', 'output.images'],
  ['outputText', 'llm.function_call'],
  [
    'toolArguments',
    `ai.toolCall.args ai.toolCall.input gen_ai.tool.call.arguments lk.function_tool.arguments
    tool.parameters tool_call.function.arguments`,
  ],
  ['toolDefinition', 'gen_ai.tool.description tool.description tool.json_schema'],
  [
    'llmTools',
    `ai.prompt.toolChoice ai.prompt.tools gen_ai.tool.definitions lk.function_tools
    lk.provider_tools lk.tool_sets`,
  ],
  ['invocationParameters', 'embedding.invocation_parameters llm.invocation_parameters'],
  ['embeddingText', 'ai.value ai.values embedding.text'],
  ['embeddingVector', 'ai.embedding ai.embeddings embedding.vector'],
  [
    'none',
    `agent.finalized agent.id agent.llm_call_count agent.name agent.role agent.tool_call_count
    ai.model.id ai.model.provider ai.operationId ai.response.avgCompletionTokensPerSecond
    ai.response.avgOutputTokensPerSecond ai.response.finishReason ai.response.id ai.response.model
    ai.response.msToFinish ai.response.msToFirstChunk ai.response.timestamp
    ai.settings.maxOutputTokens ai.settings.maxRetries ai.settings.maxSteps ai.settings.maxTokens
    ai.settings.mode ai.settings.temperature ai.settings.topK ai.settings.topP
    ai.telemetry.functionId ai.toolCall.id ai.toolCall.name ai.usage.cachedInputTokens
    ai.usage.completionTokens ai.usage.inputTokenDetails.cacheReadTokens
    ai.usage.inputTokenDetails.cacheWriteTokens ai.usage.inputTokenDetails.noCacheTokens
    ai.usage.inputTokens ai.usage.outputTokenDetails.reasoningTokens
    ai.usage.outputTokenDetails.textTokens ai.usage.outputTokens ai.usage.promptTokens
    ai.usage.reasoningTokens ai.usage.tokens ai.usage.totalTokens anthropic.message.stop_reason
    anthropic.request.id anthropic.response.service_tier code.column code.column.number
    code.file.path code.filepath code.function code.function.name code.line.number code.lineno
    code.namespace component db.collection.name db.name db.namespace db.operation
    db.operation.name db.system db.system.name deployment.environment deployment.environment.name
    deployment.id deployment.name deployment.status embedding.model_name error.type
    exception.escaped exception.type gen_ai.agent.id gen_ai.agent.name gen_ai.agent.version
    gen_ai.conversation.id gen_ai.data_source.id gen_ai.embeddings.dimension.count
    gen_ai.evaluation.name gen_ai.evaluation.score.label gen_ai.evaluation.score.value
    gen_ai.operation.name gen_ai.output.type gen_ai.prompt.name gen_ai.prompt.version
    gen_ai.provider.name gen_ai.request.choice.count gen_ai.request.encoding_formats
    gen_ai.request.frequency_penalty gen_ai.request.max_tokens gen_ai.request.model
    gen_ai.request.presence_penalty gen_ai.request.seed gen_ai.request.stream
    gen_ai.request.temperature gen_ai.request.top_k gen_ai.request.top_p gen_ai.request.type
    gen_ai.response.finish_reason gen_ai.response.finish_reasons gen_ai.response.id
    gen_ai.response.model gen_ai.response.time_to_first_chunk gen_ai.system gen_ai.token.type
    gen_ai.tool.call.id gen_ai.tool.name gen_ai.tool.type gen_ai.usage.audio.input_tokens
    gen_ai.usage.audio.output_tokens gen_ai.usage.cache_creation.input_tokens
    gen_ai.usage.cache_creation_input_tokens gen_ai.usage.cache_read.input_tokens
    gen_ai.usage.cache_read_input_tokens gen_ai.usage.cache_write.input_tokens
    gen_ai.usage.completion_tokens gen_ai.usage.cost gen_ai.usage.input_audio_tokens
    gen_ai.usage.input_cached_tokens gen_ai.usage.input_text_tokens gen_ai.usage.input_tokens
    gen_ai.usage.output_audio_tokens gen_ai.usage.output_text_tokens gen_ai.usage.output_tokens
    gen_ai.usage.prompt_tokens gen_ai.usage.reasoning.output_tokens gen_ai.usage.reasoning_tokens
    gen_ai.usage.text.input_tokens gen_ai.usage.text.output_tokens gen_ai.usage.total_tokens
    gen_ai.workflow.name graph.node.id graph.node.name graph.node.parent_id http.flavor http.host
    http.method http.request.body.size http.request.method http.request.resend_count
    http.request_content_length http.request_content_length_uncompressed http.response.body.size
    http.response.status_code http.response_content_length
    http.response_content_length_uncompressed http.route http.scheme http.status_code
    http.status_text job_id langfuse.environment langfuse.observation.completion_start_time
    langfuse.observation.level langfuse.observation.model.name langfuse.observation.type
    langfuse.release langfuse.session.id langfuse.version langsmith.span.kind lk.agent_label
    lk.agent_name lk.amd.category lk.amd.delay lk.amd.interrupt_on_machine lk.amd.is_machine
    lk.amd.speech_duration lk.blocking.cause lk.blocking.count lk.blocking.cpu_time
    lk.blocking.duration lk.blocking.gc_time lk.blocking.max_duration lk.blocking.severity
    lk.blocking.suppressed lk.blocking.threshold lk.blocking.total_duration lk.cloud_agent_id
    lk.deployment_id lk.e2e_latency lk.end_of_turn_delay lk.end_time lk.eou.detection_delay
    lk.eou.endpointing_delay lk.eou.from_cache lk.eou.language lk.eou.probability lk.eou.source
    lk.eou.unlikely_threshold lk.function_tool.id lk.function_tool.is_error lk.function_tool.name
    lk.generation_id lk.interrupted lk.interruption.detection_delay
    lk.interruption.prediction_duration lk.interruption.probability lk.interruption.total_duration
    lk.is_interruption lk.job_id lk.llm_metrics lk.parent_generation_id lk.participant_id
    lk.participant_kind lk.provider_request_ids lk.realtime_model_metrics lk.redaction.enabled
    lk.response.ttfb lk.response.ttft lk.retry_count lk.simulation.enabled lk.simulation.job_id
    lk.simulation.run_id lk.speech_id lk.start_time lk.transcript_confidence
    lk.transcription_delay lk.tts.label lk.tts.streaming lk.tts_metrics llm.call_site
    llm.cost.completion llm.cost.completion_details.audio llm.cost.completion_details.output
    llm.cost.completion_details.reasoning llm.cost.prompt llm.cost.prompt_details.audio
    llm.cost.prompt_details.cache_input llm.cost.prompt_details.cache_read
    llm.cost.prompt_details.cache_write llm.cost.prompt_details.input llm.cost.total
    llm.finish_reason llm.is_streaming llm.model_name llm.prompt_template.version llm.provider
    llm.request.model_name llm.request.type llm.response.model_name llm.system
    llm.token_count.completion llm.token_count.completion_details.audio
    llm.token_count.completion_details.reasoning llm.token_count.prompt
    llm.token_count.prompt_details.audio llm.token_count.prompt_details.cache_input
    llm.token_count.prompt_details.cache_read llm.token_count.prompt_details.cache_write
    llm.token_count.total llm.usage.cache_creation_input_tokens llm.usage.cache_read_input_tokens
    llm.usage.completion_tokens llm.usage.prompt_tokens llm.usage.reasoning_tokens
    llm.usage.total_tokens llm.use_case net.host.ip net.host.name net.host.port net.peer.name
    net.peer.port net.protocol.name net.protocol.version net.sock.family net.sock.host.addr
    net.sock.host.port net.transport network.local.address network.local.port
    network.protocol.name network.protocol.version network.transport network.type
    openinference.project.name openinference.span.kind operation.name peer.service prompt.id
    prompt.vendor reranker.model_name reranker.top_k room_id rpc.grpc.status_code rpc.method
    rpc.service rpc.system server.address server.port service.instance.id service.name
    service.namespace service.version session.id thread.id thread.name tool.id tool.name
    tool_call.function.name tool_call.id traceloop.entity.name traceloop.entity.path
    traceloop.entity.version traceloop.span.kind traceloop.workflow.name url.domain url.port
    url.scheme`,
  ],
  // Our own. Any other key under `voice.` counts as `metadata`: an application chose it.
  ['personal', ROOM_NAME],
  ['metadata', `${TENANT_ID} ${AGENT_OUTCOME} ${AGENT_STOP_REASON} ${SESSION_CLOSE_REASON}`],
  ['none', Object.values(HARMLESS_ATTR).join(' ')],

  // LiveKit (`telemetry/trace_types.ts`), the GenAI conventions with the spellings of earlier drafts.
  ['raw', 'lk.*'],
  ['rawOutput', 'gen_ai.completion.*'],
  ['raw', 'gen_ai.*'],
  // OpenInference (`spec/semantic_conventions.md`). What is not known of a message counts as text.
  ['inputMessage', 'llm.input_messages*', STRUCTURE],
  ['inputImage', 'llm.input_messages*', PICTURE],
  ['inputAudio', 'llm.input_messages*', SOUND],
  ['inputText', 'llm.input_messages*'],
  ['outputMessage', 'llm.output_messages*', STRUCTURE],
  ['outputImage', 'llm.output_messages*', PICTURE],
  ['outputAudio', 'llm.output_messages*', SOUND],
  ['outputText', 'llm.output_messages*'],
  ['embeddingVector', 'embedding.embeddings*', /embedding\.vector$/],
  ['embeddingText', 'embedding.embeddings*'],
  // Scores may be below any key.
  ['none', '*', SCORE],
  ['raw', '*', JUDGED],
  ['inputImage', 'input.images.*'],
  ['inputText', 'input.audio.transcript*'],
  ['inputAudio', 'input.audio.*'],
  ['inputValue', 'input.*'],
  ['outputImage', 'output.images.*'],
  ['outputText', 'output.audio.transcript*'],
  ['outputAudio', 'output.audio.*'],
  ['outputValue', 'output.*'],
  ['llmTools', 'llm.tools* llm.request.functions.*'],
  ['prompt', 'llm.prompts* llm.prompt_template.*'],
  ['choice', 'llm.choices*'],
  ['invocationParameters', 'llm.invocation_parameters.*'],
  ['rawInput', 'reranker.input_documents*'],
  ['rawOutput', 'reranker.* retrieval.*'],
  ['raw', 'llm.* document.* audio.* image.* video.* message.* message_content.*'],
  // Other tracers: the Vercel AI SDK, OpenLLMetry, Langfuse and LangSmith.
  ['rawOutput', 'ai.response.*'],
  ['metadata', 'ai.telemetry.metadata.* traceloop.association.properties.*'],
  ['prompt', 'traceloop.prompt.*'],
  ['rawOutput', 'langfuse.observation.output* langfuse.trace.output*'],
  ['raw', 'ai.* traceloop.* langfuse.* langsmith.*'],
  // OpenTelemetry's general conventions. Paths, queries, headers and statements carry what the
  // caller asked for, addresses show who asked, and applications put their own notes here too.
  ['exception', 'exception.*'],
  ['personal', 'client.* enduser.* user.* net.sock.peer.* net.peer.ip* network.peer.*'],
  ['rawInput', 'http.request.header.* url.* db.query.parameter.*'],
  ['rawOutput', 'http.response.header.*'],
  [
    'raw',
    'http.* db.* net.* network.* server.* code.* thread.* otel.* telemetry.* service.* deployment.*',
  ],
];

/**
 * Keys of ours under which the application may write text, and what of it is no text: LiveKit's
 * close reasons (`voice/events.ts`, `room`) and the values that this package writes.
 */
const HARMLESS_VALUES: ReadonlyMap<string, RegExp> = new Map([
  [
    SESSION_CLOSE_REASON,
    /^(?:connection_lost|error|job_shutdown|participant_disconnected|participant_removed|room_closed|room_deleted|sip_trunk_failure|user_initiated)$/,
  ],
  [AGENT_OUTCOME, /^(?:success|failure|abandoned|aborted|cancelled)$/],
  [AGENT_STOP_REASON, /^(?:completed|error(?:_[a-z_]{1,40})?|abandoned|aborted|cancelled)$/],
]);

/** Compiled with the first key that is asked for: the default policy asks for none. */
let classOf: ((key: string) => ContentClass | undefined) | undefined;
/** LiveKit's mark of a value that is about a person. It looks for the letters first: few keys have them. */
const MARK = /pii(?<=(?:^|\.)pii)(?=\.|$)/i;
const MARKS = /(?:^|\.)pii(?=\.|$)/gi;

/**
 * What the value under an attribute key reveals about the people on the call. Only this file
 * decides it.
 *
 * Fails closed: a key that nobody knows was chosen by the application and counts as `metadata`, and
 * a key with a `pii` segment is never `none`.
 */
export function classifyRawKey(key: string): ContentClass {
  const isMarked = isMarkedPii(key);
  classOf ??= compileRules();
  const content = classOf(isMarked ? key.replace(MARKS, '') : key) ?? 'metadata';
  return content === 'none' && isMarked ? 'raw' : content;
}

/** Whether LiveKit marks the key: its value is about a person, whatever it is. */
export function isMarkedPii(key: string): boolean {
  return MARK.test(key);
}

interface PrefixRule {
  readonly prefix: string;
  readonly content: ContentClass;
  readonly pattern: RegExp | undefined;
}

/**
 * Rules with `*` are filed under the first segment of their prefix, so that a key is compared with
 * few of them; one without a prefix goes into every file. Nothing is remembered of keys that were
 * asked for: those with indexes in them have no bound.
 */
function compileRules(): (key: string) => ContentClass | undefined {
  // A key is foreign text: `__proto__` and `constructor` must not find what an object inherits.
  const exact = new Map<string, ContentClass>();
  const general: PrefixRule[] = [];
  const bySegment = new Map([['', general]]);
  for (const [content, names, pattern] of KEY_RULES) {
    for (const key of names.split(/\s+/)) {
      if (!key.endsWith('*')) {
        if (!exact.has(key)) exact.set(key, content);
        continue;
      }
      const rule = { prefix: key.slice(0, -1), content, pattern };
      const segment = firstSegment(rule.prefix);
      if (!bySegment.has(segment)) bySegment.set(segment, [...general]);
      for (const [each, rules] of bySegment) {
        if (segment === '' || segment === each) rules.push(rule);
      }
    }
  }
  return (key) => {
    const known = exact.get(key);
    if (known !== undefined) return known;
    for (const { prefix, content, pattern } of bySegment.get(firstSegment(key)) ?? general) {
      if (key.startsWith(prefix) && pattern?.test(key) !== false) return content;
    }
    return undefined;
  };
}

function firstSegment(key: string): string {
  const dot = key.indexOf('.');
  return dot === -1 ? key : key.slice(0, dot);
}

/** Decides the class of one attribute of a span, event or link. */
export type Classify = (key: string, value: AttributeValue) => ContentClass;

/** The class of a span's attribute: that of its key, except for our own values. */
export const classifyAttribute: Classify = (key, value) =>
  typeof value === 'string' && HARMLESS_VALUES.get(key)?.test(value) === true
    ? 'none'
    : classifyRawKey(key);

/** Events of the GenAI conventions whose text has a key without meaning: `content`. */
const CONTENT_BY_EVENT: ReadonlyMap<string, ContentClass> = new Map([
  ['gen_ai.system.message', 'rawInput'],
  ['gen_ai.user.message', 'rawInput'],
  ['gen_ai.assistant.message', 'raw'],
  ['gen_ai.tool.message', 'raw'],
  ['gen_ai.choice', 'rawOutput'],
  ['gen_ai.content.prompt', 'raw'],
  ['gen_ai.content.completion', 'rawOutput'],
  ['gen_ai.client.inference.operation.details', 'raw'],
]);

/** Classes of an event's attributes: a key that nobody knows follows the event. */
export function classifyIn(event: string): Classify {
  const ofEvent = CONTENT_BY_EVENT.get(event);
  if (ofEvent === undefined) return classifyRawKey;
  return (key) => {
    const content = classifyRawKey(key);
    return content === 'metadata' ? ofEvent : content;
  };
}
