import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { asFiniteNumber, asText, parseJsonRecord } from '../mapping/read-attributes.js';
import type { ModelStep, SpeechStart, TurnTimes } from '../mapping/mapping-context.js';
import { LiveKitAttr } from '../semconv/raw-attributes.js';
import type { Session } from './session.js';
import type { SpanNode } from './span-node.js';

// Collects what the spans around an `agent_turn` say about its latency: the user's turn before it,
// its model calls, its speech. All of it is numbers, kept as long as the session's record.

/** Turns of the user that may still be answered, and speeches whose tool loop may go on. */
const MAX_USER_TURNS = 4;
const MAX_SPEECHES = 8;
/** LiveKit truncates the times that are added up here to whole milliseconds. */
const TOLERANCE_MILLIS = 5;

interface UserTurn {
  readonly endOfTurnDelayMillis: number;
  readonly transcriptionDelayMillis: number | undefined;
  /** When the user stopped speaking, as far as the span's end tells. */
  readonly stopMillis: number;
}

interface TurnStep extends ModelStep {
  readonly turn: SpanNode;
}

interface SessionTimes {
  readonly userTurns: UserTurn[];
  readonly stepsBySpeech: Map<string, TurnStep[]>;
}

interface AnswerTimes {
  speakingMillis: number | undefined;
  readonly speeches: SpeechStart[];
}

const sessions = new WeakMap<Session, SessionTimes>();
const answers = new WeakMap<SpanNode, AnswerTimes>();

/** `agent_speaking` starts with the first frame that is played (`voice/agent_session.ts`). */
export function noteSpeakingStart(node: SpanNode): void {
  const turn = node.ancestor(LiveKitSpan.AGENT_TURN);
  if (turn !== undefined) answerOf(turn).speakingMillis ??= node.startMillis;
}

/** Takes what a span that has ended says; the times of its answer, of an `agent_turn`. */
export function turnTimes(node: SpanNode, span: ReadableSpan): TurnTimes | undefined {
  switch (node.livekitName) {
    case LiveKitSpan.USER_TURN:
      noteUserTurn(node, span);
      return undefined;
    case LiveKitSpan.LLM_NODE:
      noteModelStep(node, span.attributes);
      return undefined;
    case LiveKitSpan.TTS_REQUEST:
      noteSpeech(node, span.attributes);
      return undefined;
    case LiveKitSpan.AGENT_TURN:
      return timesOfAnswer(node, span.attributes);
    default:
      return undefined;
  }
}

/** LiveKit writes 0 for a delay that it does not know. */
function noteUserTurn({ session }: SpanNode, { attributes, endTime }: ReadableSpan): void {
  const endOfTurnDelayMillis = positive(attributes['lk.end_of_turn_delay']);
  if (session === undefined || endOfTurnDelayMillis === undefined) return;
  const { userTurns } = timesOf(session);
  userTurns.push({
    endOfTurnDelayMillis,
    transcriptionDelayMillis: positive(attributes['lk.transcription_delay']),
    stopMillis: hrTimeToMilliseconds(endTime) - endOfTurnDelayMillis,
  });
  if (userTurns.length > MAX_USER_TURNS) userTurns.shift();
}

/** All steps of a tool loop share the id of one speech, which their turns have from the start. */
function noteModelStep(node: SpanNode, attributes: Attributes): void {
  const turn = node.parent;
  if (node.session === undefined || turn?.livekitName !== LiveKitSpan.AGENT_TURN) return;
  const { stepsBySpeech } = timesOf(node.session);
  const speech = asText(turn.span?.attributes[LiveKitAttr.SPEECH_ID]) ?? turn.spanId;
  const ttftSeconds = asFiniteNumber(attributes['lk.response.ttft']);
  const firstTokenMillis =
    ttftSeconds === undefined ? undefined : node.startMillis + ttftSeconds * 1e3;
  const step = { turn, startMillis: node.startMillis, firstTokenMillis };
  stepsBySpeech.set(speech, [...(stepsBySpeech.get(speech) ?? []), step]);
  if (stepsBySpeech.size <= MAX_SPEECHES) return;
  const [oldest] = stepsBySpeech.keys();
  if (oldest !== undefined) stepsBySpeech.delete(oldest);
}

