import { context as activeContext, trace, type Context } from '@opentelemetry/api';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { asText } from '../mapping/read-attributes.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import { reportEnd, type EndedSpan } from './end-report.js';
import { identityOf, mergeIdentity, type Identity } from './identity.js';
import { warnOfLateSetup } from './late-setup.js';
import { OpenSessions, type OpenSessionsOptions } from './open-sessions.js';
import { openInferenceBelow, readOpenInferenceContext } from './open-inference-context.js';
import { JobRecord, type JobWatch } from './job-record.js';
import { spanFacts } from './span-facts.js';
import { SpanNode } from './span-node.js';
import { reportStart } from './start-report.js';
import { ToolTasks } from './tool-tasks.js';

/** Spans that have ended are kept for children that start late (`realtime_metrics`). */
const MAX_ENDED = 2048;
/** Spans that LiveKit never ends are given up, oldest first, before they become a leak. */
const MAX_OPEN = 16_384;

/** Spans that may stand outside any session: an LLM used alone, a job before its session. */
const STANDALONE: ReadonlySet<string> = new Set([
  LiveKitSpan.JOB_ENTRYPOINT,
  LiveKitSpan.LLM_REQUEST,
  LiveKitSpan.LLM_REQUEST_RUN,
]);

export interface SpanRegistryOptions extends OpenSessionsOptions {
  /** What `setup` was told of every span of the process, the session's id aside. */
  readonly processIdentity: Identity;
  /** LiveKit's own task in which a span starts. */
  readonly currentTask: () => object | undefined;
}

/** Who is whose: every open span, its parent, its session, and what its children have told it. */
export class SpanRegistry {
  readonly #options: SpanRegistryOptions;
  readonly sessions: OpenSessions;
  readonly #open = new Map<string, SpanNode>();
  readonly #ended = new Map<string, SpanNode>();
  readonly #tools: ToolTasks;

  constructor(options: SpanRegistryOptions) {
    this.#options = options;
    this.sessions = new OpenSessions(options);
    this.#tools = new ToolTasks(options.currentTask);
  }

