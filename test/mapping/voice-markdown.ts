import { TURN_LATENCY_FIELDS } from '../../src/mapping/turn-latency.js';
import {
  LLM_METRICS_FIELDS,
  TTS_METADATA_FIELDS,
  TTS_METRICS_FIELDS,
  VOICE_FIELDS,
  type VoiceField,
} from '../../src/mapping/voice.js';

/** LiveKit's metrics are JSON in one attribute: the fields stand behind its name. */
const SOURCES: readonly (readonly [string, readonly VoiceField[]])[] = [
  ['', VOICE_FIELDS],
  ['lk.tts_metrics ', TTS_METRICS_FIELDS],
  ['lk.tts_metrics metadata.', TTS_METADATA_FIELDS],
  ['lk.llm_metrics ', LLM_METRICS_FIELDS],
];

/** The table of docs/voice.md, as the code has it: one row for each key. */
export function renderVoiceTable(): string {
  const rows = new Map<string, { readonly meaning: string; readonly from: string[] }>();
  for (const [prefix, fields] of SOURCES) {
    for (const { to, from, meaning } of fields) {
      const source = `\`${prefix}${from}\``;
      const row = rows.get(to);
      if (row === undefined) rows.set(to, { meaning, from: [source] });
      else row.from.push(source);
    }
  }
  for (const { to, meaning } of TURN_LATENCY_FIELDS) {
    rows.set(to, { meaning, from: ['the spans of the turn, on `agent_turn`'] });
  }
  return [
    '| attribute | meaning | from |',
    '|---|---|---|',
    ...[...rows].map(
      ([to, { meaning, from }]) => `| \`${to}\` | ${meaning} | ${from.join(', ')} |`,
    ),
  ].join('\n');
}