/**
 * A TTS request's metrics have the moment at which they were made and, counted from its first
 * sentence, how long ago that was and when the first audio came (`tts/tts.ts`, `monitorMetrics`).
 */
function noteSpeech(node: SpanNode, attributes: Attributes): void {
  const turn = node.ancestor(LiveKitSpan.AGENT_TURN);
  if (turn === undefined) return;
  const metrics = parseJsonRecord(attributes[LiveKitAttr.TTS_METRICS]);
  const madeMillis = positive(metrics?.['timestamp']);
  const durationMillis = asFiniteNumber(metrics?.['durationMs']);
  const ttfbMillis = asFiniteNumber(metrics?.['ttfbMs']);
  if (madeMillis === undefined || durationMillis === undefined) return;
  if (ttfbMillis === undefined || ttfbMillis < 0) return;
  const textMillis = madeMillis - durationMillis;
  answerOf(turn).speeches.push({ textMillis, audioMillis: textMillis + ttfbMillis });
}

function timesOfAnswer(turn: SpanNode, attributes: Attributes): TurnTimes | undefined {
  const answer = answers.get(turn);
  const e2eSeconds = asFiniteNumber(attributes['lk.e2e_latency']);
  const speakingMillis = answer?.speakingMillis;
  if (turn.session === undefined || speakingMillis === undefined || e2eSeconds === undefined) {
    return undefined;
  }
  const times = timesOf(turn.session);
  const userTurn = answeredTurn(times.userTurns, speakingMillis, e2eSeconds * 1e3);
  const speech = asText(attributes[LiveKitAttr.SPEECH_ID]) ?? turn.spanId;
  const steps = times.stepsBySpeech.get(speech) ?? [];
  return {
    speakingMillis,
    endOfTurnDelayMillis: userTurn?.endOfTurnDelayMillis,
    transcriptionDelayMillis: userTurn?.transcriptionDelayMillis,
    modelSteps: steps.slice(0, steps.findLastIndex((step) => step.turn === turn) + 1),
    speech: firstSpeech(answer?.speeches ?? [], speakingMillis),
  };
}

/** The turn of the user that was decided before the answer began, and ended where its latency does. */
function answeredTurn(
  turns: readonly UserTurn[],
  speakingMillis: number,
  e2eMillis: number,
): UserTurn | undefined {
  const stopMillis = speakingMillis - e2eMillis;
  let nearest: UserTurn | undefined;
  for (const turn of turns) {
    if (turn.endOfTurnDelayMillis > e2eMillis + TOLERANCE_MILLIS) continue;
    const isNearer =
      nearest === undefined ||
      Math.abs(turn.stopMillis - stopMillis) < Math.abs(nearest.stopMillis - stopMillis);
    if (isNearer) nearest = turn;
  }
  return nearest;
}

/**
 * The speech whose audio came first. A stream's metrics are those of its last segment
 * (`tts/tts.ts` overwrites them): audio that came after playing began is not the first.
 */
function firstSpeech(
  speeches: readonly SpeechStart[],
  speakingMillis: number,
): SpeechStart | undefined {
  let first: SpeechStart | undefined;
  for (const speech of speeches) {
    if (speech.audioMillis > speakingMillis + TOLERANCE_MILLIS) continue;
    if (first === undefined || speech.audioMillis < first.audioMillis) first = speech;
  }
  return first;
}

function answerOf(turn: SpanNode): AnswerTimes {
  let answer = answers.get(turn);
  if (answer === undefined) {
    answer = { speakingMillis: undefined, speeches: [] };
    answers.set(turn, answer);
  }
  return answer;
}

function timesOf(session: Session): SessionTimes {
  let times = sessions.get(session);
  if (times === undefined) {
    times = { userTurns: [], stepsBySpeech: new Map() };
    sessions.set(session, times);
  }
  return times;
}

function positive(value: unknown): number | undefined {
  const number = asFiniteNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
}
