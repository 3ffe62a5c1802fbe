import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { AgentIdentity, MappingContext, ToolCall } from '../mapping/mapping-context.js';
import { asText, parseJsonRecord } from '../mapping/read-attributes.js';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import { mergeIdentity, type Identity } from './identity.js';
import { isConversation, readUsage } from './propagation.js';
import { DEFAULT_AGENT_LABEL, type SpanNode } from './span-node.js';
import { takeToolCallId, toolAround, toolCallOf } from './tool-calls.js';
import { noteSpeech, timesOfAnswer } from './turn-latency.js';

/** What is the same for all spans of a set-up. */
export interface ContextSources {
  /** What `setup` says of every span of the process, except the session's id. */
  readonly processIdentity: Identity;
  /** Asks the option `sessionId`: when a session starts, and once for a trace without one. */
  readonly configuredSessionId: () => string | undefined;
  /** Sid of the room whose job is running; `undefined` outside a job. */
  readonly roomSid: () => string | undefined;
}

type Draft = { -readonly [Field in keyof MappingContext]: MappingContext[Field] };

const NONE: readonly never[] = Object.freeze([]);

/** Everything that other spans say of this one, at the moment it ends. */
export function contextOf(
  node: SpanNode,
  span: ReadableSpan,
  sources: ContextSources,
  incomplete: boolean,
): MappingContext {
  const { session } = node;
  if (node.isLiveKit && session !== undefined) {
    session.conversationId ??= asText(span.attributes['gen_ai.conversation.id']);
  }
  // A job's span is around the span that LiveKit opened just before it.
  const at = node.jobBelow ?? node;
  // `agentSpan` and `manualSpan` win over OpenInference's context, and that wins over `setup`.
  const identity = mergeIdentity(
    mergeIdentity(sources.processIdentity, at.openInference?.identity),
    at.identity,
  );
  const withinTool = toolAround(node);
  // With all its fields, and none by spreading: objects of one shape are read ten times as fast.
  const context: Draft = {
    userId: identity.userId,
    metadata: identity.metadata,
    tags: identity.tags,
    useCase: identity.useCase,
    callSite: identity.callSite,
    sessionId:
      identity.sessionId ??
      session?.id ??
      configuredSessionIdOf(node.localRoot, sources) ??
      at.job?.roomSid ??
      node.traceId,
    tenantId: at.job?.tenantId,
    agent: agentInCharge(at),
    previousAgentId: node.previousAgent,
    contextAttributes: node.openInference?.attributes,
    failure: node.failure ?? node.speechFailure,
    model: asText(span.attributes[GenAiAttr.REQUEST_MODEL]),
    withinTool,
    belowSpanId:
      node.jobBelow?.spanId ?? (withinTool?.spanId === undefined ? node.movedBelow : undefined),
    isRoot: node.parent?.jobBelow === node || (node.isTopmostSent && node.jobBelow === undefined),
    input: node.inputBelow,
    output: node.outputBelow,
    isInJob: node.job !== undefined,
    incomplete,
    tokensBelow: false,
    messagesBelow: false,
    toolCalls: NONE,
    toolCallId: undefined,
    ttsMetrics: undefined,
    stt: undefined,
    closing: undefined,
    exchange: undefined,
    transcript: NONE,
    latency: undefined,
    summary: undefined,
    job: undefined,
    isUnheard: false,
  };
  if (node.isJob) {
    addSessionsBelow(context, node);
    context.summary = node.job?.statistics;
    context.job = node.job?.summary(hrTimeToMilliseconds(span.endTime) - node.startMillis);
  } else if (node.isLiveKit) addLiveKit(context, node, span);
  return context;
}

/** Asks the application, so only where nothing else names the session. */
function configuredSessionIdOf(
  root: SpanNode,
  { configuredSessionId, roomSid }: ContextSources,
): string | undefined {
  root.configuredSessionId ??= { id: configuredSessionId() };
  return root.configuredSessionId.id ?? roomSid();
}

