import type { AttributeValue } from '@opentelemetry/api';
import { CatalystAttr as C } from '../semconv/catalyst-attributes.js';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import { LiveKitSpan } from './livekit-spans.js';
import type { SttUsage } from './mapping-context.js';
import { asFiniteNumber, asRecord, asText, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

/** How a source is read: its unit there, and what an unknown looks like. */
type VoiceRead = 'seconds' | 'positiveMillis' | 'amount' | 'text' | 'flag';

/** One voice attribute: the key it is sent under, and where it is read from. */
export interface VoiceField {
  readonly to: string;
  readonly from: string;
  readonly read: VoiceRead;
  /** The only span on which the source means this. */
  readonly on?: string;
}

/**
 * Durations are milliseconds throughout: LiveKit mixes seconds (`lk.response.*`, `lk.e2e_latency`,
 * `lk.blocking.*`, `lk.interruption.*`) and milliseconds (`lk.eou.*`, `lk.*_delay`, `lk.amd.*`, and
 * the `…Ms` of its metrics JSON). The table of docs/voice.md is this one.
 */
export const VOICE_FIELDS: readonly VoiceField[] = [
  { to: C.LLM_TTFT_MS, from: 'lk.response.ttft', read: 'seconds' },
  { to: C.LLM_TTFT_MS, from: GenAiAttr.TIME_TO_FIRST_CHUNK, read: 'seconds' },
  { to: C.TTS_TTFB_MS, from: 'lk.response.ttfb', read: 'seconds' },
  { to: C.E2E_LATENCY_MS, from: 'lk.e2e_latency', read: 'seconds' },
  { to: C.END_OF_TURN_DELAY_MS, from: 'lk.end_of_turn_delay', read: 'positiveMillis' },
  { to: C.TRANSCRIPTION_DELAY_MS, from: 'lk.transcription_delay', read: 'positiveMillis' },
  { to: C.TRANSCRIPT_CONFIDENCE, from: 'lk.transcript_confidence', read: 'amount' },
  { to: C.ENDPOINTING_DELAY_MS, from: 'lk.eou.endpointing_delay', read: 'amount' },
  { to: C.EOU_PROBABILITY, from: 'lk.eou.probability', read: 'amount' },
  { to: C.EOU_DETECTION_DELAY_MS, from: 'lk.eou.detection_delay', read: 'amount' },
  { to: C.STT_MODEL, from: GenAiAttr.REQUEST_MODEL, read: 'text', on: LiveKitSpan.USER_TURN },
  { to: C.STT_PROVIDER, from: GenAiAttr.PROVIDER_NAME, read: 'text', on: LiveKitSpan.USER_TURN },
  { to: C.TTS_MODEL, from: GenAiAttr.REQUEST_MODEL, read: 'text', on: LiveKitSpan.TTS_NODE },
  { to: C.TTS_PROVIDER, from: GenAiAttr.PROVIDER_NAME, read: 'text', on: LiveKitSpan.TTS_NODE },
  { to: C.INTERRUPTED, from: LiveKitAttr.INTERRUPTED, read: 'flag' },
  { to: C.INTERRUPTION_DETECTED, from: 'lk.is_interruption', read: 'flag' },
  { to: C.INTERRUPTION_PROBABILITY, from: 'lk.interruption.probability', read: 'amount' },
  { to: C.INTERRUPTION_TOTAL_DURATION_MS, from: 'lk.interruption.total_duration', read: 'seconds' },
  {
    to: C.INTERRUPTION_PREDICTION_DURATION_MS,
    from: 'lk.interruption.prediction_duration',
    read: 'seconds',
  },
  {
    to: C.INTERRUPTION_DETECTION_DELAY_MS,
    from: 'lk.interruption.detection_delay',
    read: 'seconds',
  },
  { to: C.AMD_CATEGORY, from: LiveKitAttr.AMD_CATEGORY, read: 'text' },
  { to: C.AMD_IS_MACHINE, from: 'lk.amd.is_machine', read: 'flag' },
  { to: C.AMD_SPEECH_DURATION_MS, from: 'lk.amd.speech_duration', read: 'amount' },
  { to: C.AMD_DELAY_MS, from: 'lk.amd.delay', read: 'amount' },
  { to: C.EVENT_LOOP_BLOCKED_MS, from: 'lk.blocking.duration', read: 'seconds' },
  { to: C.EVENT_LOOP_BLOCKED_COUNT, from: 'lk.blocking.count', read: 'amount' },
  { to: C.EVENT_LOOP_BLOCKED_TOTAL_MS, from: 'lk.blocking.total_duration', read: 'seconds' },
  { to: C.EVENT_LOOP_BLOCKED_MAX_MS, from: 'lk.blocking.max_duration', read: 'seconds' },
];

/** Inside LiveKit's metrics JSON (`metrics/base.ts`). */
export const TTS_METRICS_FIELDS: readonly VoiceField[] = [
  { to: C.TTS_TTFB_MS, from: 'ttfbMs', read: 'positiveMillis' },
  { to: C.TTS_CHARACTERS, from: 'charactersCount', read: 'amount' },
  { to: C.TTS_AUDIO_DURATION_MS, from: 'audioDurationMs', read: 'amount' },
];
export const LLM_METRICS_FIELDS: readonly VoiceField[] = [
  { to: C.LLM_TTFT_MS, from: 'ttftMs', read: 'positiveMillis' },
  { to: C.LLM_TOKENS_PER_SECOND, from: 'tokensPerSecond', read: 'amount' },
];
/** Inside `metadata` of the metrics JSON: the only place with the model of a `tts_request`. */
export const TTS_METADATA_FIELDS: readonly VoiceField[] = [
  { to: C.TTS_MODEL, from: 'modelName', read: 'text' },
  { to: C.TTS_PROVIDER, from: 'modelProvider', read: 'text' },
];

const FIELDS_BY_SOURCE = new Map<string, VoiceField[]>();
for (const field of VOICE_FIELDS) {
  const fields = FIELDS_BY_SOURCE.get(field.from);
  if (fields === undefined) FIELDS_BY_SOURCE.set(field.from, [field]);
  else fields.push(field);
}

/**
 * Puts the voice attributes of a LiveKit span. What the session's events say of speech recognition
 * goes first: there the span has the label of the STT, and the events its model.
 */
export function putVoice(mapping: SpanMapping): void {
  const { raw, name } = mapping;
  const { stt, ttsMetrics, tokensBelow } = mapping.context;
  if (stt !== undefined) putSttUsage(mapping, stt);
  for (const key in raw) {
    const fields = FIELDS_BY_SOURCE.get(key);
    if (fields === undefined) continue;
    for (const { to, read, on } of fields) {
      if (on === undefined || on === name) mapping.put(to, READERS[read](raw[key]));
    }
  }
  if (ttsMetrics !== undefined) {
    putFrom(mapping, TTS_METADATA_FIELDS, asRecord(ttsMetrics['metadata']));
    // A stream adapter repeats the metrics of the requests that it made: those have them.
    if (!tokensBelow) putFrom(mapping, TTS_METRICS_FIELDS, ttsMetrics);
  }
  putFrom(mapping, LLM_METRICS_FIELDS, mapping.modelMetrics());
}

function putSttUsage(mapping: SpanMapping, stt: SttUsage): void {
  // The session's total has another key: backends would add the turns to it.
  if (mapping.name === LiveKitSpan.AGENT_SESSION) {
    return mapping.put(C.SESSION_STT_AUDIO_DURATION_MS, stt.audioMillis);
  }
  mapping.put(C.STT_AUDIO_DURATION_MS, stt.audioMillis);
  mapping.put(C.STT_MODEL, stt.model);
  mapping.put(C.STT_PROVIDER, stt.provider);
}

function putFrom(
  mapping: SpanMapping,
  fields: readonly VoiceField[],
  source: JsonRecord | undefined,
): void {
  for (const { to, from, read } of fields) {
    const value = source?.[from];
    if (value !== undefined) mapping.put(to, READERS[read](value));
  }
}

/** A value in the unit of its key; `undefined` when it is of another type, or LiveKit's unknown. */
const READERS: Readonly<Record<VoiceRead, (value: unknown) => AttributeValue | undefined>> = {
  text: asText,
  amount: asAmount,
  positiveMillis: (value) => {
    const millis = asFiniteNumber(value);
    return millis !== undefined && millis > 0 ? millis : undefined;
  },
  seconds: (value) => {
    const seconds = asAmount(value);
    // To the microsecond: beyond it, the float's own noise would be sent.
    return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e3;
  },
  flag: asFlag,
};

/** No duration, count or probability is below zero: LiveKit and its plugins write -1 for unknown. */
function asAmount(value: unknown): number | undefined {
  const amount = asFiniteNumber(value);
  return amount !== undefined && amount >= 0 ? amount : undefined;
}

/** `lk.is_interruption` is the string "true" or "false". */
function asFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}
