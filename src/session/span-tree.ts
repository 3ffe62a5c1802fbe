import { context as activeContext, trace, type Context } from '@opentelemetry/api';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';
import { warnOnce } from '../diagnostics.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import {
  identityOf,
  mergeIdentity,
  openInferenceBelow,
  readOpenInferenceContext,
  type Identity,
} from './identity.js';
import type { JobRecord } from './job.js';
import { propagateEnd, propagateStart } from './propagation.js';
import { Session, SessionsBelow } from './session.js';
import { contextOf, type ContextSources } from './span-context.js';
import { isSpanOfSdk, SpanNode } from './span-node.js';

/** Open spans that are found by their id. LiveKit never ends some: the oldest are forgotten. */
const MAX_OPEN = 16_384;

/** Spans that may be outside any session: a model used alone, a job before its session. */
const STANDALONE: ReadonlySet<string> = new Set([
  LiveKitSpan.JOB_ENTRYPOINT,
  LiveKitSpan.LLM_REQUEST,
  LiveKitSpan.LLM_REQUEST_RUN,
  LiveKitSpan.TTS_REQUEST,
  'tts_request_run',
  'event_loop_blocked',
]);

/** Spans that show that a session is running, whose start was not seen. */
const ONLY_IN_SESSION: ReadonlySet<string> = new Set([
  LiveKitSpan.START_AGENT_ACTIVITY,
  LiveKitSpan.RESUME_AGENT_ACTIVITY,
  LiveKitSpan.USER_TURN,
  LiveKitSpan.AGENT_TURN,
  LiveKitSpan.AGENT_SPEAKING,
]);

export interface SpanTreeOptions extends ContextSources {
  /** LiveKit's task in which this is called. */
  readonly currentTask: () => object | undefined;
  /** Sampled and in scope. */
  readonly isSent: (span: ReadableSpan) => boolean;
}

/**
 * Every span's parent, session, job and identity, and what its children have passed up to it. A node
 * is kept by its span, so it is there for late children (`realtime_metrics`) and goes with it.
 */
export class SpanTree {
  readonly #options: SpanTreeOptions;
  readonly #nodes = new WeakMap<object, SpanNode>();
  readonly #open = new Map<string, SpanNode>();
  readonly #openSessions = new Set<Session>();
  #lastSession: Session | undefined;
  /** Made up for spans of a session that started before `setup()`. */
  #unseenSession: Session | undefined;

  constructor(options: SpanTreeOptions) {
    this.#options = options;
  }

