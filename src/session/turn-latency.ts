import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { ModelStep, TurnTimes } from '../mapping/mapping-context.js';
import { asFiniteNumber, asText, type JsonRecord } from '../mapping/read-attributes.js';
import { LiveKitAttr } from '../semconv/raw-attributes.js';
import type { Session } from './session.js';
import type { SpanNode } from './span-node.js';

// Collects what the spans around an `agent_turn` say about its latency: the user's turn before it,
// its model calls, its speech. All of it is numbers, kept on the session and on the turn.

/** Turns of the user that may still be answered. */
const MAX_USER_TURNS = 4;
/** LiveKit truncates the times that are added up here to whole milliseconds. */
const TOLERANCE_MILLIS = 5;

export interface UserTurn {
  readonly endOfTurnDelayMillis: number;
  readonly transcriptionDelayMillis: number | undefined;
  /** When the user stopped speaking, as far as the span's end shows. */
  readonly stopMillis: number;
}

export interface TurnStep extends ModelStep {
  readonly turn: SpanNode;
}

export function noteUserTurn({ userTurns }: Session, { attributes, endTime }: ReadableSpan): void {
  const endOfTurnDelayMillis = positive(attributes['lk.end_of_turn_delay']);
  if (endOfTurnDelayMillis === undefined) return;
  userTurns.push({
    endOfTurnDelayMillis,
    transcriptionDelayMillis: positive(attributes['lk.transcription_delay']),
    stopMillis: hrTimeToMilliseconds(endTime) - endOfTurnDelayMillis,
  });
  if (userTurns.length > MAX_USER_TURNS) userTurns.shift();
}

export function noteModelStep(node: SpanNode, turn: SpanNode, attributes: Attributes): void {
  const { session, startMillis } = node;
  if (session === undefined) return;
  const ttftSeconds = asFiniteNumber(attributes['lk.response.ttft']);
  const firstTokenMillis = ttftSeconds === undefined ? undefined : startMillis + ttftSeconds * 1e3;
  const { steps } = speechOf(session, turn, turn.span?.attributes);
  steps.push({ turn, startMillis, firstTokenMillis });
}

/** The speech that a turn is a step of: LiveKit sets its id at the start. */
function speechOf(session: Session, turn: SpanNode, attributes: Attributes | undefined) {
  return session.speech(asText(attributes?.[LiveKitAttr.SPEECH_ID]) ?? turn.spanId);
}

/**
 * A TTS request's metrics have the moment at which they were made and, counted from its first
 * sentence, how long ago that was and when the first audio came (`tts/tts.ts`, `monitorMetrics`).
 */
export function noteSpeech(node: SpanNode, metrics: JsonRecord | undefined): void {
  const { turn } = node;
  const madeMillis = positive(metrics?.['timestamp']);
  const durationMillis = asFiniteNumber(metrics?.['durationMs']);
  const ttfbMillis = asFiniteNumber(metrics?.['ttfbMs']);
  if (turn === undefined || madeMillis === undefined || durationMillis === undefined) return;
  if (ttfbMillis === undefined || ttfbMillis < 0) return;
  const textMillis = madeMillis - durationMillis;
  turn.speeches = [...turn.speeches, { textMillis, audioMillis: textMillis + ttfbMillis }];
}

/**
 * The times of an answer that was spoken. A stream's metrics are those of its last segment
 * (`tts/tts.ts` overwrites them): audio that came after playing began is not the first.
 */
export function timesOfAnswer(turn: SpanNode, attributes: Attributes): TurnTimes | undefined {
  const { session, speakingMillis } = turn;
  const e2eSeconds = asFiniteNumber(attributes['lk.e2e_latency']);
  if (session === undefined || speakingMillis === undefined || e2eSeconds === undefined) {
    return undefined;
  }
  const userTurn = answeredTurn(session.userTurns, speakingMillis, e2eSeconds * 1e3);
  const { steps } = speechOf(session, turn, attributes);
  const speeches = turn.speeches.filter(
    ({ audioMillis }) => audioMillis <= speakingMillis + TOLERANCE_MILLIS,
  );
  return {
    speakingMillis,
    endOfTurnDelayMillis: userTurn?.endOfTurnDelayMillis,
    transcriptionDelayMillis: userTurn?.transcriptionDelayMillis,
    modelSteps: steps.slice(0, steps.findLastIndex((step) => step.turn === turn) + 1),
    speech: least(speeches, ({ audioMillis }) => audioMillis),
  };
}

/** The turn of the user that was decided before the answer began, and ended where its latency does. */
function answeredTurn(
  turns: readonly UserTurn[],
  speakingMillis: number,
  e2eMillis: number,
): UserTurn | undefined {
  const stopMillis = speakingMillis - e2eMillis;
  const decided = turns.filter(
    ({ endOfTurnDelayMillis }) => endOfTurnDelayMillis <= e2eMillis + TOLERANCE_MILLIS,
  );
  return least(decided, (turn) => Math.abs(turn.stopMillis - stopMillis));
}

function least<T>(items: readonly T[], by: (item: T) => number): T | undefined {
  return items.toSorted((a, b) => by(a) - by(b))[0];
}

/** LiveKit writes 0 for a delay that it does not know. */
function positive(value: unknown): number | undefined {
  const number = asFiniteNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
}
