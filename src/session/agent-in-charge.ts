import type { AgentIdentity } from '../mapping/mapping-context.js';
import { DEFAULT_AGENT_LABEL, type SpanNode } from './span-node.js';

/**
 * The agent a span belongs to: the nearest above that names one, LiveKit's label or an `agentSpan`.
 * A span without a label started under the agent that was then in charge of the session, unless an
 * `agentSpan` within the session stands around it. LiveKit's default label names nobody, so it
 * yields to any agent further out.
 */
export function agentInCharge(node: SpanNode): AgentIdentity | undefined {
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
