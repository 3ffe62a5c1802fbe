import type { AttributeValue } from '@opentelemetry/api';
import { Attr } from '../semconv/attribute-keys.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import type { ContentClass } from './content-rules.js';

/** Our own keys with text of a person, of a model or of the application; the others have none. */
const { ROOM_NAME, SESSION_CLOSE_REASON, TENANT_ID, ...HARMLESS_ATTR } = CatalystAttr;
const { AGENT_OUTCOME, AGENT_STOP_REASON } = Attr;

/**
 * Keys of one class: what they begin with, how they go on, and a pattern that they match. A name
 * that ends with `*` stands for all that begin so.
 */
export type KeyRule = readonly [
  content: ContentClass,
  prefix: string,
  names: string,
  pattern?: RegExp,
];

const STRUCTURE =
  /(?:message\.(?:role|name|tool_call_id|function_call_name)|message_content\.(?:type|id)|tool_call\.(?:id|function\.name)|mime_type)$/;
// A video shows what a picture shows, and the specification has no separate switch for it.
const PICTURE = /(?:image|video)\.url$/;
const SOUND = /audio\.url$/;
const SCORE =
  /(?:^|\.)(?:annotations?|evaluations?)\..{0,256}(?:annotation|evaluation)\.(?:name|label|score|identifier|annotator_kind)$/;
const JUDGED = /(?:^|\.)(?:annotations?|evaluations?)\./;

/**
 * The vocabularies whose keys may meet on one provider. Whole keys come before those with `*`; else
 * the first rule counts. Where a vocabulary is known, its other keys are `raw`.
 *
 * Backends rebuild OpenInference messages from raw attributes, so each follows the switches of what
 * it duplicates. A whole request, such as `gen_ai.prompt`, is `raw`: it repeats earlier answers.
 */
