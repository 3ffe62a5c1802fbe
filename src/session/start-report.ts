import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { observeStart } from './observed-spans.js';
import type { SpanNode } from './span-node.js';
import { noteSpeakingStart } from './turn-latency.js';

/** What the start of a span tells the spans above it, and the session. */
export function reportStart(node: SpanNode): void {
  if (!node.isLiveKit) return;
  switch (node.name) {
    case LiveKitSpan.START_AGENT_ACTIVITY:
    case LiveKitSpan.RESUME_AGENT_ACTIVITY:
      return takeCharge(node);
    case LiveKitSpan.LLM_NODE:
      if (node.parent?.livekitName === LiveKitSpan.AGENT_TURN) node.parent.modelNode = node;
      return;
    case LiveKitSpan.LLM_REQUEST:
      return addRequest(node.ancestor(LiveKitSpan.LLM_REQUEST) ?? parentNode(node), node);
    case LiveKitSpan.TTS_REQUEST:
      return addRequest(node.ancestor(LiveKitSpan.TTS_REQUEST), node);
    case LiveKitSpan.FUNCTION_TOOL:
      return addTool(node.parent, node);
    case LiveKitSpan.AGENT_SPEAKING:
      noteSpeakingStart(node);
      return observeStart(node);
    case LiveKitSpan.AGENT_TURN:
    case LiveKitSpan.USER_TURN:
      return observeStart(node);
    default:
  }
}

/** `lk.agent_label` is there at the start of these two (`voice/agent_activity.ts`). */
function takeCharge(node: SpanNode): void {
  const { session } = node;
  const label = node.label();
  if (session === undefined || label === undefined) return;
  if (session.agentLabel !== label) node.previousAgent = session.agentLabel;
  session.agentLabel = label;
  session.tally.addAgent(label);
  node.job?.tally.addAgent(label);
}

function addRequest(above: SpanNode | undefined, request: SpanNode): void {
  if (above !== undefined) above.requests = [...above.requests, request];
}

function addTool(turn: SpanNode | undefined, tool: SpanNode): void {
  if (turn?.livekitName === LiveKitSpan.AGENT_TURN)
    turn.startedTools = [...turn.startedTools, tool];
}

function parentNode(node: SpanNode): SpanNode | undefined {
  return node.parent?.livekitName === LiveKitSpan.LLM_NODE ? node.parent : undefined;
}
