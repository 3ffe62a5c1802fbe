import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import { OpenInferenceSpanKind } from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { SpanWords } from '../mapping/map-span.js';
import { readToolCalls } from '../mapping/conversation.js';
import { asText } from '../mapping/read-attributes.js';
import { isSpanKind, mapSpanKind } from '../mapping/span-kind.js';
import type { Failure } from '../mapping/span-input.js';
import { isConversation, readUsage } from './model-call.js';
import { observeEnd } from './observed-spans.js';
import type { SpanNode } from './span-node.js';
import { toolCallOf } from './tool-call.js';
import { readToolCall } from './tool-tasks.js';

const CALLS = ['lk.pii.response.function_calls', 'lk.response.function_calls'] as const;

/** A span that has ended: as LiveKit left it, and as it was mapped. */
export interface EndedSpan {
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly words: SpanWords;
  /** A span that is filtered out stands for nothing that is sent. */
  readonly isSent: boolean;
}

/** What the end of a span tells the spans above it. Those that have ended no longer listen. */
export function reportEnd(node: SpanNode, ended: EndedSpan): void {
  if (!node.isLiveKit) return reportForeign(node, ended);
  observeEnd(node);
  switch (node.name) {
    case LiveKitSpan.LLM_REQUEST_RUN:
      if (node.parent?.livekitName === LiveKitSpan.LLM_REQUEST)
        node.parent.lastFailure = failureOf(ended);
      return;
    case LiveKitSpan.LLM_REQUEST:
      return reportRequest(node, ended);
    case LiveKitSpan.LLM_NODE:
      if (node.parent !== undefined) node.parent.lastFailure = failureOf(ended);
      return reportToolCalls(node, ended.attributes);
    case LiveKitSpan.FUNCTION_TOOL:
      node.carriedOut = toolCallOf(ended.attributes);
      node.toolCall = readToolCall(ended.attributes);
      return;
    case LiveKitSpan.AGENT_TURN:
      return reportTurn(node, ended);
    case LiveKitSpan.USER_TURN:
      return node.session?.hear(ended.words.input);
    default:
  }
}

function failureOf({ status }: EndedSpan): Failure | undefined {
  return status.code === SpanStatusCode.ERROR ? { message: status.message } : undefined;
}

/** The words of a call go to every span that stands for it: requests nest in a fallback adapter. */
function reportRequest(node: SpanNode, ended: EndedSpan): void {
  node.usage = readUsage(ended.attributes);
  node.hasMessages = isConversation(ended.attributes);
  const above = node.ancestor(LiveKitSpan.LLM_REQUEST) ?? node.parent;
  if (above === undefined) return;
  if (above.livekitName === LiveKitSpan.LLM_NODE) above.lastFailure = failureOf(ended);
  else if (above.livekitName !== LiveKitSpan.LLM_REQUEST) return;
  above.inputBelow = ended.words.input ?? above.inputBelow;
  above.outputBelow = ended.words.output ?? above.outputBelow;
}

/** The calls wait on the turn for the tool spans that carry them out. */
function reportToolCalls(node: SpanNode, attributes: Attributes): void {
  const turn = node.parent;
  if (turn === undefined || turn.livekitName !== LiveKitSpan.AGENT_TURN) return;
  for (const key of CALLS) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '[]') {
      turn.openToolCalls = [...turn.openToolCalls, ...(readToolCalls(value) ?? [])];
    }
  }
}

function reportTurn({ session }: SpanNode, { attributes, words }: EndedSpan): void {
  if (session === undefined) return;
  const spoken = asText(attributes['lk.pii.user_input']) ?? asText(attributes['lk.user_input']);
  const speechId = asText(attributes['lk.speech_id']);
  if (spoken !== undefined) {
    session.hear(spoken);
    if (speechId !== undefined) session.rememberSpeech(speechId, spoken);
  }
  session.answer(words.output);
}

/**
 * An instrumented model client reports the call that LiveKit's request around it reports too. The
 * innermost span has the tokens.
 */
function reportForeign(node: SpanNode, { attributes, isSent }: EndedSpan): void {
  if (!isSent) return;
  const request = node.ancestor(LiveKitSpan.LLM_REQUEST);
  if (request === undefined || (readUsage(attributes)?.input ?? 0) === 0) return;
  const kind = mapSpanKind(node.name, '', attributes);
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) request.usageBelow = true;
}
