import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { asText } from '../mapping/read-attributes.js';
import type {
  AgentIdentity,
  Failure,
  MappingContext,
  ToolCall,
} from '../mapping/mapping-context.js';
import { isFailedNode } from '../mapping/llm-call.js';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import {
  hasMessagesBelow,
  isAdapter,
  takeToolCallId,
  toolCallOf,
  type ToolTasks,
} from './calls.js';
import { mergeIdentity, type Identity } from './identity.js';
import { observedFacts } from './observed-session.js';
import { turnTimes } from './turn-latency.js';
import { DEFAULT_AGENT_LABEL, type SpanNode } from './span-node.js';

/** Everything that other spans say of this one, at the moment it ends. */
export function contextOf(
  node: SpanNode,
  span: ReadableSpan,
  process: Identity,
  incomplete: boolean,
  tools: ToolTasks,
): MappingContext {
  const { attributes } = span;
  // Taken apart by hand: this is made for every span, and spreading costs more than all the rest.
  const { tokensBelow, messagesBelow } = callsBelow(node, attributes);
  const { input, output } = inputOutputAround(node, attributes);
  const withinTool = tools.around(node);
  // A job's span is around the span that LiveKit opened just before it.
  const job = node.jobBelow ?? node;
  const identity = identityAround(job, process);
  return {
    sessionId: identity.sessionId ?? node.session?.id ?? job.job?.roomSid ?? node.traceId,
    userId: identity.userId,
    tenantId: job.job?.tenantId,
    agent: agentInCharge(job),
    previousAgentId: node.previousAgent,
    metadata: identity.metadata,
    tags: identity.tags,
    useCase: identity.useCase,
    callSite: identity.callSite,
    contextAttributes: node.openInference?.attributes,
    failure: failureOf(node, attributes),
    tokensBelow,
    messagesBelow,
    model: asText(attributes[GenAiAttr.REQUEST_MODEL]),
    toolCalls: node.livekitName === LiveKitSpan.LLM_NODE ? startedToolCalls(node) : [],
    toolCallId:
      node.livekitName === LiveKitSpan.FUNCTION_TOOL ? takeToolCallId(node, attributes) : undefined,
    withinTool,
    belowSpanId:
      node.jobBelow?.spanId ?? (withinTool?.spanId === undefined ? node.movedBelow : undefined),
    isRoot: isRoot(node),
    input,
    output,
    observed: observedFacts(node),
    latency: incomplete ? undefined : turnTimes(node, span),
    summary: summaryOf(node),
    isInJob: node.job !== undefined,
    job: node.isJob ? node.job?.endingAt(hrTimeToMilliseconds(span.endTime)) : undefined,
    isUnheard: isUnheard(node),
    incomplete,
  };
}

/** The statistics of a session on its span; a job's are of all its sessions together. */
function summaryOf(node: SpanNode): MappingContext['summary'] {
  if (node.isJob) return node.job?.statistics.summary();
  return node.livekitName === LiveKitSpan.AGENT_SESSION
    ? node.session?.statistics.summary()
    : undefined;
}

/**
 * LiveKit opens `job_entrypoint` before the entry function can put its span around the job. The
 * job's span is sent as the root that it is meant to be, and LiveKit's below it. A span is a root
 * too when nothing above it is sent.
 */
function isRoot(node: SpanNode): boolean {
  return node.parent?.jobBelow === node || (node.isTopmostSent && node.jobBelow === undefined);
}

/**
 * What the application says: `agentSpan` and `manualSpan` first, then OpenInference's context, then
 * `setup`. For the session, the room and a name that is stable within it come after these.
 */
function identityAround(node: SpanNode, process: Identity): Identity {
  const around = node.openInference;
  const outer = around === undefined ? process : mergeIdentity(process, around.identity);
  return node.identity === undefined ? outer : mergeIdentity(outer, node.identity);
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
    if (label !== undefined) {
      if (label !== DEFAULT_AGENT_LABEL) {
        return livekitAgent(inCharge ?? label, node.identity?.agent);
      }
      fallback ??= label;
    }
    const { agentAtStart } = at;
    if (agentAtStart === undefined) continue;
    if (agentAtStart !== DEFAULT_AGENT_LABEL) inCharge ??= agentAtStart;
    fallback ??= agentAtStart;
  }
  if (inCharge !== undefined) return livekitAgent(inCharge, node.identity?.agent);
  return node.identity?.agent ?? (fallback === undefined ? undefined : livekitAgent(fallback));
}

