import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
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

type Value = (span: MeasuredSpan) => number | undefined;

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
  /** LiveKit's spans that add to it; absent: every span of kind LLM. */
  readonly on?: readonly string[];
  /** What such a span adds. */
  readonly value?: Value;
  /** The same for each value of one of its attributes. */
  readonly parts?: {
    readonly of: MetricAttribute;
    readonly values: Readonly<Record<string, Value>>;
  };
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

/** A latency that the span has in milliseconds. */
function seconds(key: string): Value {
  return (span) => asSeconds(span.number(key));
}

function asSeconds(millis: number | undefined): number | undefined {
  return millis === undefined ? undefined : millis / 1000;
}

function durationSeconds({ durationMillis }: MeasuredSpan): number {
  return durationMillis / 1000;
}

function callSeconds(span: MeasuredSpan): number | undefined {
  return span.isModelCall ? durationSeconds(span) : undefined;
}

/** Tokens are on one span of each call. */
const promptTokens: Value = (span) => span.number(S.LLM_TOKEN_COUNT_PROMPT);
const completionTokens: Value = (span) => span.number(S.LLM_TOKEN_COUNT_COMPLETION);
const llmTtft = seconds(C.LLM_TTFT_MS);

/** The late metrics of a realtime call have what the span of the call lacks. */
function firstToken(span: MeasuredSpan): number | undefined {
  const isOfCall = span.isModelCall || span.name === LiveKitSpan.REALTIME_METRICS;
  return isOfCall ? llmTtft(span) : undefined;
}

/** The parts of a turn's latency that add up: the transcription is inside the end of the turn. */
const LATENCY_PARTS = Object.fromEntries(
  Object.values(C)
    .filter((key) => key.startsWith('voice.turn.') && key !== C.TURN_TRANSCRIPTION_MS)
    .map((key) => [key.slice('voice.turn.'.length, -'_ms'.length), seconds(key)]),
);

const TURNS = [LiveKitSpan.AGENT_TURN];
const TOOLS = [LiveKitSpan.FUNCTION_TOOL];

/** Of sessions, whether each is an `agent_session` or a job. */
// prettier-ignore
export const SESSION_INSTRUMENTS: Readonly<Record<'started' | 'active' | 'duration' | 'durationMillis', Instrument>> = {
  started: { name: 'voice.sessions.started', kind: 'counter', unit: '{session}', from: ROOT, attributes: TENANT, meaning: 'Sessions that began' },
  active: { name: 'voice.sessions.active', kind: 'upDownCounter', unit: '{session}', from: ROOT, attributes: TENANT, meaning: 'Sessions that are open' },
  duration: { name: 'voice.session.duration', kind: 'histogram', unit: 's', from: ROOT, attributes: SESSION, boundaries: SESSION_SECONDS, meaning: 'Length of a session', value: durationSeconds },
  durationMillis: { name: 'voice.session.duration_ms', kind: 'histogram', unit: 'ms', from: ROOT, attributes: SESSION, boundaries: SESSION_SECONDS.map((bound) => bound * 1000), meaning: 'The same in milliseconds; not with `metrics: { sessionDurationMillis: false }`', value: (span) => span.durationMillis },
};