/** What only some of LiveKit's spans need. A span fails with what it contains. */
function addLiveKit(context: Draft, node: SpanNode, { attributes }: ReadableSpan): void {
  const { session, requests, turn } = node;
  const observed = session?.observed;
  switch (node.livekitName) {
    case LiveKitSpan.JOB_ENTRYPOINT:
      addSessionsBelow(context, node);
      return;
    case LiveKitSpan.AGENT_SESSION:
      context.input = session?.firstInput;
      context.output = session?.lastOutput;
      context.failure = session?.failure;
      context.summary = session?.statistics;
      if (observed !== undefined) {
        context.stt = observed.stt;
        context.closing = observed.closing;
        context.transcript = [...observed.transcript];
      }
      return;
    case LiveKitSpan.USER_TURN:
      context.stt = node.stt;
      return;
    case LiveKitSpan.AGENT_TURN: {
      const speechId = asText(attributes[LiveKitAttr.SPEECH_ID]);
      if (speechId !== undefined) context.input = session?.speech(speechId).input;
      context.isUnheard = node.speechFailure !== undefined && !node.hasSpoken;
      if (!context.incomplete) context.latency = timesOfAnswer(node, attributes);
      if (node.modelNode === undefined) context.exchange = node.exchange?.messages;
      return;
    }
    case LiveKitSpan.REALTIME_INFERENCE:
    case LiveKitSpan.REALTIME_METRICS:
      if (turn?.modelNode === undefined) context.exchange = turn?.exchange?.messages;
      return;
    case LiveKitSpan.LLM_NODE: {
      context.tokensBelow = requests.length > 0;
      context.messagesBelow = hasMessagesBelow(node);
      context.toolCalls = startedToolCalls(node);
      // A custom `llmNode` that threw has the type on itself, and no attempt below.
      const errorType = node.failure?.errorType ?? asText(attributes['error.type']);
      if (errorType !== undefined) context.failure = { message: node.failure?.message, errorType };
      return;
    }
    case LiveKitSpan.LLM_REQUEST: {
      const isOverAdapter = isAdapter(node, attributes);
      context.tokensBelow = isOverAdapter || node.usageBelow;
      context.messagesBelow = isOverAdapter && hasMessagesBelow(node);
      return;
    }
    case LiveKitSpan.TTS_REQUEST:
      context.tokensBelow = requests.length > 0;
      context.ttsMetrics = parseJsonRecord(attributes[LiveKitAttr.TTS_METRICS]);
      if (!context.incomplete) noteSpeech(node, context.ttsMetrics);
      if (attributes[LiveKitAttr.TTS_METRICS] === undefined) context.failure ??= node.innerFailure;
      return;
    case LiveKitSpan.TTS_NODE:
      if (attributes['lk.response.ttfb'] === undefined) context.failure ??= node.innerFailure;
      return;
    case LiveKitSpan.AGENT_SPEAKING:
      if (!context.incomplete) context.output = observed?.takeSpoken();
      return;
    case LiveKitSpan.FUNCTION_TOOL:
      context.toolCallId = node.toolCallId ??= takeToolCallId(node, attributes);
      return;
    default:
  }
}

/** A job begins as the first of its sessions and ends as the last. */
function addSessionsBelow(context: Draft, { sessionsBelow }: SpanNode): void {
  context.input = sessionsBelow?.input;
  context.output = sessionsBelow?.output;
  context.failure = sessionsBelow?.lastEnd?.failure;
  context.closing = sessionsBelow?.lastEnd?.closing;
}

/**
 * The agent of a span: the nearest above that names one, LiveKit's label or an `agentSpan`. A span
 * without a label has the agent that was in charge of the session when it started, unless an
 * `agentSpan` within the session is around it. LiveKit's default label names nobody, so any agent
 * further out wins over it.
 */
function agentInCharge(node: SpanNode): AgentIdentity | undefined {
  let inCharge: string | undefined;
  let fallback: string | undefined;
  for (let at: SpanNode | undefined = node; at !== undefined; at = at.parent) {
    // An agent that was named around the session is further out than the session's own.
    if (at.namesAgent && (inCharge === undefined || at.agentAtStart !== undefined)) {
      return at.identity?.agent;
    }
    const label = at.label();
    const { agentAtStart } = at;
    if (label !== undefined && label !== DEFAULT_AGENT_LABEL) {
      inCharge ??= label;
      break;
    }
    if (agentAtStart !== DEFAULT_AGENT_LABEL) inCharge ??= agentAtStart;
    fallback ??= label ?? agentAtStart;
  }
  const known = node.identity?.agent;
  if (inCharge === undefined && known !== undefined) return known;
  const id = inCharge ?? fallback;
  if (id === undefined || known?.id === id) return known;
  // LiveKit knows an agent by its id alone.
  return { id, name: id, role: undefined };
}

const ADAPTER_MODEL = 'FallbackAdapter';

/**
 * Whether the requests inside this one are its own call and not calls of another model. A fallback
 * adapter (`llm/fallback_adapter.ts`) repeats the usage of the request that answered; an LLM that
 * asks another one while it runs reports different tokens.
 */
function isAdapter({ requests }: SpanNode, attributes: ReadableSpan['attributes']): boolean {
  if (requests.length === 0) return false;
  if (attributes[GenAiAttr.REQUEST_MODEL] === ADAPTER_MODEL) return true;
  const usage = readUsage(attributes);
  if (usage === undefined) return true;
  return requests.some(
    ({ usage: inner }) => inner?.input === usage.input && inner.output === usage.output,
  );
}

/** Whether a request of this node has the conversation, or will have it when it ends. */
function hasMessagesBelow({ requests }: SpanNode): boolean {
  return requests.some(({ hasMessages, span }) => hasMessages || isConversation(span?.attributes));
}

/**
 * Up to 1.5.2 an `llm_node` does not record the calls that its model asked for, but their tools
 * have started by the time it ends, and some have ended.
 */
function startedToolCalls({ turn }: SpanNode): readonly ToolCall[] {
  if (turn === undefined || turn.startedTools.length === 0) return NONE;
  return turn.startedTools.flatMap((tool) => {
    const { name, arguments: input } = toolCallOf(tool);
    return name === undefined || input === undefined
      ? []
      : { id: undefined, name, arguments: input };
  });
}
