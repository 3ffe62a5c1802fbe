import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { readToolCalls } from '../mapping/conversation.js';
import { isSpanKind, LiveKitSpan, mapSpanKind } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { Failure } from '../mapping/mapping-context.js';
import { asText, readNumber, readText } from '../mapping/read-attributes.js';
import { ERROR_TYPE, GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { SpanNode, Usage } from './span-node.js';
import { readToolCall, toolCallOf } from './tool-calls.js';
import { noteModelStep, noteUserTurn } from './turn-latency.js';

const TTS_REQUEST_RUN = 'tts_request_run';
const DRAIN_AGENT_ACTIVITY = 'drain_agent_activity';
const INPUT = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'] as const;
const OUTPUT = ['gen_ai.usage.output_tokens', 'llm.token_count.completion'] as const;

/** Passes the start of a span up to the spans above it, and to the session. */
export function propagateStart(node: SpanNode): void {
  const { parent, session } = node;
  switch (node.livekitName) {
    case LiveKitSpan.START_AGENT_ACTIVITY:
    case LiveKitSpan.RESUME_AGENT_ACTIVITY:
      return takeCharge(node);
    case LiveKitSpan.LLM_NODE:
      if (parent?.livekitName !== LiveKitSpan.AGENT_TURN) return;
      parent.modelNode = node;
      parent.hasModelNode = true;
      return;
    case LiveKitSpan.LLM_REQUEST:
      return addRequest(
        node.ancestor(LiveKitSpan.LLM_REQUEST) ??
          (parent?.livekitName === LiveKitSpan.LLM_NODE ? parent : undefined),
        node,
      );
    case LiveKitSpan.TTS_REQUEST:
      return addRequest(node.ancestor(LiveKitSpan.TTS_REQUEST), node);
    case LiveKitSpan.FUNCTION_TOOL:
      if (parent?.livekitName === LiveKitSpan.AGENT_TURN && parent.span !== undefined)
        parent.startedTools = [...parent.startedTools, node];
      return;
    case LiveKitSpan.AGENT_SPEAKING: {
      const turn = node.ancestor(LiveKitSpan.AGENT_TURN);
      // It starts with the first frame that is played (`voice/agent_session.ts`).
      if (turn !== undefined) turn.speakingMillis ??= node.startMillis;
      // Early versions (1.0 among them) open it below the session and not below the turn.
      const speaker = parent?.livekitName === LiveKitSpan.AGENT_TURN ? parent : session?.agentTurn;
      if (speaker !== undefined) speaker.hasSpoken = true;
      session?.observed?.beginSpeaking();
      return;
    }
    case LiveKitSpan.AGENT_TURN:
      if (session === undefined) return;
      session.agentTurn = node;
      node.exchange = session.observed?.beginTurn();
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

function addRequest(above: SpanNode | undefined, request: SpanNode): void {
  if (above?.span !== undefined) above.requests = [...above.requests, request];
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
  const { parent, session } = node;
  switch (node.livekitName) {
    case undefined:
      if (mapped !== undefined) passUpForeign(node, span.attributes);
      return;
    case LiveKitSpan.LLM_REQUEST_RUN:
    case TTS_REQUEST_RUN: {
      const isOfRequest =
        parent?.livekitName === LiveKitSpan.LLM_REQUEST ||
        parent?.livekitName === LiveKitSpan.TTS_REQUEST;
      if (!isOfRequest) return;
      // The request has failed when its last attempt has.
      const failure = failureOf(span, mapped);
      parent.failure = failure;
      if (session === undefined) return;
      session.failedAttempt = failure && { request: parent, endMillis: Date.now(), failure };
      return;
    }
    case LiveKitSpan.TTS_REQUEST:
      return passUpSpeechRequest(node, failureOf(span, mapped));
    case LiveKitSpan.LLM_REQUEST:
      return passUpRequest(node, span, mapped);
    case LiveKitSpan.LLM_NODE:
      if (parent === undefined) return;
      parent.failure = failureOf(span, mapped);
      if (parent.livekitName !== LiveKitSpan.AGENT_TURN) return;
      noteModelStep(node, parent, span.attributes);
      return passUpToolCalls(parent, span.attributes);
    case LiveKitSpan.TTS_NODE: {
      const turn = node.ancestor(LiveKitSpan.AGENT_TURN);
      if (turn !== undefined) turn.speechFailure ??= failureOf(span, mapped);
      return;
    }
    case LiveKitSpan.FUNCTION_TOOL:
      node.carriedOut = toolCallOf(span.attributes);
      node.toolCall = readToolCall(span.attributes);
      return;
    case LiveKitSpan.AGENT_TURN:
      return passUpTurn(node, span.attributes, outputOf(mapped));
    case LiveKitSpan.USER_TURN:
      if (session === undefined) return;
      if (session.userTurn === node) session.userTurn = undefined;
      noteUserTurn(session, span);
      session.firstInput ??= inputOf(mapped);
      return;
    case LiveKitSpan.AGENT_SESSION:
      session?.observed?.forget();
      return;
    default:
  }
}

function inputOf(mapped: MappedSpan | undefined): string | undefined {
  return asText(mapped?.get(S.INPUT_VALUE));
}

function outputOf(mapped: MappedSpan | undefined): string | undefined {
  return asText(mapped?.get(S.OUTPUT_VALUE));
}

/** The failure of a span that is sent as failed. */
function failureOf(span: ReadableSpan, mapped: MappedSpan | undefined): Failure | undefined {
  const { code, message } = (mapped ?? span).status;
  if (code !== SpanStatusCode.ERROR) return undefined;
  const errorType = asText(mapped?.get(ERROR_TYPE)) ?? asText(span.attributes['exception.type']);
  return { message, errorType };
}

/**
 * A request for speech ends, and the node fails with the outermost. LiveKit's stream adapter ends
 * well when the request that it made has failed (`tts/stream_adapter.ts`): `innerFailure` is the
 * failure of the adapter, and of its node, unless there was audio.
 */
function passUpSpeechRequest(node: SpanNode, failure: Failure | undefined): void {
  const outer = node.ancestor(LiveKitSpan.TTS_REQUEST);
  const speech = node.ancestor(LiveKitSpan.TTS_NODE);
  if (outer !== undefined) outer.innerFailure = failure;
  if (speech === undefined) return;
  speech.innerFailure = failure;
  if (outer === undefined) speech.failure = failure;
}

/** Input and output of a call go to every span of it: requests nest in an adapter. */
function passUpRequest(node: SpanNode, span: ReadableSpan, mapped: MappedSpan | undefined): void {
  node.usage = readUsage(span.attributes);
  node.hasMessages = isConversation(span.attributes);
  const above = node.ancestor(LiveKitSpan.LLM_REQUEST) ?? node.parent;
  if (above?.span === undefined) return;
  if (above.livekitName === LiveKitSpan.LLM_NODE) above.failure = failureOf(span, mapped);
  else if (above.livekitName !== LiveKitSpan.LLM_REQUEST) return;
  above.inputBelow = inputOf(mapped) ?? above.inputBelow;
  above.outputBelow = outputOf(mapped) ?? above.outputBelow;
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
  const { session, startMillis } = node;
  if (session === undefined) return;
  if (session.agentTurn === node) session.agentTurn = undefined;
  session.observed?.endTurn(startMillis);
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
  const request = node.ancestor(LiveKitSpan.LLM_REQUEST);
  if (request === undefined || (readUsage(attributes)?.input ?? 0) === 0) return;
  const kind = mapSpanKind(node.name, '', attributes);
  if (isSpanKind(kind, OpenInferenceSpanKind.LLM)) request.usageBelow = true;
}

export function readUsage(attributes: Attributes): Usage | undefined {
  const input = readNumber(attributes, INPUT);
  const output = readNumber(attributes, OUTPUT);
  return input === undefined && output === undefined
    ? undefined
    : { input: input ?? 0, output: output ?? 0 };
}

/** Whether a request has the conversation: its operation name says it from the start on. */
export function isConversation(attributes: Attributes | undefined): boolean {
  return attributes?.[GenAiAttr.OPERATION_NAME] !== undefined;
}

/** Spans that may wait at a time. A tool waits for moments, a job for its session. */
const MAX_WAITING = 256;

/** A span that has ended and waits for one that has not. */
export interface WaitingSpan {
  readonly span: ReadableSpan;
  readonly node: SpanNode;
}

/**
 * Spans that are sent later than they end, because another span still has something to pass to
 * them. Few and for short: a flush sends them as they are, and so does the one too many.
 */
export class WaitingSpans {
  readonly #awaited = new Map<WaitingSpan, SpanNode>();

  get isEmpty(): boolean {
    return this.#awaited.size === 0;
  }

  /** Keeps a span back. Returns the span to send in its place: the one that has waited longest. */
  add(waiting: WaitingSpan, awaited: SpanNode): WaitingSpan | undefined {
    this.#awaited.set(waiting, awaited);
    const [longest] = this.#awaited.keys();
    if (longest === undefined || this.#awaited.size <= MAX_WAITING) return undefined;
    this.#awaited.delete(longest);
    return longest;
  }

  /** Takes the spans that waited for this one, which has ended, and need not wait for another. */
  takeEndedFor(node: SpanNode): readonly WaitingSpan[] {
    const free: WaitingSpan[] = [];
    for (const [waiting, awaited] of this.#awaited) {
      if (awaited !== node && waiting.node.parent !== node) continue;
      const next = waitsFor(waiting.span, waiting.node);
      if (next !== undefined) this.#awaited.set(waiting, next);
      else if (this.#awaited.delete(waiting)) free.push(waiting);
    }
    return free;
  }

  /** Takes every span that waits. */
  takeAll(): readonly WaitingSpan[] {
    const all = [...this.#awaited.keys()];
    this.#awaited.clear();
    return all;
  }
}

/**
 * The open span that a span which has ended must wait for.
 *
 * `job_entrypoint` ends before its session when the entry function returns early, and as the root
 * it has to carry the session's first input and last output. Up to 1.7.1 a quick tool ends before
 * the `llm_node` that asked for it, which alone records the call's id.
 */
export function waitsFor(span: ReadableSpan, node: SpanNode): SpanNode | undefined {
  if (node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) return node.sessionsBelow?.anyOpen;
  if (node.livekitName !== LiveKitSpan.FUNCTION_TOOL) return undefined;
  if (span.attributes['gen_ai.tool.call.id'] !== undefined) return undefined;
  const turn = node.parent;
  if (turn?.span === undefined || turn.modelNode?.span === undefined) return undefined;
  return turn.modelNode;
}
