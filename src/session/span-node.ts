import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import type { Failure, SpeechStart, SttUsage, ToolCall } from '../mapping/mapping-context.js';
import { asText } from '../mapping/read-attributes.js';
import { LiveKitAttr } from '../semconv/raw-attributes.js';
import type { Identity, OpenInferenceContext } from './identity.js';
import type { JobRecord } from './job.js';
import type { TurnExchange } from './observed-session.js';
import type { Session, SessionsBelow } from './session.js';

/** Most spans have none of what is listed: they share one empty list. */
const NONE: readonly never[] = Object.freeze([]);

/**
 * A longer chain of parents is cut. No real tree is as deep, but a program that starts each span
 * below the one before makes one chain of all, and each span would keep all earlier ones in memory.
 */
const MAX_DEPTH = 256;

const CALLS: ReadonlySet<string | undefined> = new Set([
  LiveKitSpan.LLM_NODE,
  LiveKitSpan.LLM_REQUEST,
  LiveKitSpan.TTS_NODE,
  LiveKitSpan.TTS_REQUEST,
]);

export interface Usage {
  readonly input: number;
  readonly output: number;
}

export interface CarriedOutCall {
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Up to LiveKit 1.6.4, and only while the turn is open: this is content. */
  arguments: string | undefined;
}

/**
 * A span's place in the tree. It lives as long as the span itself or one below it. Once the span
 * has ended it keeps what late children ask for, and no content.
 */
export class SpanNode {
  readonly name: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly startMillis: number;
  readonly isLiveKit: boolean;
  /** Its name, of LiveKit's spans alone. */
  readonly livekitName: string | undefined;
  readonly parent: SpanNode | undefined;
  /** The `agent_turn` that it is in, or is. */
  readonly turn: SpanNode | undefined;
  /** The innermost node or request of a model or of speech that it is in, or is. */
  readonly call: SpanNode | undefined;
  /** The outermost span of this process around it, itself where there is none. */
  readonly localRoot: SpanNode;
  readonly #depth: number;
  readonly isSent: boolean;
  readonly #parentId: string | undefined;
  readonly #sentParentId: string | undefined;
  /** Has a parent in this process that is not known here. */
  readonly isOrphan: boolean;
  /** Set here or above by `agentSpan`, `manualSpan` or an integration. */
  identity: Identity | undefined;
  /** Identity that the span's own context has, before that of the spans around is added. */
  contextIdentity: Identity | undefined;
  /** Whether this span names the agent of its identity, and does not inherit it. */
  namesAgent = false;
  /** OpenInference's context setters, here or above. */
  openInference: OpenInferenceContext | undefined;
  /** The live span, until it ends. */
  span: ReadableSpan | undefined;
  isSentIncomplete = false;
  /** Counted by statistics and metrics: a span is counted once, however often it is sent. */
  isMeasured = false;

  session: Session | undefined;
  /** Answer of the `sessionId` function for spans outside a session; kept by their local root. */
  configuredSessionId: { readonly id: string | undefined } | undefined;
  /** Label of the agent in charge when the span started. */
  agentAtStart: string | undefined;
  previousAgent: string | undefined;
  #label: string | undefined;

  /** The job that this span belongs to, when `tracing.job` put a span around it. */
  job: JobRecord | undefined;
  /** Whether this is that span. */
  isJob = false;
  /** That span, of the `job_entrypoint` that LiveKit opened around it. */
  jobBelow: SpanNode | undefined;
  /** Sessions that started below a job. */
  sessionsBelow: SessionsBelow | undefined;

  /** Failure of the last attempt below. */
  failure: Failure | undefined;
  /** Failure of the last request inside the request of an adapter. */
  innerFailure: Failure | undefined;
  /** The speech of this turn failed for good. */
  speechFailure: Failure | undefined;
  /** The agent began to speak in this turn. */
  hasSpoken = false;
  /** When it began, where its `agent_speaking` is below this turn. */
  speakingMillis: number | undefined;
  speeches: readonly SpeechStart[] = NONE;
  /** The span above that is the same call as this request: of an adapter, else the call's node. */
  callAround: SpanNode | undefined;
  /** Requests directly inside this one, or this node, that are the same call. */
  requests: readonly SpanNode[] = NONE;
  usage: Usage | undefined;
  /** The conversation is on this request itself (LiveKit 1.8 on). */
  hasMessages = false;
  /** Another instrumentation's span below this request reports the tokens of its call. */
  usageBelow = false;
  inputBelow: string | undefined;
  outputBelow: string | undefined;

