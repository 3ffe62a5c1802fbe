import type { AttributeValue } from '@opentelemetry/api';
import { asFiniteNumber, asText, isRecord, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import {
  LLM_METRICS_FIELDS,
  TTS_METADATA_FIELDS,
  TTS_METRICS_FIELDS,
  VOICE_FIELDS,
  type VoiceField,
  type VoiceRead,
} from './voice-fields.js';

const TTS_METRICS = 'lk.tts_metrics';
/** Fields of the table by the key they read. */
const FIELDS_BY_SOURCE: ReadonlyMap<string, readonly VoiceField[]> = bySource(VOICE_FIELDS);
const LLM_METRICS = ['lk.llm_metrics', 'lk.realtime_model_metrics'] as const;

/**
 * Puts the voice figures of a LiveKit span; `countedBelow` when a span below has the same speech.
 * `knownBetter` are keys that somebody else puts.
 */
export function putVoiceFields(
  mapping: SpanMapping,
  spanName: string,
  countedBelow: boolean,
  knownBetter: readonly string[],
): void {
  const raw = mapping.raw;
  for (const key in raw) {
    const fields = FIELDS_BY_SOURCE.get(key);
    if (fields === undefined) continue;
    const value = raw[key];
    for (const field of fields) {
      if (field.on?.includes(spanName) === false || knownBetter.includes(field.to)) continue;
      if (field.unless !== undefined && raw[field.unless] !== undefined) continue;
      mapping.put(field.to, READERS[field.read](value));
    }
  }
  if (raw[TTS_METRICS] !== undefined) putTtsMetrics(mapping, countedBelow);
  for (const key of LLM_METRICS) {
    if (raw[key] !== undefined) putFrom(mapping, LLM_METRICS_FIELDS, mapping.rawRecord(key));
  }
}

function bySource(fields: readonly VoiceField[]): ReadonlyMap<string, readonly VoiceField[]> {
  const rows = new Map<string, readonly VoiceField[]>();
  for (const field of fields) rows.set(field.from, [...(rows.get(field.from) ?? []), field]);
  return rows;
}

/** A stream adapter repeats the metrics of the requests that it made: those have them. */
function putTtsMetrics(mapping: SpanMapping, countedBelow: boolean): void {
  const metrics = mapping.rawRecord(TTS_METRICS);
  const metadata = metrics?.['metadata'];
  if (isRecord(metadata)) putFrom(mapping, TTS_METADATA_FIELDS, metadata);
  if (!countedBelow) putFrom(mapping, TTS_METRICS_FIELDS, metrics);
}

function putFrom(
  mapping: SpanMapping,
  fields: readonly VoiceField[],
  source: JsonRecord | undefined,
): void {
  for (const field of fields) {
    const value = source?.[field.from];
    if (value !== undefined) mapping.put(field.to, READERS[field.read](value));
  }
}

/** A value in the unit of its key; `undefined` when it is of another type, or LiveKit's unknown. */
const READERS: Readonly<Record<VoiceRead, (value: unknown) => AttributeValue | undefined>> = {
  text: asText,
  number: asFiniteNumber,
  millis: asFiniteNumber,
  positiveMillis: (value) => {
    const millis = asFiniteNumber(value);
    return millis !== undefined && millis > 0 ? millis : undefined;
  },
  seconds: (value) => {
    const seconds = asFiniteNumber(value);
    // To the microsecond: beyond it, the float's own noise would be sent.
    return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e3;
  },
  flag: asFlag,
};

/** `lk.is_interruption` is the string "true" or "false". */
function asFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}
