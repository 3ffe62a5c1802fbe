/** Keys under which the facts that only a session's events tell are sent. */
export interface ObservedField {
  readonly to: string;
  readonly on: readonly string[];
  readonly meaning: string;
}

type ObservedFact =
  'turnAudio' | 'turnModel' | 'turnProvider' | 'sessionAudio' | 'closeReason' | 'closeError';

/** Beside the voice figures of the spans. The README's table is this one. */
// prettier-ignore
export const OBSERVED_FIELDS: Readonly<Record<ObservedFact, ObservedField>> = {
  turnAudio: { to: 'voice.stt.audio_duration_ms', on: ['user_turn'], meaning: 'Speech recognised and reported while the turn was open' },
  turnModel: { to: 'voice.stt.model', on: ['user_turn'], meaning: 'STT model, in place of its label' },
  turnProvider: { to: 'voice.stt.provider', on: ['user_turn'], meaning: 'STT provider, in place of its label' },
  sessionAudio: { to: 'voice.session.stt.audio_duration_ms', on: ['agent_session'], meaning: 'All speech recognised in the session, turns included' },
  closeReason: { to: 'voice.session.close_reason', on: ['agent_session', 'job_entrypoint'], meaning: 'Why the session closed: error, job_shutdown, participant_disconnected, user_initiated, or the application\'s words' },
  closeError: { to: 'voice.session.error_type', on: ['agent_session', 'job_entrypoint'], meaning: 'What failed, of a session that closed on an error: llm_error, stt_error, tts_error, realtime_model_error' },
};
