import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { TURN_LATENCY_FIELDS } from '../mapping/turn-latency.js';
import { CatalystAttr as C } from '../semconv/catalyst-attributes.js';
import type { MeasuredSpan } from '../session/session-statistics.js';

/** The attributes that a metric may have. */
// prettier-ignore
export type MetricAttribute =
  | 'tenant.id' | 'outcome' | 'error.type' | 'reason' | 'gen_ai.agent.name'
  | 'gen_ai.operation.name' | 'gen_ai.provider.name' | 'gen_ai.request.model'
  | 'gen_ai.token.type' | 'gen_ai.tool.name' | 'llm.call_site' | 'llm.model' | 'llm.provider'
  | 'llm.use_case' | 'voice.amd.category' | 'voice.component' | 'voice.participant.kind'
  | 'voice.session.close_reason' | 'voice.stt.model' | 'voice.stt.provider' | 'voice.turn.part';

export type InstrumentKind =
  'counter' | 'histogram' | 'upDownCounter' | 'observableCounter' | 'observableUpDownCounter';

/** An instrument as OpenTelemetry creates it, and as the documentation describes it. */
export interface Instrument {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** In UCUM. */
  readonly unit: string;
  readonly meaning: string;
  /** Names of the spans that it is made of; prose where it is made of no span. */
  readonly from: string;
  readonly attributes: readonly MetricAttribute[];
  /** Upper bounds of a histogram's buckets. */
  readonly boundaries?: readonly number[];
}

/** One way a span adds to an instrument. */
export interface SpanMeasurement {
  readonly instrument: Instrument;
  /** LiveKit's spans of these names; absent: every span of kind LLM. */
  readonly on?: readonly string[];
  readonly value: (span: MeasuredSpan) => number | undefined;
  /** An attribute that differs from another measurement of the same span. */
  readonly fixed?: readonly [MetricAttribute, string];
}

/** Seconds in steps that separate a good voice latency from a bad one: 50 ms to 30 s. */
const VOICE_SECONDS = [
  0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 30,
] as const;
/** Seconds of a whole session: 5 s to 4 h. */
const SESSION_SECONDS = [5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400] as const;
/** Bounds that OpenTelemetry's GenAI conventions ask for. */
const OPERATION_SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
] as const;

const TENANT = ['tenant.id'] as const;
const TURN = ['tenant.id', 'gen_ai.agent.name'] as const;
const SESSION: readonly MetricAttribute[] = [
  ...TURN,
  'outcome',
  'voice.session.close_reason',
  'voice.participant.kind',
];
const MODEL: readonly MetricAttribute[] = [
  ...TURN,
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
];
const MODEL_TOKENS: readonly MetricAttribute[] = [...MODEL, 'gen_ai.token.type'];
const SEED_TOKENS: readonly MetricAttribute[] = [
  ...TURN,
  'llm.provider',
  'llm.model',
  'llm.use_case',
  'llm.call_site',
  'outcome',
];
const TOOL: readonly MetricAttribute[] = [...TURN, 'gen_ai.tool.name'];
const SPEECH: readonly MetricAttribute[] = [
  ...TURN,
  'gen_ai.provider.name',
  'gen_ai.request.model',
];
const ROOT = '`voice.session` of `tracing.job`, else `agent_session`';
const CALL =
  '`llm_request`, `realtime_inference`, `realtime_metrics`, LLM spans of other instrumentations';
const DELIVERY = 'delivery of spans';

// prettier-ignore
type InstrumentName =
  | 'sessionsStarted' | 'sessionsActive' | 'sessionDuration' | 'sessionDurationMillis'
  | 'tokenUsage' | 'operationDuration' | 'timeToFirstToken' | 'inputTokens' | 'outputTokens'
  | 'e2eLatency' | 'turnLatency' | 'llmTtft' | 'ttsTtfb' | 'endOfTurnDelay' | 'transcriptionDelay'
  | 'interruptions' | 'toolCalls' | 'toolErrors' | 'toolDuration' | 'retries' | 'ttsCharacters'
  | 'sttAudio' | 'amdVerdicts' | 'spansExported' | 'spansDropped' | 'spansPending';

