import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import { readToolCalls } from '../mapping/conversation.js';
import { asText } from '../mapping/read-attributes.js';
import { isSpanKind, mapSpanKind } from '../mapping/livekit-spans.js';
import type { Failure } from '../mapping/mapping-context.js';
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
  /** As it was mapped, before redaction; `undefined` of a span that is not sent. */
  readonly mapped: MappedSpan | undefined;
}

function inputOf({ mapped }: EndedSpan): string | undefined {
  return asText(mapped?.get(S.INPUT_VALUE));
}

function outputOf({ mapped }: EndedSpan): string | undefined {
  return asText(mapped?.get(S.OUTPUT_VALUE));
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
      return node.session?.hear(inputOf(ended));
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
  above.inputBelow = inputOf(ended) ?? above.inputBelow;
  above.outputBelow = outputOf(ended) ?? above.outputBelow;
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

function reportTurn({ session }: SpanNode, ended: EndedSpan): void {
  if (session === undefined) return;
  const { attributes } = ended;
  const spoken = asText(attributes['lk.pii.user_input']) ?? asText(attributes['lk.user_input']);
  const speechId = asText(attributes['lk.speech_id']);
  if (spoken !== undefined) {
    session.hear(spoken);
    if (speechId !== undefined) session.rememberSpeech(speechId, spoken);
  }
  session.answer(outputOf(ended));
}

/**
 * An instrumented model client reports the call that LiveKit's request around it reports too. The
 * innermost span has the tokens.
 */
function reportForeign(node: SpanNode, { attributes, mapped }: EndedSpan): void {
  if (mapped === undefined) return;
  const request = node.ancestor(LiveKitSpan.LLM_REQUEST);
  if (request === undefined || (readUsage(attributes)?.input ?? 0) === 0) return;
  const kind = mapSpanKind(node.name, '', attributes);
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) request.usageBelow = true;
}
