import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MeasuredKey, MeasuredSpan } from '../session/measured-span.js';
import { isModelCall } from '../session/model-call-span.js';
import type { SpanMeasurement } from './metric-row.js';
import { INSTRUMENTS as I } from './metric-table.js';

type Value = SpanMeasurement['value'];

const TOKEN_TYPE = 'gen_ai.token.type';

/** A latency that stands on the span in milliseconds. */
function seconds(key: MeasuredKey): Value {
  return (span) => {
    const millis = span.number(key);
    return millis === undefined ? undefined : millis / 1000;
  };
}

/** Tokens stand on one span of each call. */
function tokens(key: MeasuredKey): Value {
  return (span) => span.number(key);
}

function countWhen(applies: (span: MeasuredSpan) => boolean): Value {
  return (span) => (applies(span) ? 1 : undefined);
}

/** How long a span took. */
export function durationSeconds({ durationMillis }: MeasuredSpan): number {
  return durationMillis / 1000;
}

const promptTokens = tokens(S.LLM_TOKEN_COUNT_PROMPT);
const completionTokens = tokens(S.LLM_TOKEN_COUNT_COMPLETION);
/** The late metrics of a realtime call have what the span of the call lacks. */
const isFirstToken = (span: MeasuredSpan): boolean =>
  isModelCall(span) || span.name === LiveKitSpan.REALTIME_METRICS;

/** How each span adds to the instruments. */
export const SPAN_MEASUREMENTS: readonly SpanMeasurement[] = [
  { instrument: I.tokenUsage, value: promptTokens, fixed: [TOKEN_TYPE, 'input'] },
  { instrument: I.tokenUsage, value: completionTokens, fixed: [TOKEN_TYPE, 'output'] },
  { instrument: I.inputTokens, value: promptTokens },
  { instrument: I.outputTokens, value: completionTokens },
  {
    instrument: I.operationDuration,
    value: (span) => (isModelCall(span) ? durationSeconds(span) : undefined),
  },
  {
    instrument: I.timeToFirstToken,
    value: (span) => (isFirstToken(span) ? seconds('voice.llm.ttft_ms')(span) : undefined),
  },
  {
    instrument: I.e2eLatency,
    on: [LiveKitSpan.AGENT_TURN],
    value: seconds('voice.e2e_latency_ms'),
  },
  {
    instrument: I.llmTtft,
    on: [LiveKitSpan.LLM_NODE, LiveKitSpan.REALTIME_INFERENCE, LiveKitSpan.REALTIME_METRICS],
    value: seconds('voice.llm.ttft_ms'),
  },
  { instrument: I.ttsTtfb, on: [LiveKitSpan.TTS_NODE], value: seconds('voice.tts.ttfb_ms') },
  {
    instrument: I.endOfTurnDelay,
    on: [LiveKitSpan.USER_TURN],
    value: seconds('voice.end_of_turn_delay_ms'),
  },
  {
    instrument: I.transcriptionDelay,
    on: [LiveKitSpan.USER_TURN],
    value: seconds('voice.transcription_delay_ms'),
  },
  {
    instrument: I.interruptions,
    on: [LiveKitSpan.AGENT_TURN],
    value: countWhen((span) => span.isTrue('voice.interrupted')),
  },
  { instrument: I.toolCalls, on: [LiveKitSpan.FUNCTION_TOOL], value: () => 1 },
  {
    instrument: I.toolErrors,
    on: [LiveKitSpan.FUNCTION_TOOL],
    value: countWhen(({ hasFailed }) => hasFailed),
  },
  { instrument: I.toolDuration, on: [LiveKitSpan.FUNCTION_TOOL], value: durationSeconds },
  {
    instrument: I.retries,
    on: [LiveKitSpan.LLM_REQUEST_RUN, 'tts_request_run'],
    value: countWhen((span) => (span.number('lk.retry_count') ?? 0) > 0),
  },
  {
    instrument: I.ttsCharacters,
    on: [LiveKitSpan.TTS_REQUEST],
    value: (span) => span.number('voice.tts.characters'),
  },
  {
    instrument: I.sttAudio,
    on: [LiveKitSpan.AGENT_SESSION],
    value: ({ context }) => {
      const millis = context.observed?.stt?.audioMillis;
      return millis === undefined ? undefined : millis / 1000;
    },
  },
  {
    instrument: I.amdVerdicts,
    on: [LiveKitSpan.ANSWERING_MACHINE_DETECTION],
    value: countWhen((span) => span.has('voice.amd.category')),
  },
];
