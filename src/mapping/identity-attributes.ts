import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { isCancelled } from './model.js';
import { asText } from './read-attributes.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from './livekit-spans.js';
import type { AgentIdentity, SpanInput } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';
import { isInterruptedTool } from './tool.js';

const TENANT_ID = 'tenant.id';
const AGENT_ID = 'agent.id';
const AGENT_ROLE = 'agent.role';
const PREVIOUS_AGENT_ID = 'agent.previous_id';
const INCOMPLETE = 'catalyst.incomplete';
/** The same as in `metadata`, for when that is withheld: it holds no words of anybody. */
const INTERRUPTED = 'voice.interrupted';

/** Puts whose span it is: session, user, agent, and what the application says of them. */
export function putIdentity(mapping: SpanMapping, span: SpanInput): void {
  const { facts } = span;
  mapping.put(S.SESSION_ID, facts.sessionId);
  mapping.put(S.USER_ID, facts.userId);
  mapping.put(TENANT_ID, facts.tenantId);
  const agent = ownAgent(span) ?? facts.agent;
  mapping.put(AGENT_ID, agent?.id);
  mapping.put(S.AGENT_NAME, agent?.name);
  mapping.put(AGENT_ROLE, agent?.role);
  mapping.put(PREVIOUS_AGENT_ID, facts.previousAgentId);
  if (facts.tags !== undefined) mapping.put(S.TAG_TAGS, [...facts.tags]);
  putMetadata(mapping, span);
  if (facts.incomplete) mapping.put(INCOMPLETE, true);
  const more = facts.contextAttributes;
  if (more === undefined) return;
  for (const key in more) mapping.put(key, more[key]);
}

/** The agent that another framework names on its span is another one than LiveKit's around it. */
function ownAgent({ scopeName, attributes }: SpanInput): AgentIdentity | undefined {
  if (scopeName === LIVEKIT_SCOPE_NAME) return undefined;
  const id = asText(attributes['gen_ai.agent.id']);
  const name = asText(attributes['gen_ai.agent.name']);
  if (id === undefined && name === undefined) return undefined;
  return { id: id ?? name, name: name ?? id, role: undefined };
}

/**
 * `metadata` is one JSON object: the application's, that a span was interrupted, and the tool call
 * in which it was opened.
 */
function putMetadata(mapping: SpanMapping, span: SpanInput): void {
  const { metadata: given, withinTool } = span.facts;
  const interrupted = isInterrupted(mapping, span);
  if (interrupted) mapping.put(INTERRUPTED, true);
  if (given === undefined && !interrupted && withinTool === undefined) return;
  const metadata = {
    ...given,
    ...(interrupted && { interrupted: true }),
    ...(withinTool && { [S.TOOL_NAME]: withinTool.name, 'tool_call.id': withinTool.callId }),
  };
  mapping.put(S.METADATA, JSON.stringify(metadata));
}

/** Interrupted is not failed: the user spoke over the agent, and that is how calls go. */
function isInterrupted(mapping: SpanMapping, { name, scopeName, attributes }: SpanInput): boolean {
  if (scopeName !== LIVEKIT_SCOPE_NAME) return false;
  switch (name) {
    case LiveKitSpan.AGENT_TURN:
      return attributes['lk.interrupted'] === true;
    case LiveKitSpan.LLM_REQUEST:
      return isCancelled(attributes);
    case LiveKitSpan.TTS_REQUEST:
      return mapping.rawRecord('lk.tts_metrics')?.['cancelled'] === true;
    case LiveKitSpan.FUNCTION_TOOL:
      return isInterruptedTool(attributes);
    default:
      return false;
  }
}
