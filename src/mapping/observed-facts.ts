import type { Failure } from './span-input.js';

/** Speech recognition, as the session's metrics tell it: LiveKit has no span for it. */
export interface SttUsage {
  /** Length of the audio that was recognised, in milliseconds. */
  readonly audioMillis: number;
  readonly model: string | undefined;
  readonly provider: string | undefined;
}

/** How a session came to its end. */
export interface SessionClosing {
  /** One of LiveKit's `CloseReason`, or words of the application. */
  readonly reason: string | undefined;
  /** Which part failed (`llm_error`, `stt_error`, …), of a session that closed on an error. */
  readonly errorType: string | undefined;
  /** The error itself, of a session that closed on one. */
  readonly failure: Failure | undefined;
}

/** One call of a realtime model in the GenAI message format: LiveKit's spans have none of it. */
export interface ModelExchange {
  /** The user's words that the turn answers; of a further step of a tool loop, those of its first. */
  readonly words: string | undefined;
  readonly input: readonly unknown[];
  readonly output: readonly unknown[];
}

/** What `observe` has learnt of a span. */
export interface ObservedFacts {
  readonly stt: SttUsage | undefined;
  readonly closing: SessionClosing | undefined;
  readonly exchange: ModelExchange | undefined;
  /** The conversation in the GenAI message format, of a session. */
  readonly transcript: readonly unknown[];
}
