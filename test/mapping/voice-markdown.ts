import {
  LLM_METRICS_FIELDS,
  TTS_METADATA_FIELDS,
  TTS_METRICS_FIELDS,
  VOICE_FIELDS,
  type VoiceField,
} from '../../src/mapping/voice.js';
import { CatalystAttr as C } from '../../src/semconv/catalyst-attributes.js';

/** LiveKit's metrics are JSON in one attribute: the fields stand behind its name. */
const SOURCES: readonly (readonly [string, readonly VoiceField[]])[] = [
  ['', VOICE_FIELDS],
  ['lk.tts_metrics ', TTS_METRICS_FIELDS],
  ['lk.tts_metrics metadata.', TTS_METADATA_FIELDS],
  ['lk.llm_metrics ', LLM_METRICS_FIELDS],
];

const MEANINGS: Readonly<Record<string, string>> = {
  [C.LLM_TTFT_MS]: 'Time to the first token, as the turn saw it',
  [C.TTS_TTFB_MS]: 'Time to the first audio',
  [C.E2E_LATENCY_MS]: "From the end of the user's speech to the first audio of the answer",
  [C.END_OF_TURN_DELAY_MS]: 'From the end of speech to the decision that the turn is over',
  [C.TRANSCRIPTION_DELAY_MS]: 'From the end of speech to the final transcript',
  [C.TRANSCRIPT_CONFIDENCE]: 'Confidence of the transcript, 0 to 1',
  [C.ENDPOINTING_DELAY_MS]: 'Delay that endpointing chose',
  [C.EOU_PROBABILITY]: 'Probability that the turn is over, 0 to 1',
  [C.EOU_DETECTION_DELAY_MS]: 'Time the audio end-of-turn detector took',
  [C.STT_MODEL]: 'STT model; LiveKit records its label',
  [C.STT_PROVIDER]: 'STT provider, as LiveKit names it',
  [C.TTS_MODEL]: 'TTS model',
  [C.TTS_PROVIDER]: 'TTS provider, as LiveKit names it',
  [C.INTERRUPTED]: 'The user spoke over the answer',
  [C.INTERRUPTION_DETECTED]: 'The speech was taken for an interruption',
  [C.INTERRUPTION_PROBABILITY]: 'Probability of an interruption, 0 to 1',
  [C.INTERRUPTION_TOTAL_DURATION_MS]: 'Time the interruption check took in all',
  [C.INTERRUPTION_PREDICTION_DURATION_MS]: 'Time the interruption model took',
  [C.INTERRUPTION_DETECTION_DELAY_MS]: 'From the start of speech to the decision',
  [C.AMD_CATEGORY]: 'Result of answering machine detection',
  [C.AMD_IS_MACHINE]: 'A machine answered the call',
  [C.AMD_SPEECH_DURATION_MS]: 'Speech heard before the decision',
  [C.AMD_DELAY_MS]: 'From the end of that speech to the decision',
  [C.EVENT_LOOP_BLOCKED_MS]: 'Event loop stall',
  [C.EVENT_LOOP_BLOCKED_COUNT]: 'Stalls of the session',
  [C.EVENT_LOOP_BLOCKED_TOTAL_MS]: 'Stalls of the session, together',
  [C.EVENT_LOOP_BLOCKED_MAX_MS]: 'Longest stall of the session',
  [C.TTS_CHARACTERS]: 'Characters spoken',
  [C.TTS_AUDIO_DURATION_MS]: 'Length of the audio made',
  [C.LLM_TOKENS_PER_SECOND]: 'Speed of the answer',
  [C.TURN_END_OF_TURN_MS]: 'Part of the end-to-end latency: the decision that the turn is over',
  [C.TURN_TRANSCRIPTION_MS]: 'Of that decision, the wait for the final transcript',
  [C.TURN_ON_USER_TURN_COMPLETED_MS]:
    'Part: from that decision to the model call, `onUserTurnCompleted` included',
  [C.TURN_LLM_TTFT_MS]: 'Part: time to the first token, of all model calls of a tool loop',
  [C.TURN_TOOL_MS]: 'Part: from the first token of a tool call to the model call with its result',
  [C.TURN_SENTENCE_WAIT_MS]: 'Part: from the first token to the first sentence for the TTS',
  [C.TURN_TTS_TTFB_MS]: 'Part: from that sentence to the first audio',
  [C.TURN_PLAYOUT_MS]: 'Part: from the first audio to its first frame being played',
};

/** The table of docs/voice.md, as the code has it: one row for each key. */
export function renderVoiceTable(): string {
  const rows = new Map<string, { readonly meaning: string | undefined; readonly from: string[] }>();
  for (const [prefix, fields] of SOURCES) {
    for (const { to, from } of fields) {
      const source = `\`${prefix}${from}\``;
      const row = rows.get(to);
      if (row === undefined) rows.set(to, { meaning: MEANINGS[to], from: [source] });
      else row.from.push(source);
    }
  }
  for (const to of Object.values(C).filter((key) => key.startsWith('voice.turn.'))) {
    rows.set(to, { meaning: MEANINGS[to], from: ['the spans of the turn, on `agent_turn`'] });
  }
  return [
    '| attribute | meaning | from |',
    '|---|---|---|',
    ...[...rows].map(
      ([to, { meaning, from }]) => `| \`${to}\` | ${meaning} | ${from.join(', ')} |`,
    ),
  ].join('\n');
}
