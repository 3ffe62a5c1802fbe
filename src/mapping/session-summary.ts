import type { SpanMapping } from './span-mapping.js';

/** Latencies that a session is summed up by. */
export type SummarizedLatency =
  'e2eLatency' | 'llmTtft' | 'ttsTtfb' | 'endOfTurnDelay' | 'transcriptionDelay';

export interface LatencySummary {
  readonly p50Millis: number;
  readonly p95Millis: number;
}

export interface ModelTokens {
  readonly input: number;
  readonly output: number;
}

/** A session in figures, up to the end of the span that carries it. */
export interface SessionSummary {
  /** Answers of the agent; the steps of a tool loop are one. */
  readonly turns: number;
  readonly modelCalls: number;
  readonly modelErrors: number;
  readonly toolCalls: number;
  readonly toolErrors: number;
  /** Answers that the user spoke over. */
  readonly interruptions: number;
  readonly tokensByModel: ReadonlyMap<string, ModelTokens>;
  /** Agents that took part, in order. */
  readonly agents: readonly string[];
  readonly latencies: ReadonlyMap<SummarizedLatency, LatencySummary>;
}

const LATENCY_KEYS: Readonly<Record<SummarizedLatency, string>> = {
  e2eLatency: 'voice.session.e2e_latency',
  llmTtft: 'voice.session.llm_ttft',
  ttsTtfb: 'voice.session.tts_ttfb',
  endOfTurnDelay: 'voice.session.end_of_turn_delay',
  transcriptionDelay: 'voice.session.transcription_delay',
};

/**
 * Puts a session's figures on its root. The tokens are JSON under a key of its own: under those of
 * a model call, backends would add them to what the calls say.
 */
export function putSessionSummary(mapping: SpanMapping, summary: SessionSummary): void {
  mapping.put('voice.session.turns', summary.turns);
  mapping.put('voice.session.interruptions', summary.interruptions);
  mapping.put('agent.llm_call_count', summary.modelCalls);
  mapping.put('voice.session.llm_errors', summary.modelErrors);
  mapping.put('agent.tool_call_count', summary.toolCalls);
  mapping.put('voice.session.tool_errors', summary.toolErrors);
  if (summary.agents.length > 0) mapping.put('voice.session.agents', [...summary.agents]);
  if (summary.tokensByModel.size > 0) {
    const tokens = JSON.stringify(Object.fromEntries(summary.tokensByModel));
    mapping.put('voice.session.tokens_by_model', tokens);
  }
  for (const [latency, { p50Millis, p95Millis }] of summary.latencies) {
    mapping.put(`${LATENCY_KEYS[latency]}_p50_ms`, p50Millis);
    mapping.put(`${LATENCY_KEYS[latency]}_p95_ms`, p95Millis);
  }
}
