import { sameClass, type KeyRules } from './key-rules.js';

/**
 * Keys of this package. A key under `voice.` that has no row counts as `metadata`: an application
 * may have chosen it.
 */
export const VOICE_KEY_RULES: KeyRules = {
  exact: {
    ...sameClass('none', [
      'tenant.id',
      'voice.amd.category',
      'voice.amd.delay_ms',
      'voice.amd.is_machine',
      'voice.amd.speech_duration_ms',
      'voice.disconnect_reason',
      'voice.duration_ms',
      'voice.e2e_latency_ms',
      'voice.end_of_turn_delay_ms',
      'voice.endpointing_delay_ms',
      'voice.eou.detection_delay_ms',
      'voice.eou.probability',
      'voice.event_loop.blocked_count',
      'voice.event_loop.blocked_max_ms',
      'voice.event_loop.blocked_ms',
      'voice.event_loop.blocked_total_ms',
      'voice.interrupted',
      'voice.interruption.detected',
      'voice.interruption.detection_delay_ms',
      'voice.interruption.prediction_duration_ms',
      'voice.interruption.probability',
      'voice.interruption.total_duration_ms',
      'voice.llm.tokens_per_second',
      'voice.llm.ttft_ms',
      'voice.participant.kind',
      'voice.room.sid',
      'voice.session.agents',
      'voice.session.e2e_latency_p50_ms',
      'voice.session.e2e_latency_p95_ms',
      'voice.session.end_of_turn_delay_p50_ms',
      'voice.session.end_of_turn_delay_p95_ms',
      'voice.session.error_type',
      'voice.session.interruptions',
      'voice.session.llm_errors',
      'voice.session.llm_ttft_p50_ms',
      'voice.session.llm_ttft_p95_ms',
      'voice.session.stt.audio_duration_ms',
      'voice.session.tokens_by_model',
      'voice.session.tool_errors',
      'voice.session.transcription_delay_p50_ms',
      'voice.session.transcription_delay_p95_ms',
      'voice.session.tts_ttfb_p50_ms',
      'voice.session.tts_ttfb_p95_ms',
      'voice.session.turns',
      'voice.speech_heard',
      'voice.stt.audio_duration_ms',
      'voice.stt.model',
      'voice.stt.provider',
      'voice.transcript_confidence',
      'voice.transcription_delay_ms',
      'voice.tts.audio_duration_ms',
      'voice.tts.characters',
      'voice.tts.model',
      'voice.tts.provider',
      'voice.tts.ttfb_ms',
    ]),
    'voice.room_name': 'personal',
  },
  prefixes: [],
};

/**
 * Close reasons of LiveKit (`voice/events.ts`) and of its rooms. Any other text under this key is
 * the application's own.
 */
const CLOSE_REASONS: ReadonlySet<unknown> = new Set([
  'connection_lost',
  'error',
  'job_shutdown',
  'participant_disconnected',
  'participant_removed',
  'room_closed',
  'room_deleted',
  'sip_trunk_failure',
  'user_initiated',
]);

/** Values that hold nobody's words although their key may. */
export const HARMLESS_VALUES: ReadonlyMap<string, ReadonlySet<unknown>> = new Map([
  ['voice.session.close_reason', CLOSE_REASONS],
]);
