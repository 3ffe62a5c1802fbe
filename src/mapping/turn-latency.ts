import { CatalystAttr as C } from '../semconv/catalyst-attributes.js';
import type { TurnTimes } from './mapping-context.js';
import type { SpanMapping } from './span-mapping.js';

/** Puts the parts of the latency on a turn that has one. */
export function putTurnLatency(mapping: SpanMapping): void {
  const { latency } = mapping.context;
  const e2eSeconds = mapping.raw['lk.e2e_latency'];
  if (latency === undefined || typeof e2eSeconds !== 'number' || e2eSeconds < 0) return;
  const parts = turnLatency(latency, e2eSeconds * 1e3);
  for (const key in parts) {
    const millis = parts[key];
    if (millis !== undefined) mapping.put(key, Math.round(millis * 1e3) / 1e3);
  }
}

/**
 * Takes the latency apart at the moments that are known, in their order. A part is what the caller
 * waited for: what was done ahead of time (preemptive generation) takes none of it, so the parts
 * add up to the whole. A moment that is not known leaves out the parts on both sides of it.
 */
export function turnLatency(
  times: TurnTimes,
  e2eMillis: number,
): Readonly<Record<string, number | undefined>> {
  const { speakingMillis, endOfTurnDelayMillis, transcriptionDelayMillis, speech } = times;
  const stopMillis = speakingMillis - e2eMillis;
  let atMillis = stopMillis;
  let isKnown = true;
  /** Goes on to the next moment, never back and never beyond the end: the time that passed. */
  const until = (millis: number | undefined): number | undefined => {
    const wasKnown = isKnown;
    isKnown = millis !== undefined;
    if (millis === undefined) return undefined;
    const beforeMillis = atMillis;
    atMillis = Math.min(speakingMillis, Math.max(beforeMillis, millis));
    return wasKnown ? atMillis - beforeMillis : undefined;
  };
  const endOfTurn = until(
    endOfTurnDelayMillis === undefined ? undefined : stopMillis + endOfTurnDelayMillis,
  );
  let onUserTurnCompleted: number | undefined;
  let llmTtft: number | undefined;
  let tool: number | undefined;
  if (times.modelSteps.length === 0) until(undefined);
  for (const [index, { startMillis, firstTokenMillis }] of times.modelSteps.entries()) {
    const wait = until(startMillis);
    const ttft = until(firstTokenMillis);
    if (index === 0) onUserTurnCompleted = wait;
    else tool = index === 1 ? wait : sum(tool, wait);
    llmTtft = index === 0 ? ttft : sum(llmTtft, ttft);
  }
  return {
    [C.TURN_END_OF_TURN_MS]: endOfTurn,
    [C.TURN_TRANSCRIPTION_MS]:
      endOfTurn && transcriptionDelayMillis && Math.min(transcriptionDelayMillis, endOfTurn),
    [C.TURN_ON_USER_TURN_COMPLETED_MS]: onUserTurnCompleted,
    [C.TURN_LLM_TTFT_MS]: llmTtft,
    [C.TURN_TOOL_MS]: tool,
    [C.TURN_SENTENCE_WAIT_MS]: until(speech?.textMillis),
    [C.TURN_TTS_TTFB_MS]: until(speech?.audioMillis),
    [C.TURN_PLAYOUT_MS]: until(speakingMillis),
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