/** What each span adds when it was sent. */
// prettier-ignore
export const SPAN_INSTRUMENTS: readonly Instrument[] = [
  { name: 'gen_ai.client.token.usage', kind: 'histogram', unit: '{token}', from: CALL, attributes: MODEL_TOKENS, boundaries: TOKENS, meaning: 'Tokens of a model call, `input` and `output`', parts: { of: 'gen_ai.token.type', values: { input: promptTokens, output: completionTokens } } },
  { name: 'gen_ai.client.operation.duration', kind: 'histogram', unit: 's', from: CALL, attributes: [...MODEL, 'error.type'], boundaries: OPERATION_SECONDS, meaning: 'Length of a model call', value: callSeconds },
  { name: 'gen_ai.server.time_to_first_token', kind: 'histogram', unit: 's', from: CALL, attributes: MODEL, boundaries: FIRST_TOKEN_SECONDS, meaning: 'Time to the first token of a model call, as seen from here', value: firstToken },
  { name: 'llm.tokens.input', kind: 'counter', unit: '{token}', from: CALL, attributes: SEED_TOKENS, meaning: 'Tokens of the prompts', value: promptTokens },
  { name: 'llm.tokens.output', kind: 'counter', unit: '{token}', from: CALL, attributes: SEED_TOKENS, meaning: 'Tokens of the completions', value: completionTokens },
  { name: 'voice.turn.e2e_latency', kind: 'histogram', unit: 's', from: '`agent_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of the user\'s speech to the first audio of the answer', on: TURNS, value: seconds(C.E2E_LATENCY_MS) },
  { name: 'voice.turn.latency', kind: 'histogram', unit: 's', from: '`agent_turn`', attributes: [...TURN, 'voice.turn.part'], boundaries: VOICE_SECONDS, meaning: 'The same, divided into its parts: `end_of_turn`, `on_user_turn_completed`, `llm_ttft`, `tool`, `sentence_wait`, `tts_ttfb`, `playout`', on: TURNS, parts: { of: 'voice.turn.part', values: LATENCY_PARTS } },
  { name: 'voice.turn.llm_ttft', kind: 'histogram', unit: 's', from: '`llm_node`, `realtime_inference`, `realtime_metrics`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'Time to the first token, as the turn saw it', on: [LiveKitSpan.LLM_NODE, LiveKitSpan.REALTIME_INFERENCE, LiveKitSpan.REALTIME_METRICS], value: llmTtft },
  { name: 'voice.turn.tts_ttfb', kind: 'histogram', unit: 's', from: '`tts_node`', attributes: SPEECH, boundaries: VOICE_SECONDS, meaning: 'Time to the first audio', on: [LiveKitSpan.TTS_NODE], value: seconds(C.TTS_TTFB_MS) },
  { name: 'voice.turn.end_of_turn_delay', kind: 'histogram', unit: 's', from: '`user_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of speech to the decision that the turn is over', on: [LiveKitSpan.USER_TURN], value: seconds(C.END_OF_TURN_DELAY_MS) },
  { name: 'voice.turn.transcription_delay', kind: 'histogram', unit: 's', from: '`user_turn`', attributes: TURN, boundaries: VOICE_SECONDS, meaning: 'From the end of speech to the final transcript', on: [LiveKitSpan.USER_TURN], value: seconds(C.TRANSCRIPTION_DELAY_MS) },
  { name: 'voice.interruptions', kind: 'counter', unit: '{interruption}', from: '`agent_turn`', attributes: TURN, meaning: 'Answers that the user spoke over', on: TURNS, value: ({ span }) => (span.get(C.INTERRUPTED) === true ? 1 : undefined) },
  { name: 'voice.tool.calls', kind: 'counter', unit: '{call}', from: '`function_tool`', attributes: [...TOOL, 'outcome'], meaning: 'Tool calls', on: TOOLS, value: () => 1 },
  { name: 'voice.tool.errors', kind: 'counter', unit: '{error}', from: '`function_tool`', attributes: TOOL, meaning: 'Tool calls that failed', on: TOOLS, value: ({ hasFailed }) => (hasFailed ? 1 : undefined) },
  { name: 'voice.tool.duration', kind: 'histogram', unit: 's', from: '`function_tool`', attributes: [...TOOL, 'outcome'], boundaries: OPERATION_SECONDS, meaning: 'Length of a tool call', on: TOOLS, value: durationSeconds },
  { name: 'voice.retries', kind: 'counter', unit: '{retry}', from: '`llm_request_run`, `tts_request_run`', attributes: [...TURN, 'voice.component'], meaning: 'Attempts after the first', on: [LiveKitSpan.LLM_REQUEST_RUN, 'tts_request_run'], value: (span) => ((span.number('lk.retry_count') ?? 0) > 0 ? 1 : undefined) },
  { name: 'voice.tts.characters', kind: 'counter', unit: '{character}', from: '`tts_request`', attributes: SPEECH, meaning: 'Characters spoken', on: [LiveKitSpan.TTS_REQUEST], value: (span) => span.number(C.TTS_CHARACTERS) },
  { name: 'voice.stt.audio_duration', kind: 'counter', unit: 's', from: '`agent_session` of an observed session', attributes: [...TURN, 'voice.stt.provider', 'voice.stt.model'], meaning: 'Speech that was recognised, counted when the session ends', on: [LiveKitSpan.AGENT_SESSION], value: ({ context }) => asSeconds(context.stt?.audioMillis) },
  { name: 'voice.amd.verdicts', kind: 'counter', unit: '{verdict}', from: '`answering_machine_detection`', attributes: [...TENANT, 'voice.amd.category'], meaning: 'Results of answering machine detection', on: [LiveKitSpan.ANSWERING_MACHINE_DETECTION], value: ({ span }) => (span.get(C.AMD_CATEGORY) === undefined ? undefined : 1) },
];

// prettier-ignore
export const DELIVERY_INSTRUMENTS: Readonly<Record<'exported' | 'dropped' | 'pending', Instrument>> = {
  exported: { name: 'catalyst.spans.exported', kind: 'observableCounter', unit: '{span}', from: DELIVERY, attributes: [], meaning: 'Spans that the collector took' },
  dropped: { name: 'catalyst.spans.dropped', kind: 'observableCounter', unit: '{span}', from: DELIVERY, attributes: ['reason'], meaning: 'Spans that were lost' },
  pending: { name: 'catalyst.spans.pending', kind: 'observableUpDownCounter', unit: '{span}', from: DELIVERY, attributes: [], meaning: 'Spans that wait' },
};

/** Every instrument. The table in `docs/metrics.md` is this one. */
export const INSTRUMENTS: readonly Instrument[] = [
  ...Object.values(SESSION_INSTRUMENTS),
  ...SPAN_INSTRUMENTS,
  ...Object.values(DELIVERY_INSTRUMENTS),
];
