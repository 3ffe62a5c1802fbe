import { OpenInferenceSpanKind } from '@arizeai/openinference-semantic-conventions';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import { isSpanKind } from '../mapping/span-kind.js';
import type { SpanInput } from '../mapping/span-input.js';

/** LiveKit's spans that a session's summary is made of, beside those of model calls. */
const OF_SUMMARY: ReadonlySet<string> = new Set<string>([
  LiveKitSpan.AGENT_TURN,
  LiveKitSpan.FUNCTION_TOOL,
  LiveKitSpan.TTS_NODE,
  LiveKitSpan.USER_TURN,
]);
/** Those that metrics alone are made of. */
const OF_METRICS_ALONE: ReadonlySet<string> = new Set<string>([
  LiveKitSpan.AGENT_SESSION,
  LiveKitSpan.ANSWERING_MACHINE_DETECTION,
  LiveKitSpan.LLM_REQUEST_RUN,
  LiveKitSpan.TTS_REQUEST,
  'tts_request_run',
]);

/** Whether anything is made of a span's figures: of most spans nothing is. */
export function carriesFigures(
  { name, scopeName, kind, facts }: SpanInput,
  hasMetrics: boolean,
): boolean {
  if (hasMetrics && facts.job !== undefined) return true;
  const isCall = isSpanKind(kind, OpenInferenceSpanKind.LLM);
  if (scopeName !== LIVEKIT_SCOPE_NAME) return isCall;
  return OF_METRICS_ALONE.has(name) ? hasMetrics : isCall || OF_SUMMARY.has(name);
}
