import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { isFailedNode } from '../mapping/llm-call.js';
import type { Failure, MappingContext, ToolCall } from '../mapping/mapping-context.js';
import { asText } from '../mapping/read-attributes.js';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { agentInCharge } from './agent-in-charge.js';
import { mergeIdentity, type Identity } from './identity.js';
import { hasMessagesBelow, isAdapter } from './model-call.js';
import { observedFacts, observedSpeech } from './observed-spans.js';
import type { SpanNode } from './span-node.js';
import { takeToolCallId, toolCallOf } from './tool-call.js';
import { turnTimes } from './turn-latency.js';
import type { ToolTasks } from './tool-tasks.js';

/** Everything that other spans say about this one, at the moment it ends. */
export function spanFacts(
  node: SpanNode,
  span: ReadableSpan,
  process: Identity,
  incomplete: boolean,
  tools: ToolTasks,
): MappingContext {
  const { attributes } = span;
  // Taken apart by hand: this is made for every span, and spreading costs more than all the rest.
  const { tokensBelow, messagesBelow } = callsBelow(node, attributes);
  const { input, output } = wordsAround(node, attributes);
  // What holds for a job holds for the span that LiveKit opened just before it.
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
    contextAttributes: node.openInference?.attributes,
    failure: failureOf(node, attributes),
    tokensBelow,
    messagesBelow,
    model: asText(attributes[GenAiAttr.REQUEST_MODEL]),
    toolCalls: node.livekitName === LiveKitSpan.LLM_NODE ? startedToolCalls(node) : [],
    toolCallId:
      node.livekitName === LiveKitSpan.FUNCTION_TOOL ? takeToolCallId(node, attributes) : undefined,
    withinTool: tools.around(node),
    belowSpanId: node.jobBelow?.spanId,
    isRoot: isRoot(node),
    input,
    output,
    observed: observedFacts(node),
    latency: incomplete ? undefined : turnTimes(node, span),
    summary: summaryOf(node),
    isInJob: node.job !== undefined,
    job: node.isJob ? node.job?.facts(hrTimeToMilliseconds(span.endTime)) : undefined,
    incomplete,
  };
}

/** A session in figures, on its root; a job's is of all its sessions together. */
function summaryOf(node: SpanNode): MappingContext['summary'] {
  if (node.isJob) return node.job?.tally.summary();
  return node.livekitName === LiveKitSpan.AGENT_SESSION ? node.session?.tally.summary() : undefined;
}

/**
 * LiveKit opens `job_entrypoint` before the entry function can put its span around the job. The
 * job's span is sent as the root that it is meant to be, and LiveKit's below it.
 */
function isRoot(node: SpanNode): boolean {
  return node.parent?.jobBelow === node;
}

/**
 * What the application said: `agentSpan` and `manualSpan` first, then OpenInference's context, then
 * `setup`. For the session, the room and a name that is stable within it come after these.
 */
function identityAround(node: SpanNode, process: Identity): Identity {
  const around = node.openInference;
  const outer = around === undefined ? process : mergeIdentity(process, around.identity);
  return node.identity === undefined ? outer : mergeIdentity(outer, node.identity);
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

/** Only spans that stand for what is below them fail with it. */
function failureOf(node: SpanNode, attributes: Attributes): Failure | undefined {
  if (node.livekitName === LiveKitSpan.LLM_NODE && isFailedNode(node.name, attributes)) {
    return { message: node.lastFailure?.message };
  }
  return node.lastFailure;
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

/** What was said first and last in the sessions of a job. */
function wordsOfJob({ sessionsBelow }: SpanNode): Pick<MappingContext, 'input' | 'output'> {
  const sessions = sessionsBelow.map(({ session }) => session);
  return {
    input: sessions.find((session) => session?.firstInput !== undefined)?.firstInput,
    output: sessions.findLast((session) => session?.lastOutput !== undefined)?.lastOutput,
  };
}

function wordsAround(
  node: SpanNode,
  attributes: Attributes,
): { readonly input: string | undefined; readonly output: string | undefined } {
  const { session } = node;
  if (node.livekitName === LiveKitSpan.AGENT_SESSION) {
    return { input: session?.firstInput, output: session?.lastOutput };
  }
  if (node.isJob || node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) return wordsOfJob(node);
  if (node.livekitName === LiveKitSpan.AGENT_TURN) {
    const speechId = asText(attributes['lk.speech_id']);
    const input = speechId === undefined ? undefined : session?.inputOfSpeech(speechId);
    return { input, output: undefined };
  }
  if (node.livekitName === LiveKitSpan.AGENT_SPEAKING)
    return { input: undefined, output: observedSpeech(node) };
  return { input: node.inputBelow, output: node.outputBelow };
}