/** LiveKit knows an agent by its id alone. */
function livekitAgent(label: string, known?: AgentIdentity): AgentIdentity {
  if (known !== undefined && known.id === label) return known;
  return { id: label, name: label, role: undefined };
}

function callsBelow(
  node: SpanNode,
  attributes: Attributes,
): { readonly tokensBelow: boolean; readonly messagesBelow: boolean } {
  if (node.livekitName === LiveKitSpan.LLM_REQUEST) {
    const adapter = isAdapter(node, attributes);
    return {
      tokensBelow: adapter || node.usageBelow,
      messagesBelow: adapter && hasMessagesBelow(node),
    };
  }
  if (node.livekitName === LiveKitSpan.TTS_REQUEST) {
    return { tokensBelow: node.requests.length > 0, messagesBelow: false };
  }
  const isNode = node.livekitName === LiveKitSpan.LLM_NODE;
  return {
    tokensBelow: isNode && node.requests.length > 0,
    messagesBelow: isNode && hasMessagesBelow(node),
  };
}

/** These spans fail with what is below them: request, node, turn, session and job. */
function failureOf(node: SpanNode, attributes: Attributes): Failure | undefined {
  if (node.isJob || node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) {
    return node.sessionsBelow?.lastEnd?.failure;
  }
  switch (node.livekitName) {
    case LiveKitSpan.AGENT_SESSION:
      return node.session?.failure;
    case LiveKitSpan.LLM_NODE:
      if (!isFailedNode(node.name, attributes)) return node.failure;
      return {
        message: node.failure?.message,
        errorType: node.failure?.errorType ?? asText(attributes['error.type']),
      };
    case LiveKitSpan.TTS_REQUEST:
      return (
        node.failure ?? (attributes['lk.tts_metrics'] === undefined ? node.innerFailure : undefined)
      );
    case LiveKitSpan.TTS_NODE:
      return (
        node.failure ??
        (attributes['lk.response.ttfb'] === undefined ? node.innerFailure : undefined)
      );
    default:
      return node.failure ?? node.speechFailure;
  }
}

/** A turn whose speech failed before the agent began to speak. */
function isUnheard(node: SpanNode): boolean {
  return (
    node.livekitName === LiveKitSpan.AGENT_TURN &&
    node.speechFailure !== undefined &&
    !node.hasSpoken
  );
}

/**
 * Up to 1.5.2 an `llm_node` does not record the calls that its model asked for, but their tools
 * have started by the time it ends, and some have ended.
 */
function startedToolCalls(node: SpanNode): readonly ToolCall[] {
  return (node.parent?.startedTools ?? []).flatMap(
    (tool) => tool.carriedOut ?? toolCallOf(tool.span?.attributes ?? {}) ?? [],
  );
}

function inputOutputAround(
  node: SpanNode,
  attributes: Attributes,
): { readonly input: string | undefined; readonly output: string | undefined } {
  const { session, sessionsBelow } = node;
  if (node.isJob || node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) {
    return { input: sessionsBelow?.input, output: sessionsBelow?.output };
  }
  switch (node.livekitName) {
    case LiveKitSpan.AGENT_SESSION:
      return { input: session?.firstInput, output: session?.lastOutput };
    case LiveKitSpan.AGENT_TURN: {
      const speechId = asText(attributes['lk.speech_id']);
      const input = speechId === undefined ? undefined : session?.inputOfSpeech(speechId);
      return { input, output: undefined };
    }
    case LiveKitSpan.AGENT_SPEAKING:
      return { input: undefined, output: session?.observed?.takeSpoken() };
    default:
      return { input: node.inputBelow, output: node.outputBelow };
  }
}
