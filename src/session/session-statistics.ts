import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type {
  LatencySummary,
  MappingContext,
  ModelTokens,
  SessionSummary,
  SummarizedLatency,
} from '../mapping/mapping-context.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import { LiveKitAttr } from '../semconv/raw-attributes.js';
import type { SpanNode } from './span-node.js';

/** Models and agents that are counted by name; a session has a few of either. */
const MAX_NAMES = 64;
const UNKNOWN_MODEL = 'unknown';
/** Values kept of one latency: all of any but the longest sessions, then the latest. */
const MAX_VALUES = 1_024;

/** A latency is counted on the span that a person who waits would name. */
const LATENCIES: ReadonlyMap<string, readonly SummarizedLatency[]> = new Map([
  [LiveKitSpan.AGENT_TURN, ['E2E_LATENCY']],
  [LiveKitSpan.LLM_NODE, ['LLM_TTFT']],
  [LiveKitSpan.REALTIME_INFERENCE, ['LLM_TTFT']],
  [LiveKitSpan.REALTIME_METRICS, ['LLM_TTFT']],
  [LiveKitSpan.TTS_NODE, ['TTS_TTFB']],
  [LiveKitSpan.USER_TURN, ['END_OF_TURN_DELAY', 'TRANSCRIPTION_DELAY']],
]);

/** A span that was sent, as session statistics and metrics read it. */
export class MeasuredSpan {
  readonly span: MappedSpan;
  readonly context: MappingContext;
  readonly name: string;
  readonly isLiveKit: boolean;
  readonly isModelSpan: boolean;
  /**
   * Whether it is the one span of a model call that counts the call. Of LiveKit's it is the request
   * that is no adapter's, or the call of a realtime model. An instrumented client's span below
   * LiveKit's counts where its tokens do.
   */
  readonly isModelCall: boolean;
  /** Whether it is no later step of an answer: all steps of a tool loop share one speech. */
  readonly isNewTurn: boolean;
  readonly hasFailed: boolean;

  constructor(span: MappedSpan, context: MappingContext, node: SpanNode) {
    this.span = span;
    this.context = context;
    this.name = span.name;
    this.isLiveKit = node.isLiveKit;
    this.isModelSpan = span.get(S.OPENINFERENCE_SPAN_KIND) === OpenInferenceSpanKind.LLM;
    this.isModelCall = node.isLiveKit
      ? span.name === LiveKitSpan.REALTIME_INFERENCE ||
        (span.name === LiveKitSpan.LLM_REQUEST && !context.tokensBelow)
      : this.isModelSpan &&
        (node.call?.livekitName !== LiveKitSpan.LLM_REQUEST ||
          span.get(S.LLM_TOKEN_COUNT_PROMPT) !== undefined);
    const isTurn = this.isLiveKit && span.name === LiveKitSpan.AGENT_TURN;
    this.isNewTurn = isTurn && isNewTurn(node, this.text(LiveKitAttr.SPEECH_ID));
    this.hasFailed = span.status.code === SpanStatusCode.ERROR;
  }

  get durationMillis(): number {
    const { startTime, endTime } = this.span;
    // Seconds by themselves: since the epoch they leave a double no room for nanoseconds.
    return (endTime[0] - startTime[0]) * 1e3 + (endTime[1] - startTime[1]) / 1e6;
  }

  number(key: string): number | undefined {
    const value = this.span.get(key);
    return typeof value === 'number' ? value : undefined;
  }

  text(key: string): string | undefined {
    const value = this.span.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
}

function isNewTurn({ session }: SpanNode, speechId: string | undefined): boolean {
  if (session === undefined || speechId === undefined) return true;
  const speech = session.speech(speechId);
  const isNew = !speech.isCounted;
  speech.isCounted = true;
  return isNew;
}

/** Counts what the spans of one session, or of one job, say as they are sent. */
export class SessionStatistics implements SessionSummary {
  turns = 0;
  modelCalls = 0;
  modelErrors = 0;
  toolCalls = 0;
  toolErrors = 0;
  interruptions = 0;
  readonly agents: string[] = [];
  readonly tokensByModel: Map<string, ModelTokens> = new Map();
  readonly #latencies = new Map<SummarizedLatency, { readonly values: number[]; count: number }>();

  add(span: MeasuredSpan): void {
    if (span.isModelSpan) this.#addTokens(span);
    if (span.isModelCall) {
      this.modelCalls += 1;
      if (span.hasFailed) this.modelErrors += 1;
    }
    if (!span.isLiveKit) return;
    if (span.name === LiveKitSpan.AGENT_TURN) {
      if (span.isNewTurn) this.turns += 1;
      if (span.span.get(CatalystAttr.INTERRUPTED) === true) this.interruptions += 1;
    } else if (span.name === LiveKitSpan.FUNCTION_TOOL) {
      this.toolCalls += 1;
      if (span.hasFailed) this.toolErrors += 1;
    }
    for (const latency of LATENCIES.get(span.name) ?? []) {
      this.#addLatency(latency, span.number(CatalystAttr[`${latency}_MS`]));
    }
  }

  addAgent(label: string): void {
    if (this.agents.length < MAX_NAMES && !this.agents.includes(label)) this.agents.push(label);
  }

  get latencies(): ReadonlyMap<SummarizedLatency, LatencySummary> {
    const latencies = new Map<SummarizedLatency, LatencySummary>();
    for (const [latency, { values }] of this.#latencies) {
      const sorted = values.toSorted((a, b) => a - b);
      latencies.set(latency, {
        p50Millis: percentile(sorted, 0.5),
        p95Millis: percentile(sorted, 0.95),
      });
    }
    return latencies;
  }

  #addTokens(span: MeasuredSpan): void {
    const input = span.number(S.LLM_TOKEN_COUNT_PROMPT) ?? 0;
    const output = span.number(S.LLM_TOKEN_COUNT_COMPLETION) ?? 0;
    if (input + output === 0) return;
    const tokens = this.tokensByModel;
    const named = span.text(S.LLM_MODEL_NAME) ?? UNKNOWN_MODEL;
    const model = tokens.has(named) || tokens.size < MAX_NAMES ? named : UNKNOWN_MODEL;
    const before = tokens.get(model) ?? { input: 0, output: 0 };
    tokens.set(model, { input: before.input + input, output: before.output + output });
  }

  #addLatency(latency: SummarizedLatency, millis: number | undefined): void {
    if (millis === undefined) return;
    let sample = this.#latencies.get(latency);
    if (sample === undefined) this.#latencies.set(latency, (sample = { values: [], count: 0 }));
    sample.values[sample.count % MAX_VALUES] = millis;
    sample.count += 1;
  }
}

/** By nearest rank: a value that was really measured. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
