import type { Attributes } from '@opentelemetry/api';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from './livekit-spans.js';

const METRICS = 'lk.realtime_model_metrics';
const CALL_PREFIXES = [
  'gen_ai.usage.',
  'gen_ai.request.',
  'gen_ai.response.',
  'langfuse.',
] as const;

/** A turn of a realtime model as two spans: what was said, and the model call that said it. */
export interface RealtimeTurn {
  readonly turn: Attributes;
  readonly call: Attributes;
}

/**
 * Up to 1.7.1 LiveKit records a realtime model's call on the `agent_turn` itself
 * (`voice/agent_activity.ts`); from 1.8 it has a `realtime_inference` below. The turn is told apart
 * from its call here, so that tokens stand on an LLM span and turns are CHAIN in every version.
 */
export function splitRealtimeTurn(
  name: string,
  scopeName: string,
  attributes: Attributes,
): RealtimeTurn | undefined {
  if (name !== LiveKitSpan.AGENT_TURN || scopeName !== LIVEKIT_SCOPE_NAME) return undefined;
  if (attributes[METRICS] === undefined) return undefined;
  const turn: Attributes = {};
  const call: Attributes = {};
  for (const key in attributes) {
    const ofCall = key === METRICS || CALL_PREFIXES.some((prefix) => key.startsWith(prefix));
    (ofCall ? call : turn)[key] = attributes[key];
  }
  return { turn, call };
}

const ALL_BITS = 0xf;

/** Id of the call's span: made from the turn's, so that sending it twice is the same span twice. */
export function realtimeCallSpanId(turnSpanId: string): string {
  return Array.from(turnSpanId, (digit) =>
    (Number.parseInt(digit, 16) ^ ALL_BITS).toString(16),
  ).join('');
}