  /** Nothing is written on the span. */
  start(span: Span, context: Context): SpanNode {
    const node = this.#add(span, context);
    this.#open.set(node.spanId, node);
    if (this.#open.size > MAX_OPEN) this.#forgetOldest();
    if (node.livekitName === LiveKitSpan.AGENT_SESSION) this.#beginSession(node);
    else if (node.isLiveKit) this.#joinSession(node);
    node.agentAtStart = node.session?.agentLabel;
    propagateStart(node);
    const { turn } = node;
    if (turn !== undefined && (turn === node || turn === node.parent)) {
      node.task = this.#options.currentTask();
    }
    return node;
  }

  has(span: ReadableSpan): boolean {
    return this.#nodes.has(span);
  }

  /**
   * The node of a span that ends or has ended. One that started before this processor was there gets
   * a node now, from its parent and from the context that it ends in.
   */
  nodeOf(span: ReadableSpan): SpanNode {
    const known = this.#nodes.get(span) ?? this.#open.get(span.spanContext().spanId);
    if (known !== undefined) return known;
    const node = this.#add(span, activeContext.active());
    if (node.isLiveKit) this.#joinSession(node);
    node.agentAtStart = node.session?.agentLabel;
    // Metrics have not counted its start.
    node.isMeasured = true;
    return node;
  }

  isOpen(spanId: string): boolean {
    return this.#open.has(spanId);
  }

  /** Outermost first. */
  openNodes(): readonly SpanNode[] {
    return [...this.#open.values()];
  }

  /** The span that is active where this is called; `undefined` when it is not in the tree. */
  activeNode(): SpanNode | undefined {
    return this.#nodeIn(activeContext.active());
  }

  currentTask(): object | undefined {
    return this.#options.currentTask();
  }

  /**
   * The session of the active span, when it is open. If asked, the only open one in place of any
   * other, but not where a span is active that is not in the tree: that of an unsampled session.
   */
  openSessionAt(active: SpanNode | undefined, elseTheOnlyOne: boolean): Session | undefined {
    if (active?.session?.isOver === false) return active.session;
    const isUnknown = active === undefined && trace.getActiveSpan() !== undefined;
    return elseTheOnlyOne && !isUnknown ? this.#onlySession() : undefined;
  }

  /** Waits no longer for the `close` events of open sessions. */
  settleSessions(): void {
    for (const session of this.#openSessions) session.observed?.settle();
  }

  /** Puts a job around everything that starts below its span. Whether that span will be sent. */
  beginJob(spanId: string, job: JobRecord): boolean {
    const node = this.#open.get(spanId);
    if (node === undefined) return false;
    const { parent } = node;
    node.isJob = true;
    node.job = job;
    node.sessionsBelow = job.sessions;
    if (parent?.livekitName === LiveKitSpan.JOB_ENTRYPOINT) parent.jobBelow ??= node;
    return node.isSent;
  }

  /** What the spans around say of one that has ended, or is sent as `incomplete`. */
  contextOf(node: SpanNode, span: ReadableSpan, incomplete: boolean): MappingContext {
    return contextOf(node, span, this.#options, incomplete);
  }

  /**
   * Passes up what the spans above need, and lets go of the span. `mapped` is the span before
   * redaction, `undefined` of one that is not sent.
   */
  end(node: SpanNode, span: ReadableSpan, mapped: MappedSpan | undefined): void {
    propagateEnd(node, span, mapped);
    if (node.livekitName === LiveKitSpan.AGENT_SESSION) this.#endSession(node);
    node.close();
    this.#open.delete(node.spanId);
  }

  #add(span: ReadableSpan, context: Context): SpanNode {
    const parentId = span.parentSpanContext?.spanId;
    const inContext = trace.getSpan(context);
    const parent =
      parentId === undefined
        ? undefined
        : (inContext?.spanContext().spanId === parentId && this.#nodes.get(inContext)) ||
          this.#open.get(parentId);
    // LiveKit starts some spans as roots, or drops the context's values (`on_enter`). The caller's
    // context is still active then and shows where they belong.
    const active = activeContext.active();
    const around = parent ?? this.#nodeIn(active);
    const sentParentId = parent === undefined ? this.#sentAbove(span, inContext) : parent.sentId;
    const node = new SpanNode(span, this.#options.isSent(span), parent, around, sentParentId);
    let identity = identityOf(context);
    let openInference = openInferenceBelow(
      around?.openInference,
      readOpenInferenceContext(context),
    );
    if (active !== context) {
      if (around?.identity === undefined) identity ??= identityOf(active);
      openInference ??= readOpenInferenceContext(active);
    }
    node.contextIdentity = identity;
    node.identity = identityBelow(around, identity);
    const agent = node.identity?.agent;
    node.namesAgent = !node.isLiveKit && agent !== undefined && agent !== around?.identity?.agent;
    node.openInference = openInference;
    this.#nodes.set(span, node);
    return node;
  }

  #nodeIn(context: Context): SpanNode | undefined {
    const span = trace.getSpan(context);
    return span && (this.#nodes.get(span) ?? this.#open.get(span.spanContext().spanId));
  }

  /**
   * Id of the nearest sent span above one whose parent is not in the tree. A remote parent is sent by
   * its own process. A span of another provider is not sent from here: what is above it may be.
   */
  #sentAbove(span: ReadableSpan, inContext: object | undefined): string | undefined {
    const parent = span.parentSpanContext;
    if (parent === undefined) return undefined;
    if (parent.isRemote === true || !isSpanOfSdk(inContext)) return parent.spanId;
    const above = inContext.parentSpanContext;
    if (above === undefined) return undefined;
    return above.isRemote === true ? above.spanId : this.#open.get(above.spanId)?.sentId;
  }

  #beginSession(node: SpanNode): void {
    // A trace may have several sessions that were started from outside this process.
    const isRoot = node.span?.parentSpanContext === undefined;
    const id = isRoot ? node.traceId : `${node.traceId}-${node.spanId}`;
    const session = this.#createSession(id, node.job);
    this.#openSessions.add(session);
    node.session = session;
    for (let above = node.parent; above !== undefined; above = above.parent) {
      above.session ??= session;
      if (above.livekitName === LiveKitSpan.JOB_ENTRYPOINT) {
        above.sessionsBelow ??= new SessionsBelow();
      }
      above.sessionsBelow?.open.add(session);
    }
  }

  #createSession(fallbackId: string, job: JobRecord | undefined): Session {
    const { configuredSessionId, roomSid } = this.#options;
    this.#lastSession = new Session(fallbackId, configuredSessionId(), roomSid(), job);
    return this.#lastSession;
  }

  #endSession(node: SpanNode): void {
    const { session } = node;
    if (session === undefined) return;
    session.failedAttempt = undefined;
    session.isOver = true;
    this.#openSessions.delete(session);
    for (let above = node.parent; above !== undefined; above = above.parent) {
      above.sessionsBelow?.end(session);
    }
  }

  /**
   * Gives a session to a span of LiveKit's without one around it, as several are up to 1.7.1. A
   * session that started before `setup()` was not seen: one is made up, so that its scattered spans
   * share an id.
   */
  #joinSession(node: SpanNode): void {
    const mayBeAlone = STANDALONE.has(node.name);
    if (node.session === undefined && (node.isOrphan || !mayBeAlone)) {
      if (this.#lastSession === undefined && !mayBeAlone) {
        this.#unseenSession = this.#createSession(node.traceId, undefined);
      }
      // When none is open, the one that was open last.
      const session = this.#openSessions.size === 0 ? this.#lastSession : this.#onlySession();
      node.session = session;
      const isUnseen = session !== undefined && session === this.#unseenSession;
      if (isUnseen && ONLY_IN_SESSION.has(node.name)) {
        warnOnce(
          'late_setup',
          'An AgentSession started before tracing was set up: its agent_session span and all that came before are missing, and each of its turns is a separate trace. Call setup() before session.start(); in a worker, at module level.',
        );
      }
    }
    // Where LiveKit dropped the context, the session still knows its job.
    node.job ??= node.session?.job;
  }

  #onlySession(): Session | undefined {
    const [session] = this.#openSessions;
    return this.#openSessions.size === 1 ? session : undefined;
  }

  #forgetOldest(): void {
    const [oldest] = this.#open.values();
    if (oldest === undefined) return;
    this.#open.delete(oldest.spanId);
    if (oldest.livekitName === LiveKitSpan.AGENT_SESSION) this.#endSession(oldest);
  }
}

/**
 * The identity of a span, from the spans around it and from its context. Where LiveKit has dropped
 * the context, the inner one does not include what the outer one says.
 */
function identityBelow(
  around: SpanNode | undefined,
  own: Identity | undefined,
): Identity | undefined {
  if (own === undefined) return around?.identity;
  for (let above = around; above !== undefined; above = above.parent) {
    if (above.contextIdentity === own) return around?.identity;
  }
  return mergeIdentity(around?.identity, own);
}
