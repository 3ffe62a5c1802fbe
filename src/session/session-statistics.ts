import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type {
  LatencySummary,
  ModelTokens,
  SessionSummary,
  SummarizedLatency,
} from '../mapping/mapping-context.js';
import type { MeasuredSpan } from './measured-span.js';

/** Speeches that are remembered, so that the steps of a tool loop count as one turn. */
const MAX_SPEECHES = 16;
/** Models and agents that are counted by name; a session has a few of either. */
const MAX_NAMES = 64;
const UNKNOWN_MODEL = 'unknown';

interface LatencyPlace {
  readonly latency: SummarizedLatency;
  readonly key: string;
}

const LLM_TTFT: readonly LatencyPlace[] = [{ latency: 'llmTtft', key: 'voice.llm.ttft_ms' }];

/** Where each latency is: the span that a person who waits would name. */
const LATENCIES: ReadonlyMap<string, readonly LatencyPlace[]> = new Map([
  [LiveKitSpan.AGENT_TURN, [{ latency: 'e2eLatency', key: 'voice.e2e_latency_ms' }]],
  [LiveKitSpan.LLM_NODE, LLM_TTFT],
  [LiveKitSpan.REALTIME_INFERENCE, LLM_TTFT],
  [LiveKitSpan.REALTIME_METRICS, LLM_TTFT],
  [LiveKitSpan.TTS_NODE, [{ latency: 'ttsTtfb', key: 'voice.tts.ttfb_ms' }]],
  [
    LiveKitSpan.USER_TURN,
    [
      { latency: 'endOfTurnDelay', key: 'voice.end_of_turn_delay_ms' },
      { latency: 'transcriptionDelay', key: 'voice.transcription_delay_ms' },
    ],
  ],
] as const);

/** Counts what the spans of one session say, as they are sent. */
export class SessionStatistics {
  #turns = 0;
  #modelCalls = 0;
  #modelErrors = 0;
  #toolCalls = 0;
  #toolErrors = 0;
  #interruptions = 0;
  readonly #speeches = new Set<string>();
  readonly #agents = new Set<string>();
  readonly #tokens = new Map<string, ModelTokens>();
  readonly #latencies = new Map<SummarizedLatency, LatencySample>();

  /** Adds a span of the session; spans of no kind that counts change nothing. */
  add(span: MeasuredSpan): void {
    this.#addTokens(span);
    if (span.isModelCall) {
      this.#modelCalls += 1;
      if (span.hasFailed) this.#modelErrors += 1;
    }
    if (!span.isLiveKit) return;
    this.#addLatencies(span);
    if (span.name === LiveKitSpan.AGENT_TURN) this.#addTurn(span);
    else if (span.name === LiveKitSpan.FUNCTION_TOOL) {
      this.#toolCalls += 1;
      if (span.hasFailed) this.#toolErrors += 1;
    }
  }

  /** An agent took the session over. */
  addAgent(label: string): void {
    if (this.#agents.size < MAX_NAMES) this.#agents.add(label);
  }

  summary(): SessionSummary {
    const latencies = new Map<SummarizedLatency, LatencySummary>();
    for (const [latency, sample] of this.#latencies) {
      const summary = sample.summary();
      if (summary !== undefined) latencies.set(latency, summary);
    }
    return {
      turns: this.#turns,
      modelCalls: this.#modelCalls,
      modelErrors: this.#modelErrors,
      toolCalls: this.#toolCalls,
      toolErrors: this.#toolErrors,
      interruptions: this.#interruptions,
      tokensByModel: new Map(this.#tokens),
      agents: [...this.#agents],
      latencies,
    };
  }

  /** All steps of a tool loop share the id of one speech (`voice/agent_activity.ts`). */
  #addTurn(span: MeasuredSpan): void {
    if (span.isTrue('voice.interrupted')) this.#interruptions += 1;
    const speech = span.text('lk.speech_id');
    if (speech !== undefined) {
      if (this.#speeches.has(speech)) return;
      this.#speeches.add(speech);
      if (this.#speeches.size > MAX_SPEECHES) this.#forgetOldestSpeech();
    }
    this.#turns += 1;
  }

  #forgetOldestSpeech(): void {
    const [oldest] = this.#speeches;
    if (oldest !== undefined) this.#speeches.delete(oldest);
  }

  #addTokens(span: MeasuredSpan): void {
    if (!span.isModelSpan) return;
    const input = span.number(S.LLM_TOKEN_COUNT_PROMPT) ?? 0;
    const output = span.number(S.LLM_TOKEN_COUNT_COMPLETION) ?? 0;
    if (input + output === 0) return;
    const named = span.text(S.LLM_MODEL_NAME) ?? UNKNOWN_MODEL;
    const model = this.#tokens.has(named) || this.#tokens.size < MAX_NAMES ? named : UNKNOWN_MODEL;
    const before = this.#tokens.get(model);
    this.#tokens.set(model, {
      input: (before?.input ?? 0) + input,
      output: (before?.output ?? 0) + output,
    });
  }

  #addLatencies(span: MeasuredSpan): void {
    const places = LATENCIES.get(span.name);
    if (places === undefined) return;
    for (const { latency, key } of places) {
      const millis = span.number(key);
      if (millis === undefined) continue;
      let sample = this.#latencies.get(latency);
      if (sample === undefined) this.#latencies.set(latency, (sample = new LatencySample()));
      sample.add(millis);
    }
  }
}

/** Values kept of one latency: all of any but the longest sessions, then the latest. */
const MAX_VALUES = 1_024;

/** The values of one latency over a session, for its percentiles. */
export class LatencySample {
  readonly #values: number[] = [];
  #count = 0;

  add(millis: number): void {
    this.#values[this.#count % MAX_VALUES] = millis;
    this.#count += 1;
  }

  /** Percentiles by nearest rank: values that were really measured. `undefined` without any. */
  summary(): LatencySummary | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const p50Millis = rank(sorted, 0.5);
    const p95Millis = rank(sorted, 0.95);
    return p50Millis === undefined || p95Millis === undefined
      ? undefined
      : { p50Millis, p95Millis };
  }
}

function rank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