/** Every instrument. The table in `docs/metrics.md` is this one. */
// prettier-ignore
export const INSTRUMENTS: Readonly<Record<InstrumentName, Instrument>> = {
  sessionsStarted: { name: 'voice.sessions.started', kind: 'counter', unit: '{session}', from: ROOT, attributes: TENANT, meaning: 'Sessions that began' },
  sessionsActive: { name: 'voice.sessions.active', kind: 'upDownCounter', unit: '{session}', from: ROOT, attributes: TENANT, meaning: 'Sessions that are open' },
  sessionDuration: { name: 'voice.session.duration', kind: 'histogram', unit: 's', from: ROOT, attributes: SESSION, boundaries: SESSION_SECONDS, meaning: 'Length of a session' },
  sessionDurationMillis: { name: 'voice.session.duration_ms', kind: 'histogram', unit: 'ms', from: ROOT, attributes: SESSION, boundaries: SESSION_SECONDS.map((bound) => bound * 1000), meaning: 'The same in milliseconds; not with `metrics: { sessionDurationMillis: false }`' },
  tokenUsage: { name: 'gen_ai.client.token.usage', kind: 'histogram', unit: '{token}', from: CALL, attributes: MODEL_TOKENS, boundaries: TOKENS, meaning: 'Tokens of a model call, `input` and `output`' },
  operationDuration: { name: 'gen_ai.client.operation.duration', kind: 'histogram', unit: 's', from: CALL, attributes: [...MODEL, 'error.type'], boundaries: OPERATION_SECONDS, meaning: 'Length of a model call' },
  timeToFirstToken: { name: 'gen_ai.server.time_to_first_token', kind: 'histogram', unit: 's', from: CALL, attributes: MODEL, boundaries: FIRST_TOKEN_SECONDS, meaning: 'Time to the first token of a model call, as seen from here' },
  inputTokens: { name: 'llm.tokens.input', kind: 'counter', unit: '{token}', from: CALL, attributes: SEED_TOKENS, meaning: 'Tokens of the prompts' },
  outputTokens: { name: 'llm.tokens.output', kind: 'counter', unit: '{token}', from: CALL, attributes: SEED_TOKENS, meaning: 'Tokens of the completions' },
  e2eLatency: { name: 'voice.turn.e2e_latency', kind: 'histogram', unit: 's', from: '`agent_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of the user\'s speech to the first audio of the answer' },
  turnLatency: { name: 'voice.turn.latency', kind: 'histogram', unit: 's', from: '`agent_turn`', attributes: [...TURN, 'voice.turn.part'], boundaries: VOICE_SECONDS, meaning: 'The same, divided into its parts: `end_of_turn`, `on_user_turn_completed`, `llm_ttft`, `tool`, `sentence_wait`, `tts_ttfb`, `playout`' },
  llmTtft: { name: 'voice.turn.llm_ttft', kind: 'histogram', unit: 's', from: '`llm_node`, `realtime_inference`, `realtime_metrics`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'Time to the first token, as the turn saw it' },
  ttsTtfb: { name: 'voice.turn.tts_ttfb', kind: 'histogram', unit: 's', from: '`tts_node`', attributes: SPEECH, boundaries: VOICE_SECONDS, meaning: 'Time to the first audio' },
  endOfTurnDelay: { name: 'voice.turn.end_of_turn_delay', kind: 'histogram', unit: 's', from: '`user_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of speech to the decision that the turn is over' },
  transcriptionDelay: { name: 'voice.turn.transcription_delay', kind: 'histogram', unit: 's', from: '`user_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of speech to the final transcript' },
  interruptions: { name: 'voice.interruptions', kind: 'counter', unit: '{interruption}', from: '`agent_turn`', attributes: TURN, meaning: 'Answers that the user spoke over' },
  toolCalls: { name: 'voice.tool.calls', kind: 'counter', unit: '{call}', from: '`function_tool`', attributes: [...TOOL, 'outcome'], meaning: 'Tool calls' },
  toolErrors: { name: 'voice.tool.errors', kind: 'counter', unit: '{error}', from: '`function_tool`', attributes: TOOL, meaning: 'Tool calls that failed' },
  toolDuration: { name: 'voice.tool.duration', kind: 'histogram', unit: 's', from: '`function_tool`', attributes: [...TOOL, 'outcome'], boundaries: OPERATION_SECONDS, meaning: 'Length of a tool call' },
  retries: { name: 'voice.retries', kind: 'counter', unit: '{retry}', from: '`llm_request_run`, `tts_request_run`', attributes: [...TURN, 'voice.component'], meaning: 'Attempts after the first' },
  ttsCharacters: { name: 'voice.tts.characters', kind: 'counter', unit: '{character}', from: '`tts_request`', attributes: SPEECH, meaning: 'Characters spoken' },
  sttAudio: { name: 'voice.stt.audio_duration', kind: 'counter', unit: 's', from: '`agent_session` of an observed session', attributes: [...TURN, 'voice.stt.provider', 'voice.stt.model'], meaning: 'Speech that was recognised, counted when the session ends' },
  amdVerdicts: { name: 'voice.amd.verdicts', kind: 'counter', unit: '{verdict}', from: '`answering_machine_detection`', attributes: [...TENANT, 'voice.amd.category'], meaning: 'Results of answering machine detection' },
  spansExported: { name: 'catalyst.spans.exported', kind: 'observableCounter', unit: '{span}', from: DELIVERY, attributes: [], meaning: 'Spans that the collector took' },
  spansDropped: { name: 'catalyst.spans.dropped', kind: 'observableCounter', unit: '{span}', from: DELIVERY, attributes: ['reason'], meaning: 'Spans that were lost' },
  spansPending: { name: 'catalyst.spans.pending', kind: 'observableUpDownCounter', unit: '{span}', from: DELIVERY, attributes: [], meaning: 'Spans that wait' },
};

type Value = SpanMeasurement['value'];

function asSeconds(millis: number | undefined): number | undefined {
  return millis === undefined ? undefined : millis / 1000;
}

/** A latency that the span has in milliseconds. */
function seconds(key: string): Value {
  return (span) => asSeconds(span.number(key));
}

/** How long a span took. */
export function durationSeconds({ durationMillis }: MeasuredSpan): number {
  return durationMillis / 1000;
}

/** Tokens are on one span of each call. */
const promptTokens: Value = (span) => span.number(S.LLM_TOKEN_COUNT_PROMPT);
const completionTokens: Value = (span) => span.number(S.LLM_TOKEN_COUNT_COMPLETION);
const llmTtft = seconds(C.LLM_TTFT_MS);
/** The late metrics of a realtime call have what the span of the call lacks. */
const isFirstToken = (span: MeasuredSpan): boolean =>
  span.isModelCall || span.name === LiveKitSpan.REALTIME_METRICS;

/** The parts of a turn's latency that add up: the transcription is inside the end of the turn. */
const LATENCY_PARTS = TURN_LATENCY_FIELDS.filter(({ part }) => part !== 'transcriptionMillis').map(
  ({ to }): SpanMeasurement => ({
    instrument: INSTRUMENTS.turnLatency,
    on: [LiveKitSpan.AGENT_TURN],
    value: seconds(to),
    fixed: ['voice.turn.part', to.slice('voice.turn.'.length, -'_ms'.length)],
  }),
);

/** How each span adds to the instruments. */
// prettier-ignore
export const SPAN_MEASUREMENTS: readonly SpanMeasurement[] = [
  { instrument: INSTRUMENTS.tokenUsage, value: promptTokens, fixed: ['gen_ai.token.type', 'input'] },
  { instrument: INSTRUMENTS.tokenUsage, value: completionTokens, fixed: ['gen_ai.token.type', 'output'] },
  { instrument: INSTRUMENTS.inputTokens, value: promptTokens },
  { instrument: INSTRUMENTS.outputTokens, value: completionTokens },
  { instrument: INSTRUMENTS.operationDuration, value: (span) => (span.isModelCall ? durationSeconds(span) : undefined) },
  { instrument: INSTRUMENTS.timeToFirstToken, value: (span) => (isFirstToken(span) ? llmTtft(span) : undefined) },
  { instrument: INSTRUMENTS.e2eLatency, on: [LiveKitSpan.AGENT_TURN], value: seconds(C.E2E_LATENCY_MS) },
  ...LATENCY_PARTS,
  { instrument: INSTRUMENTS.llmTtft, on: [LiveKitSpan.LLM_NODE, LiveKitSpan.REALTIME_INFERENCE, LiveKitSpan.REALTIME_METRICS], value: llmTtft },
  { instrument: INSTRUMENTS.ttsTtfb, on: [LiveKitSpan.TTS_NODE], value: seconds(C.TTS_TTFB_MS) },
  { instrument: INSTRUMENTS.endOfTurnDelay, on: [LiveKitSpan.USER_TURN], value: seconds(C.END_OF_TURN_DELAY_MS) },
  { instrument: INSTRUMENTS.transcriptionDelay, on: [LiveKitSpan.USER_TURN], value: seconds(C.TRANSCRIPTION_DELAY_MS) },
  { instrument: INSTRUMENTS.interruptions, on: [LiveKitSpan.AGENT_TURN], value: ({ span }) => (span.get(C.INTERRUPTED) === true ? 1 : undefined) },
  { instrument: INSTRUMENTS.toolCalls, on: [LiveKitSpan.FUNCTION_TOOL], value: () => 1 },
  { instrument: INSTRUMENTS.toolErrors, on: [LiveKitSpan.FUNCTION_TOOL], value: ({ hasFailed }) => (hasFailed ? 1 : undefined) },
  { instrument: INSTRUMENTS.toolDuration, on: [LiveKitSpan.FUNCTION_TOOL], value: durationSeconds },
  { instrument: INSTRUMENTS.retries, on: [LiveKitSpan.LLM_REQUEST_RUN, 'tts_request_run'], value: (span) => ((span.number('lk.retry_count') ?? 0) > 0 ? 1 : undefined) },
  { instrument: INSTRUMENTS.ttsCharacters, on: [LiveKitSpan.TTS_REQUEST], value: (span) => span.number(C.TTS_CHARACTERS) },
  { instrument: INSTRUMENTS.sttAudio, on: [LiveKitSpan.AGENT_SESSION], value: ({ context }) => asSeconds(context.observed?.stt?.audioMillis) },
  { instrument: INSTRUMENTS.amdVerdicts, on: [LiveKitSpan.ANSWERING_MACHINE_DETECTION], value: ({ span }) => (span.get(C.AMD_CATEGORY) === undefined ? undefined : 1) },
];
