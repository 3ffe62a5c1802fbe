import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { Span } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import type { SttUsage } from '../mapping/mapping-context.js';
import type { Failure, ToolCall } from '../mapping/mapping-context.js';
import type { Identity } from './identity.js';
import type { JobRecord } from './job-record.js';
import type { OpenInferenceContext } from './open-inference-context.js';
import type { SessionRecord } from './session-record.js';
import type { TurnExchange } from './turn-exchange.js';

/** Of most spans all four lists stay empty: one for all of them, and another one in its place when something is added. */
const NONE: readonly never[] = Object.freeze([]);

/**
 * A span's place among the others, from its start until its late children have ended. Of an ended
 * span it keeps what those children may ask, never its attributes.
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
  session: SessionRecord | undefined;
  /** Set here or above by `agentSpan`, `manualSpan` or `setup`. */
  readonly identity: Identity | undefined;
  /** What the span's context said of identity, before what holds around was added. */
  readonly toldIdentity: Identity | undefined;
  /** Whether this is the span that names the agent of its identity, and not one that inherits it. */
  readonly namesAgent: boolean;
  /** OpenInference's context setters, here or above. */
  readonly openInference: OpenInferenceContext | undefined;
  /** Label of the agent in charge when the span started. */
  agentAtStart: string | undefined;
  previousAgent: string | undefined;
  /** The live span; let go when it ends. */
  span: Span | undefined;
  ownLabel: string | undefined;

  /** Failure of the last attempt below that has ended. */
  lastFailure: Failure | undefined;
  /** Model calls below, of an `llm_node`; requests inside a request, of an adapter. */
  requests: readonly SpanNode[] = NONE;
  /** Usage that was recorded of the call this request made, once it has ended. */
  usage: Usage | undefined;
  /** The conversation stands on this request itself (LiveKit 1.8 on). */
  hasMessages = false;
  /** Another instrumentation's span below this request reports the usage of its call. */
  usageBelow = false;
  inputBelow: string | undefined;
  outputBelow: string | undefined;
  /** Tool calls that the model calls of this turn asked for and no tool span has taken yet. */
  openToolCalls: readonly ToolCall[] = NONE;
  /** Tools of this turn that started before its model call ended. */
  startedTools: readonly SpanNode[] = NONE;
  /** LiveKit's task in which the span started, of turns and of what may be opened in a tool. */
  task: object | undefined;
  /** The call that this tool span carries out, once it has ended. */
  toolCall: ToolCallName | undefined;
  /** What went through the realtime model in this turn, when the session is observed. */
  exchange: TurnExchange | undefined;
  /** Speech that was recognised during this turn of the user, when the session is observed. */
  stt: SttUsage | undefined;
  /** What this tool was called with, once its span has ended. */
  carriedOut: ToolCall | undefined;
  /** The `llm_node` of this turn. */
  modelNode: SpanNode | undefined;
  /** The job that this span belongs to, when the application put a span around it. */
  job: JobRecord | undefined;
  /** Whether this is the span that `tracing.job` put around a job. */
  isJob = false;
  /** The job's own span, of the `job_entrypoint` that LiveKit opened around it. */
  jobBelow: SpanNode | undefined;
  /** Sessions that started below. */
  sessionsBelow: readonly SpanNode[] = NONE;

  readonly #hasLocalParent: boolean;

  constructor(init: {
    readonly span: Span;
    readonly parent: SpanNode | undefined;
    /** The parent, or the span that was active where a span has none. */
    readonly around: SpanNode | undefined;
    readonly session: SessionRecord | undefined;
    readonly identity: Identity | undefined;
    readonly toldIdentity: Identity | undefined;
    readonly openInference: OpenInferenceContext | undefined;
  }) {
    this.name = init.span.name;
    const { spanId, traceId } = init.span.spanContext();
    this.spanId = spanId;
    this.traceId = traceId;
    this.startMillis = hrTimeToMilliseconds(init.span.startTime);
    this.isLiveKit = init.span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
    this.livekitName = this.isLiveKit ? this.name : undefined;
    this.span = init.span;
    const above = init.span.parentSpanContext;
    this.#hasLocalParent = above !== undefined && above.isRemote !== true;
    this.parent = init.parent;
    this.session = init.session;
    this.job = init.around?.job;
    this.identity = init.identity;
    this.toldIdentity = init.toldIdentity;
    const agent = init.identity?.agent;
    this.namesAgent =
      !this.isLiveKit && agent !== undefined && agent !== init.around?.identity?.agent;
    this.openInference = init.openInference;
  }

  /** Has a parent in this process that is not known: it ended long ago, or before tracing began. */
  get isOrphan(): boolean {
    return this.parent === undefined && this.#hasLocalParent;
  }

  /** Lets go of what is of no use once the span has ended. */
  close(): void {
    this.ownLabel = this.label();
    this.span = undefined;
    this.startedTools = NONE;
    this.task = undefined;
  }

  /** The nearest span above with this LiveKit name. */
  ancestor(name: string): SpanNode | undefined {
    for (let node = this.parent; node !== undefined; node = node.parent) {
      if (node.livekitName === name) return node;
    }
    return undefined;
  }

  /**
   * The agent this span names: LiveKit sets it at the start. Read from the live span, so nothing
   * but a label may be read this way: content is LiveKit's to strip until the span has ended.
   */
  label(): string | undefined {
    if (this.span === undefined || !this.isLiveKit) return this.ownLabel;
    return labelOf(this.span.attributes);
  }
}

/** Which tool was called, and under which id. */
export interface ToolCallName {
  readonly id: string | undefined;
  readonly name: string | undefined;
}

/** Tokens in and out of one model call. */
export interface Usage {
  readonly input: number;
  readonly output: number;
}

/** Default label of an agent without an id (`voice/agent.ts`): it names nobody. */
export const DEFAULT_AGENT_LABEL = 'default_agent';

export function labelOf(attributes: Attributes): string | undefined {
  const label = attributes['gen_ai.agent.name'] ?? attributes['lk.agent_label'];
  return typeof label === 'string' && label !== '' ? label : undefined;
}
