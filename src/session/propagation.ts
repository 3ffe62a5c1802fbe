import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { readToolCalls } from '../mapping/conversation.js';
import { LiveKitSpan, mapSpanKind } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { Failure, MappingContext } from '../mapping/mapping-context.js';
import { asText, readNumber, readText } from '../mapping/read-attributes.js';
import { ERROR_TYPE, GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { SpanNode, Usage } from './span-node.js';
import { readToolCall } from './tool-calls.js';
import { noteModelStep, noteUserTurn } from './turn-latency.js';

const TTS_REQUEST_RUN = 'tts_request_run';
const DRAIN_AGENT_ACTIVITY = 'drain_agent_activity';
const INPUT = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'] as const;
const OUTPUT = ['gen_ai.usage.output_tokens', 'llm.token_count.completion'] as const;

/** Passes the start of a span up to the spans above it, and to the session. */
export function propagateStart(node: SpanNode): void {
  const { parent, session, turn } = node;
  switch (node.livekitName) {
    case LiveKitSpan.START_AGENT_ACTIVITY:
    case LiveKitSpan.RESUME_AGENT_ACTIVITY:
      return takeCharge(node);
    case LiveKitSpan.LLM_NODE:
      if (turn !== undefined) turn.modelNode = node;
      return;
    case LiveKitSpan.LLM_REQUEST:
    case LiveKitSpan.TTS_REQUEST:
      return joinCall(node, parent);
    case LiveKitSpan.FUNCTION_TOOL:
      if (turn?.span !== undefined) turn.startedTools = [...turn.startedTools, node];
      return;
    case LiveKitSpan.AGENT_SPEAKING: {
      // It starts with the first frame that is played (`voice/agent_session.ts`).
      if (turn !== undefined) turn.speakingMillis ??= node.startMillis;
      // Early versions (1.0 among them) open it below the session and not below the turn.
      const speaker = turn ?? session?.agentTurn;
      if (speaker !== undefined) speaker.hasSpoken = true;
      session?.observed?.beginSpeaking();
      return;
    }
    case LiveKitSpan.AGENT_TURN:
      if (session === undefined) return;
      session.agentTurn = node;
      node.exchange = session.observed?.beginTurn(node.startMillis);
      return;
    case LiveKitSpan.USER_TURN:
      if (session !== undefined) session.userTurn = node;
      return;
    case DRAIN_AGENT_ACTIVITY:
      session?.beginDraining(node.startMillis);
      return;
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

/**
 * Requests of one call nest in that of an adapter, and the outermost is below the call's node. A
 * model that is asked in a span of the application's inside an `llm_node` is another call.
 */
function joinCall(request: SpanNode, parent: SpanNode | undefined): void {
  const around = parent?.call;
  if (around?.span === undefined) return;
  if (around.livekitName === LiveKitSpan.LLM_NODE && around !== parent) return;
  request.callAround = around;
  around.requests = [...around.requests, request];
}

/**
 * Passes the end of a span up to the spans above it. Those that have ended no longer listen.
 * `mapped` is the span before redaction, `undefined` of one that is not sent.
 */
export function propagateEnd(
  node: SpanNode,
  span: ReadableSpan,
  mapped: MappedSpan | undefined,
): void {
  const { parent, session, turn } = node;
  const { attributes } = span;
  switch (node.livekitName) {
    case undefined:
      if (mapped !== undefined) passUpForeign(node, attributes);
      return;
    case LiveKitSpan.LLM_REQUEST_RUN:
    case TTS_REQUEST_RUN: {
      if (parent === undefined) return;
      // The request has failed when its last attempt has.
      const failure = failureOf(span, mapped);
      parent.failure = failure;
      if (session === undefined) return;
      session.failedAttempt = failure && { request: parent, endMillis: Date.now(), failure };
      return;
    }
    case LiveKitSpan.LLM_REQUEST:
    case LiveKitSpan.TTS_REQUEST:
      return passUpRequest(node, span, mapped);
    case LiveKitSpan.LLM_NODE:
      if (parent === undefined) return;
      parent.failure = failureOf(span, mapped);
      if (turn === undefined) return;
      noteModelStep(node, turn, attributes);
      return passUpToolCalls(turn, attributes);
    case LiveKitSpan.TTS_NODE:
      if (turn !== undefined) turn.speechFailure ??= failureOf(span, mapped);
      return;
    case LiveKitSpan.FUNCTION_TOOL:
      node.toolCall = readToolCall(attributes);
      return;
    case LiveKitSpan.AGENT_TURN:
      return passUpTurn(node, attributes, asText(mapped?.get(S.OUTPUT_VALUE)));
    case LiveKitSpan.USER_TURN:
      if (session === undefined) return;
      if (session.userTurn === node) session.userTurn = undefined;
      noteUserTurn(session, span);
      session.firstInput ??= asText(mapped?.get(S.INPUT_VALUE));
      return;
    case LiveKitSpan.AGENT_SESSION:
      session?.observed?.forget();
      return;
    default:
  }
}

function failureOf(span: ReadableSpan, mapped: MappedSpan | undefined): Failure | undefined {
  const { code, message } = (mapped ?? span).status;
  if (code !== SpanStatusCode.ERROR) return undefined;
  const errorType = asText(mapped?.get(ERROR_TYPE)) ?? asText(span.attributes['exception.type']);
  return { message, errorType };
}

/**
 * Input and output of a call go to every span of it, and its node fails with its outermost request.
 * LiveKit's stream adapter ends well when the request that it made has failed
 * (`tts/stream_adapter.ts`): `innerFailure` is the failure of the adapter, and of its node, unless
 * there was audio.
 */
function passUpRequest(node: SpanNode, span: ReadableSpan, mapped: MappedSpan | undefined): void {
  node.usage = readUsage(span.attributes);
  node.hasMessages = isConversation(span.attributes);
  const failure = failureOf(span, mapped);
  const { callAround } = node;
  for (let above = callAround; above !== undefined; above = above.callAround) {
    above.innerFailure = failure;
  }
  if (callAround?.span === undefined) return;
  if (callAround.livekitName !== node.livekitName) callAround.failure = failure;
  callAround.inputBelow = asText(mapped?.get(S.INPUT_VALUE)) ?? callAround.inputBelow;
  callAround.outputBelow = asText(mapped?.get(S.OUTPUT_VALUE)) ?? callAround.outputBelow;
}

/** The calls wait on the turn for the tool spans that carry them out. */
function passUpToolCalls(turn: SpanNode, attributes: Attributes): void {
  if (turn.span === undefined) return;
  for (const key of LiveKitAttr.RESPONSE_CALLS) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '[]') {
      turn.openToolCalls = [...turn.openToolCalls, ...(readToolCalls(value) ?? [])];
    }
  }
}

function passUpTurn(node: SpanNode, attributes: Attributes, output: string | undefined): void {
  const { session } = node;
  if (session === undefined) return;
  if (session.agentTurn === node) session.agentTurn = undefined;
  const input = readText(attributes, LiveKitAttr.USER_INPUT);
  const speechId = asText(attributes[LiveKitAttr.SPEECH_ID]);
  if (input !== undefined && speechId !== undefined) session.speech(speechId).input = input;
  session.firstInput ??= input;
  session.lastOutput = output ?? session.lastOutput;
}

/**
 * An instrumented model client reports the call that LiveKit's request around it reports too. The
 * innermost span has the tokens.
 */
function passUpForeign(node: SpanNode, attributes: Attributes): void {
  const { call } = node;
  if (call?.livekitName !== LiveKitSpan.LLM_REQUEST) return;
  if ((readUsage(attributes)?.input ?? 0) === 0) return;
  if (mapSpanKind(node.name, '', attributes) === 'LLM') call.usageBelow = true;
}

export function readUsage(attributes: Attributes): Usage | undefined {
  const input = readNumber(attributes, INPUT);
  const output = readNumber(attributes, OUTPUT);
  if (input === undefined && output === undefined) return undefined;
  return { input: input ?? 0, output: output ?? 0 };
}

/** Whether a request has the conversation: its operation name says it from the start on. */
export function isConversation(attributes: Attributes | undefined): boolean {
  return attributes?.[GenAiAttr.OPERATION_NAME] !== undefined;
}

/** Spans that may wait at a time. A tool waits for moments, a job for its session. */
const MAX_WAITING = 256;

export interface WaitingSpan {
  readonly span: ReadableSpan;
  readonly node: SpanNode;
  /** What other spans said of it when it ended, of one that waits for its mapper. */
  readonly context: MappingContext | undefined;
}

/**
 * Spans that are sent later than they end, because another span still has something to pass to
 * them, or because the mapper of their SDK is being loaded. A flush sends them as they are.
 */
export class WaitingSpans {
  readonly #waiting = new Set<WaitingSpan>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Returns the span to send in its place: the one that has waited longest. */
  add(waiting: WaitingSpan): WaitingSpan | undefined {
    this.#waiting.add(waiting);
    const [longest] = this.#waiting;
    // A mapper is there in a moment, and without it a span would be sent unmapped.
    if (waiting.context !== undefined || this.#waiting.size <= MAX_WAITING) return undefined;
    if (longest !== undefined) this.#waiting.delete(longest);
    return longest;
  }

  /** Takes the spans that need not wait any longer. */
  takeFree(): readonly WaitingSpan[] {
    const free = [...this.#waiting].filter(
      ({ span, node, context }) => context === undefined && !mustWait(span, node),
    );
    for (const waiting of free) this.#waiting.delete(waiting);
    return free;
  }

  /** Whether the span has waited until now. */
  take(waiting: WaitingSpan): boolean {
    return this.#waiting.delete(waiting);
  }

  takeAll(): readonly WaitingSpan[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}

/**
 * Whether a span that has ended must wait for one that is open.
 *
 * `job_entrypoint` ends before its session when the entry function returns early, and as the root
 * it has to carry the session's first input and last output. Up to 1.7.1 a quick tool ends before
 * the `llm_node` that asked for it, which alone records the call's id.
 */
export function mustWait(
  { attributes }: ReadableSpan,
  { livekitName, sessionsBelow, turn }: SpanNode,
): boolean {
  if (livekitName === LiveKitSpan.JOB_ENTRYPOINT) return (sessionsBelow?.open.size ?? 0) > 0;
  return (
    livekitName === LiveKitSpan.FUNCTION_TOOL &&
    attributes[GenAiAttr.TOOL_CALL_ID] === undefined &&
    turn?.span !== undefined &&
    turn.modelNode?.span !== undefined
  );
}