  /** Tool calls that the model asked for in this turn and no tool span has taken yet. */
  openToolCalls: readonly ToolCall[] = NONE;
  /** Tools of this turn, in the order of their start. */
  startedTools: readonly SpanNode[] = NONE;
  /** LiveKit's task in which the span started, of turns and of what is right below one. */
  task: object | undefined;
  /** Id of the call that this tool span was found to carry out. */
  toolCallId: string | undefined;
  /** The call of this tool span, once it has ended. */
  toolCall: CarriedOutCall | undefined;
  /** The `llm_node` of this turn: a turn of a realtime model has none. */
  modelNode: SpanNode | undefined;
  /** What went through the realtime model in this turn, when the session is observed. */
  exchange: TurnExchange | undefined;
  /** Speech that was recognised during this turn of the user, when the session is observed. */
  stt: SttUsage | undefined;

  /** `around` is the parent, or the span that was active where a span has none. */
  constructor(
    span: ReadableSpan,
    isSent: boolean,
    parent: SpanNode | undefined,
    around: SpanNode | undefined,
    sentParentId: string | undefined,
  ) {
    this.name = span.name;
    const { spanId, traceId } = span.spanContext();
    this.spanId = spanId;
    this.traceId = traceId;
    this.startMillis = hrTimeToMilliseconds(span.startTime);
    this.isLiveKit = span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
    this.livekitName = this.isLiveKit ? this.name : undefined;
    this.span = span;
    const above = span.parentSpanContext;
    this.#parentId = above?.spanId;
    this.parent = parent !== undefined && parent.#depth < MAX_DEPTH ? parent : undefined;
    this.#depth = this.parent === undefined ? 0 : this.parent.#depth + 1;
    this.turn = this.livekitName === LiveKitSpan.AGENT_TURN ? this : this.parent?.turn;
    this.call = CALLS.has(this.livekitName) ? this : this.parent?.call;
    this.isOrphan = this.parent === undefined && above !== undefined && above.isRemote !== true;
    this.localRoot = around?.localRoot ?? this;
    this.isSent = isSent;
    this.#sentParentId = sentParentId;
    this.session = around?.session;
    this.job = around?.job;
  }

  /** The span to send this one below, where that is not its parent. */
  get movedBelow(): string | undefined {
    return this.#sentParentId === this.#parentId ? undefined : this.#sentParentId;
  }

  /** No span above it is sent, though it has a parent. */
  get isTopmostSent(): boolean {
    return this.#parentId !== undefined && this.#sentParentId === undefined;
  }

  /** Id of this span, or of the nearest above that is sent. */
  get sentId(): string | undefined {
    return this.isSent ? this.spanId : this.#sentParentId;
  }

  /** Its span has ended. */
  close(): void {
    this.#label = this.label();
    this.span = undefined;
    // What a tool has opened may end after it.
    if (this.livekitName !== LiveKitSpan.FUNCTION_TOOL) this.task = undefined;
    for (const { toolCall } of this.startedTools) if (toolCall) toolCall.arguments = undefined;
    this.openToolCalls = NONE;
    this.requests = NONE;
    this.inputBelow = undefined;
    this.outputBelow = undefined;
    this.failure = undefined;
    this.innerFailure = undefined;
  }

  /**
   * The agent that this span names: LiveKit sets it at the start. It is read from the live span, so
   * nothing but a label may be read this way: LiveKit strips content when the span ends.
   */
  label(): string | undefined {
    if (this.span === undefined || !this.isLiveKit) return this.#label;
    const { attributes } = this.span;
    return asText(attributes['gen_ai.agent.name'] ?? attributes[LiveKitAttr.AGENT_LABEL]);
  }
}

/** Default label of an agent without an id (`voice/agent.ts`): it is no name. */
export const DEFAULT_AGENT_LABEL = 'default_agent';

/** A span of an SDK, and not an id that somebody put into the context. */
export function isSpanOfSdk(span: object | undefined): span is ReadableSpan {
  return span !== undefined && 'instrumentationScope' in span;
}
