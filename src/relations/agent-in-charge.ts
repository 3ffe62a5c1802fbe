import type { AgentIdentity } from '../mapping/span-input.js';
import { DEFAULT_AGENT_LABEL, type SpanNode } from './span-node.js';

/**
 * The agent a span belongs to: the nearest above that names one, LiveKit's label or an `agentSpan`.
 * LiveKit's default label names nobody, so it yields to any agent further out.
 */
export function agentInCharge(node: SpanNode): AgentIdentity | undefined {
  let fallback: string | undefined;
  for (let at: SpanNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.namesAgent) return at.identity?.agent;
    const label = at.label() ?? at.agentAtStart;
    if (label !== undefined && label !== DEFAULT_AGENT_LABEL) {
      return livekitAgent(label, node.identity?.agent);
    }
    fallback ??= label;
  }
  return node.identity?.agent ?? (fallback === undefined ? undefined : livekitAgent(fallback));
}

/** LiveKit knows an agent by its id alone. */
function livekitAgent(label: string, known?: AgentIdentity): AgentIdentity {
  if (known !== undefined && known.id === label) return known;
  return { id: label, name: label, role: undefined };
}