export const KEY_RULES: readonly KeyRule[] = [
  // LiveKit (`telemetry/trace_types.ts`), without the `pii` segment that marks content from 1.7.0.
  ['rawInput', 'lk.', 'user_input user_transcript instructions amd.transcript'],
  // LiveKit does not mark what a model wrote about the person who answered the phone.
  ['raw', 'lk.', 'chat_ctx amd.reason'],
  ['rawOutput', 'lk.', 'response.text response.function_calls input_text function_tool.output'],
  ['toolArguments', 'lk.', 'function_tool.arguments'],
  ['personal', 'lk.', 'participant_identity room_name'],
  ['llmTools', 'lk.', 'function_tools provider_tools tool_sets'],
  [
    'none',
    'lk.',
    `agent_label agent_name amd.category amd.delay amd.interrupt_on_machine amd.is_machine
    amd.speech_duration blocking.cause blocking.count blocking.cpu_time blocking.duration
    blocking.gc_time blocking.max_duration blocking.severity blocking.suppressed blocking.threshold
    blocking.total_duration cloud_agent_id deployment_id e2e_latency end_of_turn_delay end_time
    eou.detection_delay eou.endpointing_delay eou.from_cache eou.language eou.probability eou.source
    eou.unlikely_threshold function_tool.id function_tool.is_error function_tool.name generation_id
    interrupted interruption.detection_delay interruption.prediction_duration
    interruption.probability interruption.total_duration is_interruption job_id llm_metrics
    parent_generation_id participant_id participant_kind provider_request_ids
    realtime_model_metrics redaction.enabled response.ttfb response.ttft retry_count
    simulation.enabled simulation.job_id simulation.run_id speech_id start_time
    transcript_confidence transcription_delay tts.label tts.streaming tts_metrics`,
  ],
  // Put on the spans of a job by LiveKit Cloud's metadata processor.
  ['none', '', 'job_id room_id'],
  ['raw', 'lk.', '*'],

  // OpenTelemetry's GenAI conventions, with the spellings of earlier drafts and of OpenLLMetry.
  ['rawInput', 'gen_ai.', 'system_instructions agent.description retrieval.query.text'],
  ['rawInput', 'gen_ai.', 'memory.query.text'],
  ['rawOutput', 'gen_ai.', 'output.messages completion completion.* tool.call.result'],
  ['rawOutput', 'gen_ai.', 'tool.message retrieval.documents memory.records'],
  ['toolArguments', 'gen_ai.', 'tool.call.arguments'],
  ['toolDefinition', 'gen_ai.', 'tool.description'],
  ['llmTools', 'gen_ai.', 'tool.definitions'],
  ['personal', 'gen_ai.', 'user'],
  [
    'none',
    'gen_ai.',
    `agent.id agent.name agent.version conversation.id data_source.id embeddings.dimension.count
    evaluation.name evaluation.score.label evaluation.score.value operation.name output.type
    prompt.name prompt.version provider.name request.choice.count request.encoding_formats
    request.frequency_penalty request.max_tokens request.model request.presence_penalty request.seed
    request.stream request.temperature request.top_k request.top_p request.type
    response.finish_reason response.finish_reasons response.id response.model
    response.time_to_first_chunk system token.type tool.call.id tool.name tool.type workflow.name`,
  ],
  [
    'none',
    'gen_ai.usage.',
    `audio.input_tokens audio.output_tokens cache_creation.input_tokens cache_creation_input_tokens
    cache_read.input_tokens cache_read_input_tokens cache_write.input_tokens completion_tokens cost
    input_audio_tokens input_cached_tokens input_text_tokens input_tokens output_audio_tokens
    output_text_tokens output_tokens prompt_tokens reasoning.output_tokens reasoning_tokens
    text.input_tokens text.output_tokens total_tokens`,
  ],
  ['raw', 'gen_ai.', '*'],

  // OpenInference (`spec/semantic_conventions.md`). What is not known of a message counts as text.
  ['inputMessage', 'llm.', 'input_messages*', STRUCTURE],
  ['inputImage', 'llm.', 'input_messages*', PICTURE],
  ['inputAudio', 'llm.', 'input_messages*', SOUND],
  ['inputText', 'llm.', 'input_messages*'],
  ['outputMessage', 'llm.', 'output_messages*', STRUCTURE],
  ['outputImage', 'llm.', 'output_messages*', PICTURE],
  ['outputAudio', 'llm.', 'output_messages*', SOUND],
  ['outputText', 'llm.', 'output_messages* function_call'],
  ['embeddingVector', 'embedding.', 'vector'],
  ['embeddingVector', 'embedding.', 'embeddings*', /embedding\.vector$/],
  ['embeddingText', 'embedding.', 'embeddings* text'],
  // Scores may be below any key.
  ['none', '', '*', SCORE],
  ['raw', '', '*', JUDGED],
  ['inputMimeType', 'input.', 'mime_type'],
  ['inputImage', 'input.', 'images images.*'],
  ['inputText', 'input.', 'audio.transcript*'],
  ['inputAudio', 'input.', 'audio.*'],
  ['inputValue', 'input.', '*'],
  ['outputMimeType', 'output.', 'mime_type'],
  ['outputImage', 'output.', 'images images.*'],
  ['outputText', 'output.', 'audio.transcript*'],
  ['outputAudio', 'output.', 'audio.*'],
  ['outputValue', 'output.', '*'],
  ['llmTools', 'llm.', 'tools* request.functions.*'],
  ['prompt', 'llm.', 'prompts* prompt_template.*'],
  ['choice', 'llm.', 'choices*'],
  ['invocationParameters', 'llm.', 'invocation_parameters invocation_parameters.*'],
  ['invocationParameters', 'embedding.', 'invocation_parameters'],
  ['personal', 'llm.', 'user'],
  ['rawInput', '', 'llm.headers reranker.query reranker.input_documents*'],
  ['rawOutput', '', 'reranker.* retrieval.*'],
  ['toolArguments', '', 'tool.parameters tool_call.function.arguments'],
  ['toolDefinition', 'tool.', 'description json_schema'],
  ['metadata', '', 'metadata tag.tags'],
  [
    'none',
    'llm.',
    `call_site cost.completion cost.completion_details.audio cost.completion_details.output
    cost.completion_details.reasoning cost.prompt cost.prompt_details.audio
    cost.prompt_details.cache_input cost.prompt_details.cache_read cost.prompt_details.cache_write
    cost.prompt_details.input cost.total finish_reason is_streaming model_name
    prompt_template.version provider request.model_name request.type response.model_name system
    token_count.completion token_count.completion_details.audio
    token_count.completion_details.reasoning token_count.prompt token_count.prompt_details.audio
    token_count.prompt_details.cache_input token_count.prompt_details.cache_read
    token_count.prompt_details.cache_write token_count.total usage.cache_creation_input_tokens
    usage.cache_read_input_tokens usage.completion_tokens usage.prompt_tokens
    usage.reasoning_tokens usage.total_tokens use_case`,
  ],
  [
    'none',
    '',
    `agent.name embedding.model_name graph.node.id graph.node.name graph.node.parent_id
    openinference.project.name openinference.span.kind prompt.id prompt.vendor reranker.model_name
    reranker.top_k session.id tool.id tool.name tool_call.function.name tool_call.id`,
  ],
  ['raw', '', 'llm.* document.* audio.* image.* video.* message.* message_content.*'],

  // Other tracers: the Vercel AI SDK, OpenLLMetry, Langfuse and LangSmith.
  ['llmTools', 'ai.', 'prompt.tools prompt.toolChoice'],
  ['toolArguments', 'ai.', 'toolCall.args toolCall.input'],
  ['rawOutput', 'ai.', 'toolCall.result toolCall.output response.*'],
  ['embeddingText', 'ai.', 'value values'],
  ['embeddingVector', 'ai.', 'embedding embeddings'],
  ['personal', '', 'ai.telemetry.metadata.userId traceloop.association.properties.user_id'],
  ['personal', 'langfuse.', 'trace.user_id user.id'],
  ['metadata', '', 'ai.telemetry.metadata.* traceloop.association.properties.*'],
  ['prompt', 'traceloop.', 'prompt.*'],
  ['rawOutput', '', 'traceloop.entity.output langfuse.observation.output* langfuse.trace.output*'],
  [
    'none',
    'ai.',
    `model.id model.provider operationId response.avgCompletionTokensPerSecond
    response.avgOutputTokensPerSecond response.finishReason response.id response.model
    response.msToFinish response.msToFirstChunk response.timestamp settings.maxOutputTokens
    settings.maxRetries settings.maxSteps settings.maxTokens settings.mode settings.temperature
    settings.topK settings.topP telemetry.functionId toolCall.id toolCall.name
    usage.cachedInputTokens usage.completionTokens usage.inputTokenDetails.cacheReadTokens
    usage.inputTokenDetails.cacheWriteTokens usage.inputTokenDetails.noCacheTokens
    usage.inputTokens usage.outputTokenDetails.reasoningTokens usage.outputTokenDetails.textTokens
    usage.outputTokens usage.promptTokens usage.reasoningTokens usage.tokens usage.totalTokens`,
  ],
  [
    'none',
    '',
    `anthropic.message.stop_reason anthropic.request.id anthropic.response.service_tier
    langfuse.environment langfuse.observation.completion_start_time langfuse.observation.level
    langfuse.observation.model.name langfuse.observation.type langfuse.release langfuse.session.id
    langfuse.version langsmith.span.kind operation.name traceloop.entity.name traceloop.entity.path
    traceloop.entity.version traceloop.span.kind traceloop.workflow.name`,
  ],
  ['raw', '', 'ai.* traceloop.* langfuse.* langsmith.*'],

  // OpenTelemetry's general conventions. Paths, queries, headers and statements carry what the
  // caller asked for, addresses show who asked, and applications put their own notes here too.
  ['exception', '', 'exception.* error.message error.stack otel.status_description'],
  ['personal', '', 'client.* enduser.* user.* http.user_agent user_agent.original http.client_ip'],
  ['personal', '', 'net.sock.peer.* net.peer.ip* network.peer.*'],
  ['rawInput', '', 'http.url http.target http.route.params http.request.header.* url.*'],
  ['rawInput', '', 'db.statement db.query.text db.query.parameter.*'],
  ['rawInput', 'graphql.', 'document source'],
  ['rawOutput', 'http.', 'response.header.*'],
  [
    'none',
    '',
    `code.column code.column.number code.file.path code.filepath code.function code.function.name
    code.line.number code.lineno code.namespace component db.collection.name db.name db.namespace
    db.operation db.operation.name db.system db.system.name deployment.environment
    deployment.environment.name deployment.id deployment.name deployment.status error.type
    exception.escaped exception.type http.flavor http.host http.method http.request.body.size
    http.request.method http.request.resend_count http.request_content_length
    http.request_content_length_uncompressed http.response.body.size http.response.status_code
    http.response_content_length http.response_content_length_uncompressed http.route http.scheme
    http.status_code http.status_text net.host.carrier.icc net.host.carrier.mcc net.host.carrier.mnc
    net.host.carrier.name net.host.connection.subtype net.host.connection.type net.host.ip
    net.host.name net.host.port net.peer.name net.peer.port net.protocol.name net.protocol.version
    net.sock.family net.sock.host.addr net.sock.host.port net.transport network.carrier.icc
    network.carrier.mcc network.carrier.mnc network.carrier.name network.connection.state
    network.connection.subtype network.connection.type network.interface.name network.io.direction
    network.local.address network.local.port network.protocol.name network.protocol.version
    network.transport network.type otel.component.name otel.component.type otel.event.name
    otel.library.name otel.library.version otel.scope.name otel.scope.schema_url otel.scope.version
    otel.span.parent.origin otel.span.sampling_result otel.status_code peer.service
    rpc.grpc.status_code rpc.method rpc.service rpc.system server.address server.port
    service.criticality service.instance.id service.name service.namespace service.peer.name
    service.peer.namespace service.version telemetry.auto.version telemetry.distro.name
    telemetry.distro.version telemetry.sdk.language telemetry.sdk.name telemetry.sdk.version
    thread.id thread.name url.domain url.port url.scheme`,
  ],
  ['raw', '', 'http.* db.* net.* network.* server.* code.* thread.* otel.* telemetry.*'],
  ['raw', '', 'service.* deployment.*'],

  // Our own. Any other key under `voice.` counts as `metadata`: an application chose it.
  ['personal', '', `${ROOM_NAME} room.name participant.identity`],
  ['metadata', '', `${TENANT_ID} ${AGENT_OUTCOME} ${AGENT_STOP_REASON} ${SESSION_CLOSE_REASON}`],
  ['none', 'agent.', 'finalized id llm_call_count role tool_call_count'],
  ['none', '', Object.values(HARMLESS_ATTR).join(' ')],
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
  for (const [content, beginning, names, pattern] of KEY_RULES) {
    for (const name of names.split(/\s+/)) {
      const key = beginning + name;
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
