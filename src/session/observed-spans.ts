import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { ObservedContext } from '../mapping/mapping-context.js';
import type { SpanNode } from './span-node.js';
import type { TurnExchange } from './turn-exchange.js';

/** A span starts that events will tell something of. */
export function observeStart(node: SpanNode): void {
  const { session } = node;
  if (session === undefined) return;
  if (node.livekitName === LiveKitSpan.USER_TURN) session.userTurn = node;
  const { observed } = session;
  if (observed === undefined) return;
  if (node.livekitName === LiveKitSpan.AGENT_TURN) node.exchange = observed.beginTurn();
  else if (node.livekitName === LiveKitSpan.AGENT_SPEAKING) observed.beginSpeaking();
}

/** A span has ended: events that are still to come are of others. */
export function observeEnd(node: SpanNode): void {
  const { session } = node;
  if (session === undefined) return;
  if (session.userTurn === node) session.userTurn = undefined;
  if (node.livekitName === LiveKitSpan.AGENT_SESSION) session.observed?.forget();
  if (node.livekitName !== LiveKitSpan.AGENT_TURN) return;
  // What no turn of a realtime model has claimed stands on the spans of a model of text.
  session.observed?.claimWords(node.startMillis);
  session.observed?.endTurn(node.startMillis);
}

/** What was said while this span, in which the agent speaks, was open. */
export function observedSpeech(node: SpanNode): string | undefined {
  return node.session?.observed?.takeSpoken();
}

/** Everything else that events have told of a span that ends. */
export function observedFacts(node: SpanNode): ObservedContext | undefined {
  if (node.isJob || node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) return factsOfJob(node);
  const observed = node.session?.observed;
  if (observed === undefined) return undefined;
  const isSession = node.livekitName === LiveKitSpan.AGENT_SESSION;
  return {
    stt: isSession ? observed.stt : node.stt,
    closing: isSession ? observed.closing : undefined,
    exchange: claimedExchange(node)?.messages,
    transcript: isSession ? [...observed.transcript] : [],
  };
}

/** A job ends as the last of its sessions that told how. */
function factsOfJob({ sessionsBelow }: SpanNode): ObservedContext | undefined {
  const closed = sessionsBelow.findLast(({ session }) => session?.observed?.closing !== undefined);
  const closing = closed?.session?.observed?.closing;
  if (closing === undefined) return undefined;
  return { stt: undefined, closing, exchange: undefined, transcript: [] };
}

/** The exchange of the realtime turn that this span is or belongs to, with what is known by now. */
function claimedExchange(node: SpanNode): TurnExchange | undefined {
  const turn = realtimeTurn(node);
  const observed = node.session?.observed;
  if (turn?.exchange === undefined || observed === undefined) return undefined;
  turn.exchange.claim(observed, turn.startMillis);
  return turn.exchange;
}

function realtimeTurn(node: SpanNode): SpanNode | undefined {
  const isCall =
    node.livekitName === LiveKitSpan.REALTIME_INFERENCE ||
    node.livekitName === LiveKitSpan.REALTIME_METRICS;
  const turn = isCall ? node.ancestor(LiveKitSpan.AGENT_TURN) : node;
  return turn?.livekitName === LiveKitSpan.AGENT_TURN && turn.modelNode === undefined
    ? turn
    : undefined;
}
