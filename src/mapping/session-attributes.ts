import { Attr } from '../semconv/attribute-keys.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import type { SessionClosing, SessionSummary, SummarizedLatency } from './mapping-context.js';
import type { SpanMapping } from './span-mapping.js';

interface PercentileKeys {
  readonly p50: string;
  readonly p95: string;
}

// prettier-ignore
const LATENCY_KEYS: Readonly<Record<SummarizedLatency, PercentileKeys>> = {
  e2eLatency: { p50: CatalystAttr.SESSION_E2E_LATENCY_P50_MS, p95: CatalystAttr.SESSION_E2E_LATENCY_P95_MS },
  llmTtft: { p50: CatalystAttr.SESSION_LLM_TTFT_P50_MS, p95: CatalystAttr.SESSION_LLM_TTFT_P95_MS },
  ttsTtfb: { p50: CatalystAttr.SESSION_TTS_TTFB_P50_MS, p95: CatalystAttr.SESSION_TTS_TTFB_P95_MS },
  endOfTurnDelay: { p50: CatalystAttr.SESSION_END_OF_TURN_DELAY_P50_MS, p95: CatalystAttr.SESSION_END_OF_TURN_DELAY_P95_MS },
  transcriptionDelay: { p50: CatalystAttr.SESSION_TRANSCRIPTION_DELAY_P50_MS, p95: CatalystAttr.SESSION_TRANSCRIPTION_DELAY_P95_MS },
};

/** What the root of a session, or of a job, says about all of it. */
export function putSession(mapping: SpanMapping): void {
  const { summary, job, observed, input, output } = mapping.context;
  if (summary !== undefined) putSummary(mapping, summary);
  if (job === undefined) return;
  mapping.putInput(input);
  mapping.putOutput(output);
  if (observed?.closing !== undefined) putClosing(mapping, observed.closing);
  mapping.put(CatalystAttr.JOB_DURATION_MS, job.durationMillis);
  mapping.put(CatalystAttr.ROOM_SID, job.roomSid);
  mapping.put(CatalystAttr.ROOM_NAME, job.roomName);
  mapping.put(CatalystAttr.PARTICIPANT_KIND, job.participantKind);
  mapping.put(CatalystAttr.DISCONNECT_REASON, job.disconnectReason);
  mapping.put(CatalystAttr.SESSION_CLOSE_REASON, job.closeReason);
}

/**
 * Puts a session's statistics on its root. The tokens are JSON under another key: under those
 * of a model call, backends would add them to what the calls say.
 */
function putSummary(mapping: SpanMapping, summary: SessionSummary): void {
  mapping.put(CatalystAttr.SESSION_TURNS, summary.turns);
  mapping.put(CatalystAttr.SESSION_INTERRUPTIONS, summary.interruptions);
  mapping.put(Attr.AGENT_LLM_CALL_COUNT, summary.modelCalls);
  mapping.put(CatalystAttr.SESSION_LLM_ERRORS, summary.modelErrors);
  mapping.put(Attr.AGENT_TOOL_CALL_COUNT, summary.toolCalls);
  mapping.put(CatalystAttr.SESSION_TOOL_ERRORS, summary.toolErrors);
  if (summary.agents.length > 0) mapping.put(CatalystAttr.SESSION_AGENTS, [...summary.agents]);
  if (summary.tokensByModel.size > 0) {
    const tokens = JSON.stringify(Object.fromEntries(summary.tokensByModel));
    mapping.put(CatalystAttr.SESSION_TOKENS_BY_MODEL, tokens);
  }
  for (const [latency, { p50Millis, p95Millis }] of summary.latencies) {
    mapping.put(LATENCY_KEYS[latency].p50, p50Millis);
    mapping.put(LATENCY_KEYS[latency].p95, p95Millis);
  }
}

/** Puts why a session closed. */
export function putClosing(mapping: SpanMapping, { reason, errorType }: SessionClosing): void {
  mapping.put(CatalystAttr.SESSION_CLOSE_REASON, reason);
  mapping.put(CatalystAttr.SESSION_ERROR_TYPE, errorType);
}
