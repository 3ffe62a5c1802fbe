import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { Attr } from '../semconv/attribute-keys.js';
import { CatalystAttr as C } from '../semconv/catalyst-attributes.js';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import { LiveKitSpan } from './livekit-spans.js';
import { isCancelled } from './llm-call.js';
import type { AgentIdentity } from './mapping-context.js';
import { asText } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { isInterruptedTool } from './tool.js';

/** Puts session, user and agent of a span, and what the application says of them. */
export function putIdentity(mapping: SpanMapping): void {
  const { context } = mapping;
  mapping.put(S.SESSION_ID, context.sessionId);
  mapping.put(S.USER_ID, context.userId);
  mapping.put(C.TENANT_ID, context.tenantId);
  const agent = ownAgent(mapping) ?? context.agent;
  mapping.put(Attr.AGENT_ID, agent?.id);
  mapping.put(S.AGENT_NAME, agent?.name);
  mapping.put(Attr.AGENT_ROLE, agent?.role);
  mapping.put(C.PREVIOUS_AGENT_ID, context.previousAgentId);
  if (context.tags !== undefined) mapping.put(S.TAG_TAGS, [...context.tags]);
  mapping.put(Attr.USE_CASE, context.useCase);
  mapping.put(Attr.CALL_SITE, context.callSite);
  putMetadata(mapping);
  if (context.incomplete) mapping.put(C.INCOMPLETE, true);
  const more = context.contextAttributes;
  for (const key in more) mapping.put(key, more[key]);
}

/** The agent that another framework names on its span is another one than LiveKit's around it. */
function ownAgent({ isLiveKit, raw }: SpanMapping): AgentIdentity | undefined {
  if (isLiveKit) return undefined;
  const id = asText(raw[GenAiAttr.AGENT_ID]);
  const name = asText(raw[GenAiAttr.AGENT_NAME]);
  if (id === undefined && name === undefined) return undefined;
  return { id: id ?? name, name: name ?? id, role: undefined };
}

/**
 * `metadata` is one JSON object: the application's, that a span was interrupted, and the tool call
 * in which it was opened. The interruption also has its own key, which has no content and so
 * stays when metadata is withheld.
 */
function putMetadata(mapping: SpanMapping): void {
  const { metadata, withinTool } = mapping.context;
  const interrupted = isInterrupted(mapping);
  if (interrupted) mapping.put(C.INTERRUPTED, true);
  if (metadata === undefined && !interrupted && withinTool === undefined) return;
  const all = {
    ...metadata,
    ...(interrupted && { interrupted: true }),
    ...(withinTool && { [S.TOOL_NAME]: withinTool.name, [S.TOOL_CALL_ID]: withinTool.callId }),
  };
  mapping.put(S.METADATA, JSON.stringify(all));
}

/** Interrupted is not failed: the user spoke over the agent, and that is how calls go. */
function isInterrupted(mapping: SpanMapping): boolean {
  const { raw } = mapping;
  if (!mapping.isLiveKit) return false;
  switch (mapping.name) {
    case LiveKitSpan.AGENT_TURN:
      return raw[LiveKitAttr.INTERRUPTED] === true;
    case LiveKitSpan.LLM_REQUEST:
    case LiveKitSpan.REALTIME_INFERENCE:
    case LiveKitSpan.REALTIME_METRICS:
      return isCancelled(mapping);
    case LiveKitSpan.TTS_REQUEST:
      return mapping.context.ttsMetrics?.['cancelled'] === true;
    case LiveKitSpan.FUNCTION_TOOL:
      return !mapping.context.incomplete && isInterruptedTool(raw);
    default:
      return false;
  }
}

/** What the root of a session, or of a job, says about all of it. */
export function putSession(mapping: SpanMapping): void {
  const { job, closing, input, output } = mapping.context;
  putStatistics(mapping);
  mapping.put(C.SESSION_CLOSE_REASON, closing?.reason);
  mapping.put(C.SESSION_ERROR_TYPE, closing?.errorType);
  if (job === undefined) return;
  mapping.putInput(input);
  mapping.putOutput(output);
  mapping.put(C.JOB_DURATION_MS, job.durationMillis);
  mapping.put(C.ROOM_SID, job.roomSid);
  mapping.put(C.ROOM_NAME, job.roomName);
  mapping.put(C.PARTICIPANT_KIND, job.participantKind);
  mapping.put(C.DISCONNECT_REASON, job.disconnectReason);
  mapping.put(C.SESSION_CLOSE_REASON, job.closeReason);
}

/**
 * Puts a session's statistics on its root. The tokens are JSON under another key: under those
 * of a model call, backends would add them to what the calls say.
 */
function putStatistics(mapping: SpanMapping): void {
  const { summary } = mapping.context;
  if (summary === undefined) return;
  mapping.put(C.SESSION_TURNS, summary.turns);
  mapping.put(C.SESSION_INTERRUPTIONS, summary.interruptions);
  mapping.put(Attr.AGENT_LLM_CALL_COUNT, summary.modelCalls);
  mapping.put(C.SESSION_LLM_ERRORS, summary.modelErrors);
  mapping.put(Attr.AGENT_TOOL_CALL_COUNT, summary.toolCalls);
  mapping.put(C.SESSION_TOOL_ERRORS, summary.toolErrors);
  if (summary.agents.length > 0) mapping.put(C.SESSION_AGENTS, [...summary.agents]);
  if (summary.tokensByModel.size > 0) {
    const tokens = JSON.stringify(Object.fromEntries(summary.tokensByModel));
    mapping.put(C.SESSION_TOKENS_BY_MODEL, tokens);
  }
  for (const [latency, { p50Millis, p95Millis }] of summary.latencies) {
    mapping.put(C[`SESSION_${latency}_P50_MS`], p50Millis);
    mapping.put(C[`SESSION_${latency}_P95_MS`], p95Millis);
  }
}
