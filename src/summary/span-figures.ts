import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { AttributeValue } from '@opentelemetry/api';
import type { AttributeReplay, AttributeSink, ContentClass } from '../mapping/attribute-sink.js';

/** Attributes that a session's summary and the metrics are made of. None of them holds content. */
const FIGURE_KEYS: readonly string[] = [
  S.LLM_TOKEN_COUNT_PROMPT,
  S.LLM_TOKEN_COUNT_COMPLETION,
  S.LLM_MODEL_NAME,
  S.LLM_PROVIDER,
  S.OPENINFERENCE_SPAN_KIND,
  S.TOOL_NAME,
  'error.type',
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.system',
  'lk.retry_count',
  'lk.speech_id',
  'voice.amd.category',
  'voice.e2e_latency_ms',
  'voice.end_of_turn_delay_ms',
  'voice.interrupted',
  'voice.llm.ttft_ms',
  'voice.transcription_delay_ms',
  'voice.tts.characters',
  'voice.tts.model',
  'voice.tts.provider',
  'voice.tts.ttfb_ms',
];
/** Where each figure stands: an array of fixed length costs a span a third of what a map would. */
const SLOTS: ReadonlyMap<string, number> = new Map(FIGURE_KEYS.map((key, slot) => [key, slot]));
const NONE: readonly (AttributeValue | undefined)[] = FIGURE_KEYS.map(() => undefined);

/** Figures of one span as it is sent, by the key they are sent under. */
export class SpanFigures {
  readonly #values = NONE.slice();

  /** Takes down what is a figure, and nothing else. */
  offer(key: string, value: AttributeValue): void {
    const slot = SLOTS.get(key);
    if (slot !== undefined) this.#values[slot] = value;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  number(key: string): number | undefined {
    const value = this.#get(key);
    return typeof value === 'number' ? value : undefined;
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  isTrue(key: string): boolean {
    return this.#get(key) === true;
  }

  #get(key: string): AttributeValue | undefined {
    const slot = SLOTS.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }
}

/**
 * Takes down the figures of a span while they pass on to another sink: so that what a summary or a
 * metric says is what the span says. It stands before privacy, and takes nothing but class `none`.
 */
export class FigureSink implements AttributeSink {
  readonly figures: SpanFigures = new SpanFigures();
  readonly #next: AttributeSink;

  constructor(next: AttributeSink) {
    this.#next = next;
  }

  /** Only messages are put a second time, and there are no figures in them. */
  get replay(): AttributeReplay | undefined {
    return this.#next.replay;
  }

  put(key: string, value: AttributeValue, content: ContentClass): void {
    if (content === 'none') this.figures.offer(key, value);
    this.#next.put(key, value, content);
  }
}
