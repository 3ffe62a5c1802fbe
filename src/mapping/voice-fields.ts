/** How a source is read: its unit there, and what an unknown looks like. */
export type VoiceRead = 'seconds' | 'millis' | 'positiveMillis' | 'number' | 'text' | 'flag';

/** One voice figure: the key it is sent under, whose last word is its unit, and where it stands. */
export interface VoiceField {
  readonly to: string;
  readonly from: string;
  readonly read: VoiceRead;
  /** The only spans on which the source means this. */
  readonly on?: readonly string[];
  /** A source that says the same better, where the span has it. */
  readonly unless?: string;
  readonly meaning: string;
}

/**
 * Voice figures under one set of keys. Durations are milliseconds throughout: LiveKit mixes seconds
 * (`lk.response.*`, `lk.e2e_latency`, `lk.blocking.*`, `lk.interruption.*`) and milliseconds
 * (`lk.eou.*`, `lk.*_delay`, `lk.amd.*`, and the `…Ms` of its metrics JSON). The README's table is
 * this one.
 */
// prettier-ignore
export const VOICE_FIELDS: readonly VoiceField[] = [
  { to: 'voice.llm.ttft_ms', from: 'lk.response.ttft', read: 'seconds', meaning: 'Time to the first token, as the turn saw it' },
  { to: 'voice.llm.ttft_ms', from: 'gen_ai.response.time_to_first_chunk', read: 'seconds', on: ['llm_request', 'realtime_inference', 'realtime_metrics'], unless: 'lk.response.ttft', meaning: 'Time to the first token of the request, retries included' },
  { to: 'voice.tts.ttfb_ms', from: 'lk.response.ttfb', read: 'seconds', meaning: 'Time to the first audio' },
  { to: 'voice.e2e_latency_ms', from: 'lk.e2e_latency', read: 'seconds', meaning: 'From the end of the user\'s speech to the first audio of the answer' },
  { to: 'voice.end_of_turn_delay_ms', from: 'lk.end_of_turn_delay', read: 'positiveMillis', meaning: 'From the end of speech to the decision that the turn is over' },
  { to: 'voice.transcription_delay_ms', from: 'lk.transcription_delay', read: 'positiveMillis', meaning: 'From the end of speech to the final transcript' },
  { to: 'voice.transcript_confidence', from: 'lk.transcript_confidence', read: 'number', meaning: 'Confidence of the transcript, 0 to 1' },
  { to: 'voice.endpointing_delay_ms', from: 'lk.eou.endpointing_delay', read: 'millis', meaning: 'Delay that endpointing chose' },
  { to: 'voice.eou.probability', from: 'lk.eou.probability', read: 'number', meaning: 'Probability that the turn is over, 0 to 1' },
  { to: 'voice.eou.detection_delay_ms', from: 'lk.eou.detection_delay', read: 'millis', meaning: 'Time the audio end-of-turn detector took' },
  { to: 'voice.stt.model', from: 'gen_ai.request.model', read: 'text', on: ['user_turn'], meaning: 'STT model; LiveKit records its label' },
  { to: 'voice.stt.provider', from: 'gen_ai.provider.name', read: 'text', on: ['user_turn'], meaning: 'STT provider, as LiveKit names it' },
  { to: 'voice.tts.model', from: 'gen_ai.request.model', read: 'text', on: ['tts_node'], meaning: 'TTS model' },
  { to: 'voice.tts.provider', from: 'gen_ai.provider.name', read: 'text', on: ['tts_node'], meaning: 'TTS provider, as LiveKit names it' },
  { to: 'voice.interrupted', from: 'lk.interrupted', read: 'flag', meaning: 'The user spoke over the answer' },
  { to: 'voice.interruption.detected', from: 'lk.is_interruption', read: 'flag', meaning: 'The speech was taken for an interruption' },
  { to: 'voice.interruption.probability', from: 'lk.interruption.probability', read: 'number', meaning: 'Probability of an interruption, 0 to 1' },
  { to: 'voice.interruption.total_duration_ms', from: 'lk.interruption.total_duration', read: 'seconds', meaning: 'Time the interruption check took in all' },
  { to: 'voice.interruption.prediction_duration_ms', from: 'lk.interruption.prediction_duration', read: 'seconds', meaning: 'Time the interruption model took' },
  { to: 'voice.interruption.detection_delay_ms', from: 'lk.interruption.detection_delay', read: 'seconds', meaning: 'From the start of speech to the verdict' },
  { to: 'voice.amd.category', from: 'lk.amd.category', read: 'text', meaning: 'Verdict of answering machine detection' },
  { to: 'voice.amd.is_machine', from: 'lk.amd.is_machine', read: 'flag', meaning: 'A machine answered the call' },
  { to: 'voice.amd.speech_duration_ms', from: 'lk.amd.speech_duration', read: 'millis', meaning: 'Speech heard before the verdict' },
  { to: 'voice.amd.delay_ms', from: 'lk.amd.delay', read: 'millis', meaning: 'From the end of that speech to the verdict' },
  { to: 'voice.event_loop.blocked_ms', from: 'lk.blocking.duration', read: 'seconds', meaning: 'Event loop stall' },
  { to: 'voice.event_loop.blocked_count', from: 'lk.blocking.count', read: 'number', meaning: 'Stalls of the session' },
  { to: 'voice.event_loop.blocked_total_ms', from: 'lk.blocking.total_duration', read: 'seconds', meaning: 'Stalls of the session, together' },
  { to: 'voice.event_loop.blocked_max_ms', from: 'lk.blocking.max_duration', read: 'seconds', meaning: 'Longest stall of the session' },
];

/** Figures inside LiveKit's metrics JSON (`metrics/base.ts`). */
// prettier-ignore
export const TTS_METRICS_FIELDS: readonly VoiceField[] = [
  { to: 'voice.tts.ttfb_ms', from: 'ttfbMs', read: 'positiveMillis', meaning: 'Time to the first audio of the request' },
  { to: 'voice.tts.characters', from: 'charactersCount', read: 'number', meaning: 'Characters spoken' },
  { to: 'voice.tts.audio_duration_ms', from: 'audioDurationMs', read: 'millis', meaning: 'Length of the audio made' },
];
// prettier-ignore
export const LLM_METRICS_FIELDS: readonly VoiceField[] = [
  { to: 'voice.llm.ttft_ms', from: 'ttftMs', read: 'positiveMillis', meaning: 'Time to the first token of the request' },
  { to: 'voice.llm.tokens_per_second', from: 'tokensPerSecond', read: 'number', meaning: 'Speed of the answer' },
];
/** Inside `metadata` of the metrics JSON: the only place with the model of a `tts_request`. */
// prettier-ignore
export const TTS_METADATA_FIELDS: readonly VoiceField[] = [
  { to: 'voice.tts.model', from: 'modelName', read: 'text', meaning: 'TTS model' },
  { to: 'voice.tts.provider', from: 'modelProvider', read: 'text', meaning: 'TTS provider' },
];
