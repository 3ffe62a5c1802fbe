import { CatalystAttr as C } from '../semconv/catalyst-attributes.js';
import type { TurnTimes } from './mapping-context.js';
import type { SpanMapping } from './span-mapping.js';

/** The parts of a turn's end-to-end latency. One that is not known is `undefined`. */
export interface TurnLatency {
  readonly endOfTurnMillis: number | undefined;
  /** Inside `endOfTurnMillis`. */
  readonly transcriptionMillis: number | undefined;
  readonly onUserTurnCompletedMillis: number | undefined;
  readonly llmTtftMillis: number | undefined;
  /** Only of a turn that answers with the results of tools. */
  readonly toolMillis: number | undefined;
  readonly sentenceWaitMillis: number | undefined;
  readonly ttsTtfbMillis: number | undefined;
  readonly playoutMillis: number | undefined;
}

interface TurnLatencyField {
  readonly to: string;
  readonly part: keyof TurnLatency;
  readonly meaning: string;
}

/** The keys of the parts. The README's table has a row for each. */
// prettier-ignore
export const TURN_LATENCY_FIELDS: readonly TurnLatencyField[] = [
  { to: C.TURN_END_OF_TURN_MS, part: 'endOfTurnMillis', meaning: 'Part of the end-to-end latency: the decision that the turn is over' },
  { to: C.TURN_TRANSCRIPTION_MS, part: 'transcriptionMillis', meaning: 'Of that decision, the wait for the final transcript' },
  { to: C.TURN_ON_USER_TURN_COMPLETED_MS, part: 'onUserTurnCompletedMillis', meaning: 'Part: from that decision to the model call, `onUserTurnCompleted` included' },
  { to: C.TURN_LLM_TTFT_MS, part: 'llmTtftMillis', meaning: 'Part: time to the first token, of all model calls of a tool loop' },
  { to: C.TURN_TOOL_MS, part: 'toolMillis', meaning: 'Part: from the first token of a tool call to the model call with its result' },
  { to: C.TURN_SENTENCE_WAIT_MS, part: 'sentenceWaitMillis', meaning: 'Part: from the first token to the first sentence for the TTS' },
  { to: C.TURN_TTS_TTFB_MS, part: 'ttsTtfbMillis', meaning: 'Part: from that sentence to the first audio' },
  { to: C.TURN_PLAYOUT_MS, part: 'playoutMillis', meaning: 'Part: from the first audio to its first frame being played' },
];

/** Puts the parts of the latency on a turn that has one. */
export function putTurnLatency(mapping: SpanMapping): void {
  const { latency } = mapping.context;
  const e2eSeconds = mapping.raw['lk.e2e_latency'];
  if (latency === undefined || typeof e2eSeconds !== 'number' || e2eSeconds < 0) return;
  const parts = turnLatency(latency, e2eSeconds * 1e3);
  for (const { to, part } of TURN_LATENCY_FIELDS) {
    const millis = parts[part];
    if (millis !== undefined) mapping.put(to, Math.round(millis * 1e3) / 1e3);
  }
}

/**
 * Takes the latency apart at the moments that are known, in their order. A part is what the caller
 * waited for: what was done ahead of time (preemptive generation) takes none of it, so the parts
 * add up to the whole. A moment that is not known leaves out the parts on both sides of it.
 */
export function turnLatency(times: TurnTimes, e2eMillis: number): TurnLatency {
  const { speakingMillis, endOfTurnDelayMillis, transcriptionDelayMillis, speech } = times;
  const stopMillis = speakingMillis - e2eMillis;
  const endOfTurnMillis =
    endOfTurnDelayMillis === undefined ? undefined : stopMillis + endOfTurnDelayMillis;
  const clock = new PartClock(stopMillis, speakingMillis);
  const endOfTurn = clock.until(endOfTurnMillis);
  let onUserTurnCompleted: number | undefined;
  let llmTtft: number | undefined;
  let tool: number | undefined;
  if (times.modelSteps.length === 0) clock.until(undefined);
  for (const [index, { startMillis, firstTokenMillis }] of times.modelSteps.entries()) {
    const wait = clock.until(startMillis);
    const ttft = clock.until(firstTokenMillis);
    if (index === 0) {
      onUserTurnCompleted = wait;
      llmTtft = ttft;
    } else {
      tool = index === 1 ? wait : sum(tool, wait);
      llmTtft = sum(llmTtft, ttft);
    }
  }
  return {
    endOfTurnMillis: endOfTurn,
    transcriptionMillis:
      transcriptionDelayMillis === undefined || endOfTurn === undefined
        ? undefined
        : Math.min(transcriptionDelayMillis, endOfTurn),
    onUserTurnCompletedMillis: onUserTurnCompleted,
    llmTtftMillis: llmTtft,
    toolMillis: tool,
    sentenceWaitMillis: clock.until(speech?.textMillis),
    ttsTtfbMillis: clock.until(speech?.audioMillis),
    playoutMillis: clock.until(speakingMillis),
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Walks from one moment to the next, never back and never beyond the end. */
class PartClock {
  readonly #endMillis: number;
  #atMillis: number;
  #isKnown = true;

  constructor(startMillis: number, endMillis: number) {
    this.#atMillis = startMillis;
    this.#endMillis = endMillis;
  }

  /** The time since the moment before; `undefined` when one of the two is not known. */
  until(millis: number | undefined): number | undefined {
    if (millis === undefined) {
      this.#isKnown = false;
      return undefined;
    }
    const next = Math.min(this.#endMillis, Math.max(this.#atMillis, millis));
    const part = this.#isKnown ? next - this.#atMillis : undefined;
    this.#atMillis = next;
    this.#isKnown = true;
    return part;
  }
}
