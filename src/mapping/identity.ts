import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { Attr } from '../semconv/attribute-keys.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
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
  mapping.put(CatalystAttr.TENANT_ID, context.tenantId);
  const agent = ownAgent(mapping) ?? context.agent;
  mapping.put(Attr.AGENT_ID, agent?.id);
  mapping.put(S.AGENT_NAME, agent?.name);
  mapping.put(Attr.AGENT_ROLE, agent?.role);
  mapping.put(CatalystAttr.PREVIOUS_AGENT_ID, context.previousAgentId);
  if (context.tags !== undefined) mapping.put(S.TAG_TAGS, [...context.tags]);
  mapping.put(Attr.USE_CASE, context.useCase);
  mapping.put(Attr.CALL_SITE, context.callSite);
  putMetadata(mapping);
  if (context.incomplete) mapping.put(CatalystAttr.INCOMPLETE, true);
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
  if (interrupted) mapping.put(CatalystAttr.INTERRUPTED, true);
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
      return isCancelled(raw);
    case LiveKitSpan.TTS_REQUEST:
      return mapping.rawRecord(LiveKitAttr.TTS_METRICS)?.['cancelled'] === true;
    case LiveKitSpan.FUNCTION_TOOL:
      return isInterruptedTool(raw);
    default:
      return false;
  }
}