  /** Remembers a span that starts. Nothing is written on it. */
  start(span: Span, context: Context): SpanNode {
    const parent = this.#find(span.parentSpanContext?.spanId);
    // LiveKit starts some spans as roots, or drops the context's values (`on_enter`); the caller's
    // context is still active then and tells where they belong.
    const active = activeContext.active();
    const around = parent ?? this.#find(trace.getSpanContext(active)?.spanId);
    const toldIdentity =
      identityOf(context) ?? (around?.identity === undefined ? identityOf(active) : undefined);
    const node = new SpanNode({
      span,
      parent,
      around,
      session: around?.session,
      identity: identityBelow(around, toldIdentity),
      toldIdentity,
      openInference:
        openInferenceBelow(around?.openInference, readOpenInferenceContext(context)) ??
        readOpenInferenceContext(active),
    });
    this.#open.set(node.spanId, node);
    if (this.#open.size > MAX_OPEN) forgetOldest(this.#open);
    if (node.isLiveKit) this.#joinSession(node);
    node.agentAtStart = node.session?.agentLabel;
    reportStart(node);
    this.#tools.start(node);
    return node;
  }

  /** A span that has started and not ended. */
  openNode(spanId: string): SpanNode | undefined {
    return this.#open.get(spanId);
  }

  /** Puts a job around everything that starts below its span; false when the span isn't recorded. */
  beginJob(spanId: string, tenantId: string | undefined, watch: JobWatch): boolean {
    const node = this.#open.get(spanId);
    if (node === undefined) return false;
    const { parent, startMillis } = node;
    node.isJob = true;
    node.job = new JobRecord({ spanId, startMillis, tenantId, watch });
    if (parent?.livekitName === LiveKitSpan.JOB_ENTRYPOINT) parent.jobBelow ??= node;
    return true;
  }

  /** When LiveKit began the job that this is called in, where nothing else is active. */
  entryStartMillis(): number | undefined {
    const active = this.activeNode();
    return active?.livekitName === LiveKitSpan.JOB_ENTRYPOINT ? active.startMillis : undefined;
  }

  /** Facts about a span that has ended, or of one that is given up as `incomplete`. */
  facts(node: SpanNode, span: ReadableSpan, incomplete: boolean): MappingContext {
    this.#learnConversationId(node, span);
    const { processIdentity, givenSessionId, roomSid } = this.#options;
    const sessionId =
      node.session === undefined ? (givenSessionId() ?? roomSid()) : node.session.givenId;
    const process =
      sessionId === processIdentity.sessionId ? processIdentity : { ...processIdentity, sessionId };
    return spanFacts(node, span, process, incomplete, this.#tools);
  }

  /** Tells the spans above, and lets go of the span. */
  end(node: SpanNode, ended: EndedSpan): void {
    reportEnd(node, ended);
    node.close();
    this.#open.delete(node.spanId);
    this.#ended.set(node.spanId, node);
    if (this.#ended.size > MAX_ENDED) forgetOldest(this.#ended);
    if (node.livekitName === LiveKitSpan.AGENT_SESSION && node.session !== undefined) {
      this.sessions.end(node.session);
    }
  }

  /** The span that is active where this is called; `undefined` when it is no span of ours. */
  activeNode(): SpanNode | undefined {
    return this.#find(trace.getSpanContext(activeContext.active())?.spanId);
  }

  currentTask(): object | undefined {
    return this.#options.currentTask();
  }

  /** Spans that have not ended, outermost first. */
  openSpans(): readonly Span[] {
    return [...this.#open.values()].flatMap(({ span }) => (span === undefined ? [] : [span]));
  }

  /** Whether a span has started here and not ended. */
  isOpen(spanId: string): boolean {
    return this.#open.has(spanId);
  }

  #find(spanId: string | undefined): SpanNode | undefined {
    if (spanId === undefined) return undefined;
    return this.#open.get(spanId) ?? this.#ended.get(spanId);
  }

  #joinSession(node: SpanNode): void {
    if (node.livekitName === LiveKitSpan.AGENT_SESSION) {
      // A trace may hold several sessions that were started from outside this process.
      const isRoot = node.span?.parentSpanContext === undefined;
      node.session = this.sessions.begin(isRoot ? node.traceId : `${node.traceId}-${node.spanId}`);
      node.session.job = node.job;
      for (let above = node.parent; above !== undefined; above = above.parent) {
        above.session ??= node.session;
        above.sessionsBelow = [...above.sessionsBelow, node];
      }
    } else if (!STANDALONE.has(node.name)) {
      node.session ??= this.sessions.ofStrayWithin(node.traceId);
      if (this.sessions.isUnseen(node.session)) warnOfLateSetup(node.name);
    } else if (node.isOrphan) {
      node.session ??= this.sessions.ofStray();
    }
    // Where LiveKit dropped the context, the session still knows its job.
    node.job ??= node.session?.job;
  }

  #learnConversationId(node: SpanNode, span: ReadableSpan): void {
    if (!node.isLiveKit || node.session === undefined) return;
    node.session.conversationId ??= asText(span.attributes['gen_ai.conversation.id']);
  }
}

/**
 * What holds for a span, out of the spans around it and of what its context says. Where LiveKit has
 * dropped the context, what is said further in doesn't know what was said further out.
 */
function identityBelow(
  around: SpanNode | undefined,
  told: Identity | undefined,
): Identity | undefined {
  if (told === undefined) return around?.identity;
  for (let above = around; above !== undefined; above = above.parent) {
    if (above.toldIdentity === told) return around?.identity;
  }
  return mergeIdentity(around?.identity, told);
}

function forgetOldest(nodes: Map<string, SpanNode>): void {
  const oldest = nodes.keys().next();
  if (oldest.done !== true) nodes.delete(oldest.value);
}
