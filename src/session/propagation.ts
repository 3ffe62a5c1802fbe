import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { readToolCalls } from '../mapping/conversation.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import { asText } from '../mapping/read-attributes.js';
import { isSpanKind, mapSpanKind } from '../mapping/livekit-spans.js';
import type { Failure } from '../mapping/mapping-context.js';
import { isConversation, readToolCall, readUsage, toolCallOf } from './calls.js';
import { observeEnd, observeStart } from './observed-session.js';
import type { SpanNode } from './span-node.js';
import { noteSpeakingStart } from './turn-latency.js';

const CALLS = ['lk.pii.response.function_calls', 'lk.response.function_calls'] as const;
const TTS_REQUEST_RUN = 'tts_request_run';
const DRAIN_AGENT_ACTIVITY = 'drain_agent_activity';

/** A span that has ended: as LiveKit left it, and as it was mapped. */
export interface EndedSpan {
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  /** As it was mapped, before redaction; `undefined` of a span that is not sent. */
  readonly mapped: MappedSpan | undefined;
}

/** Passes the start of a span up to the spans above it, and to the session. */
export function propagateStart(node: SpanNode): void {
  if (!node.isLiveKit) return;
  switch (node.name) {
    case LiveKitSpan.START_AGENT_ACTIVITY:
    case LiveKitSpan.RESUME_AGENT_ACTIVITY:
      return takeCharge(node);
    case LiveKitSpan.LLM_NODE:
      return addModelNode(node.parent, node);
    case LiveKitSpan.LLM_REQUEST:
      return addRequest(node.ancestor(LiveKitSpan.LLM_REQUEST) ?? modelNodeOf(node), node);
    case LiveKitSpan.TTS_REQUEST:
      return addRequest(node.ancestor(LiveKitSpan.TTS_REQUEST), node);
    case LiveKitSpan.FUNCTION_TOOL:
      return addTool(node.parent, node);
    case LiveKitSpan.AGENT_SPEAKING:
      beginSpeech(node);
      noteSpeakingStart(node);
      return observeStart(node);
    case LiveKitSpan.AGENT_TURN:
    case LiveKitSpan.USER_TURN:
      return observeStart(node);
    case DRAIN_AGENT_ACTIVITY:
      return node.session?.beginDraining(node.startMillis);
    default:
  }
}

/** Passes the end of a span up to the spans above it. Those that have ended no longer listen. */
export function propagateEnd(node: SpanNode, ended: EndedSpan): void {
  if (!node.isLiveKit) return passUpForeign(node, ended);
  switch (node.name) {
    case LiveKitSpan.LLM_REQUEST_RUN:
    case TTS_REQUEST_RUN:
      return passUpAttempt(node, ended);
    case LiveKitSpan.TTS_REQUEST:
      return passUpSpeechRequest(node, ended);
    case LiveKitSpan.LLM_REQUEST:
      return passUpRequest(node, ended);
    case LiveKitSpan.LLM_NODE:
      if (node.parent !== undefined) node.parent.failure = failureOf(ended);
      return passUpToolCalls(node, ended.attributes);
    case LiveKitSpan.TTS_NODE:
      return passUpSpeech(node, ended);
    case LiveKitSpan.FUNCTION_TOOL:
      node.carriedOut = toolCallOf(ended.attributes);
      node.toolCall = readToolCall(ended.attributes);
      return;
    case LiveKitSpan.AGENT_TURN:
      observeEnd(node);
      return passUpTurn(node, ended);
    case LiveKitSpan.USER_TURN:
      observeEnd(node);
      return node.session?.addInput(inputOf(ended));
    case LiveKitSpan.AGENT_SESSION:
      return observeEnd(node);
    default:
  }
}

/** `lk.agent_label` is there at the start of these two (`voice/agent_activity.ts`). */
function takeCharge(node: SpanNode): void {
  const { session } = node;
  const label = node.label();
  if (session === undefined || label === undefined) return;
  if (session.agentLabel !== label) node.previousAgent = session.agentLabel;
  session.takeOver(label);
  session.statistics.addAgent(label);
  node.job?.statistics.addAgent(label);
}

function addModelNode(turn: SpanNode | undefined, node: SpanNode): void {
  if (turn?.livekitName !== LiveKitSpan.AGENT_TURN) return;
  turn.modelNode = node;
  turn.hasModelNode = true;
}

function modelNodeOf({ parent }: SpanNode): SpanNode | undefined {
  return parent?.livekitName === LiveKitSpan.LLM_NODE ? parent : undefined;
}

function addRequest(above: SpanNode | undefined, request: SpanNode): void {
  if (above?.span !== undefined) above.requests = [...above.requests, request];
}

