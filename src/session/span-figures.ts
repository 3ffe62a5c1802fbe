import type { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { MappedSpan } from '../mapping/map-span.js';

/** Attributes that a session's summary and the metrics are made of. None of them holds content. */
export type FigureKey =
  | typeof S.LLM_TOKEN_COUNT_PROMPT
  | typeof S.LLM_TOKEN_COUNT_COMPLETION
  | typeof S.LLM_MODEL_NAME
  | typeof S.LLM_PROVIDER
  | typeof S.OPENINFERENCE_SPAN_KIND
  | typeof S.TOOL_NAME
  | 'error.type'
  | 'gen_ai.operation.name'
  | 'gen_ai.provider.name'
  | 'gen_ai.request.model'
  | 'gen_ai.system'
  | 'lk.retry_count'
  | 'lk.speech_id'
  | 'voice.amd.category'
  | 'voice.e2e_latency_ms'
  | 'voice.end_of_turn_delay_ms'
  | 'voice.interrupted'
  | 'voice.llm.ttft_ms'
  | 'voice.transcription_delay_ms'
  | 'voice.tts.characters'
  | 'voice.tts.model'
  | 'voice.tts.provider'
  | 'voice.tts.ttfb_ms';

/**
 * Figures of one span by the key they are sent under, read when they are asked for: so that what a
 * summary or a metric says is what the span says.
 */
export class SpanFigures {
  readonly #span: Pick<MappedSpan, 'figure'>;

  constructor(span: Pick<MappedSpan, 'figure'>) {
    this.#span = span;
  }

  has(key: FigureKey): boolean {
    return (this.#span.figure(key) ?? undefined) !== undefined;
  }

  number(key: FigureKey): number | undefined {
    const value = this.#span.figure(key);
    return typeof value === 'number' ? value : undefined;
  }

  text(key: FigureKey): string | undefined {
    const value = this.#span.figure(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  isTrue(key: FigureKey): boolean {
    return this.#span.figure(key) === true;
  }
}