function addTool(turn: SpanNode | undefined, tool: SpanNode): void {
  if (turn?.livekitName === LiveKitSpan.AGENT_TURN && turn.span !== undefined)
    turn.startedTools = [...turn.startedTools, tool];
}

/** Early versions (1.0 among them) open it below the session and not below the turn. */
function beginSpeech({ parent, session }: SpanNode): void {
  const turn = parent?.livekitName === LiveKitSpan.AGENT_TURN ? parent : session?.agentTurn;
  if (turn !== undefined) turn.hasSpoken = true;
}

function inputOf({ mapped }: EndedSpan): string | undefined {
  return asText(mapped?.get(S.INPUT_VALUE));
}

function outputOf({ mapped }: EndedSpan): string | undefined {
  return asText(mapped?.get(S.OUTPUT_VALUE));
}

/** The failure of a span that is sent as failed. */
function failureOf({ status, attributes, mapped }: EndedSpan): Failure | undefined {
  if (status.code !== SpanStatusCode.ERROR) return undefined;
  const errorType = asText(mapped?.get('error.type')) ?? asText(attributes['exception.type']);
  return { message: status.message, errorType };
}

/** The request has failed when its last attempt has. */
function passUpAttempt({ parent, session }: SpanNode, ended: EndedSpan): void {
  const isOfRequest =
    parent?.livekitName === LiveKitSpan.LLM_REQUEST ||
    parent?.livekitName === LiveKitSpan.TTS_REQUEST;
  if (!isOfRequest) return;
  const failure = failureOf(ended);
  parent.failure = failure;
  if (session === undefined) return;
  session.failedAttempt = failure && { request: parent, endMillis: Date.now(), failure };
}

/**
 * A request for speech ends, and the node fails with the outermost. LiveKit's stream adapter ends
 * well when the request that it made has failed (`tts/stream_adapter.ts`): see `failureOf` in
 * `span-context.ts`.
 */
function passUpSpeechRequest(node: SpanNode, ended: EndedSpan): void {
  const failure = failureOf(ended);
  const outer = node.ancestor(LiveKitSpan.TTS_REQUEST);
  const speech = node.ancestor(LiveKitSpan.TTS_NODE);
  if (outer !== undefined) outer.innerFailure = failure;
  if (speech === undefined) return;
  speech.innerFailure = failure;
  if (outer === undefined) speech.failure = failure;
}

/** The speech of a turn failed. */
function passUpSpeech(node: SpanNode, ended: EndedSpan): void {
  const turn = node.ancestor(LiveKitSpan.AGENT_TURN);
  if (turn !== undefined) turn.speechFailure ??= failureOf(ended);
}

/** Input and output of a call go to every span of it: requests nest in an adapter. */
function passUpRequest(node: SpanNode, ended: EndedSpan): void {
  node.usage = readUsage(ended.attributes);
  node.hasMessages = isConversation(ended.attributes);
  const above = node.ancestor(LiveKitSpan.LLM_REQUEST) ?? node.parent;
  if (above?.span === undefined) return;
  if (above.livekitName === LiveKitSpan.LLM_NODE) above.failure = failureOf(ended);
  else if (above.livekitName !== LiveKitSpan.LLM_REQUEST) return;
  above.inputBelow = inputOf(ended) ?? above.inputBelow;
  above.outputBelow = outputOf(ended) ?? above.outputBelow;
}

/** The calls wait on the turn for the tool spans that carry them out. */
function passUpToolCalls(node: SpanNode, attributes: Attributes): void {
  const turn = node.parent;
  if (turn?.livekitName !== LiveKitSpan.AGENT_TURN || turn.span === undefined) return;
  for (const key of CALLS) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '[]') {
      turn.openToolCalls = [...turn.openToolCalls, ...(readToolCalls(value) ?? [])];
    }
  }
}

function passUpTurn(node: SpanNode, ended: EndedSpan): void {
  const { session } = node;
  if (session === undefined) return;
  const { attributes } = ended;
  const input = asText(attributes['lk.pii.user_input']) ?? asText(attributes['lk.user_input']);
  const speechId = asText(attributes['lk.speech_id']);
  if (input !== undefined) {
    session.addInput(input);
    if (speechId !== undefined) session.rememberSpeech(speechId, input);
  }
  session.addOutput(outputOf(ended));
}

/**
 * An instrumented model client reports the call that LiveKit's request around it reports too. The
 * innermost span has the tokens.
 */
function passUpForeign(node: SpanNode, { attributes, mapped }: EndedSpan): void {
  if (mapped === undefined) return;
  const request = node.ancestor(LiveKitSpan.LLM_REQUEST);
  if (request === undefined || (readUsage(attributes)?.input ?? 0) === 0) return;
  const kind = mapSpanKind(node.name, '', attributes);
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) request.usageBelow = true;
}
