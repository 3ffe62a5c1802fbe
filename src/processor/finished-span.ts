import type { AttributeValue } from '@opentelemetry/api';
import type { SpanRecord } from '../export/span-record.js';
import type { ContentClass } from '../mapping/attribute-sink.js';
import type { SpanFigures } from '../session/span-figures.js';
import type { SpanWords } from '../mapping/map-span.js';

/** One attribute as it was put into a sink. */
export type Put = readonly [key: string, value: AttributeValue, content: ContentClass];

/** A span mapped and redacted, to be written on more than one road. */
export interface FinishedSpan {
  readonly record: SpanRecord;
  readonly puts: readonly Put[];
  readonly words: SentWords;
}

/** What a span that was sent says in short. */
export interface SentWords extends SpanWords {
  /** `undefined` when nothing is made of them, it was mapped for nobody, or mapping it failed. */
  readonly figures: SpanFigures | undefined;
}

export const NO_WORDS: SentWords = Object.freeze({
  input: undefined,
  output: undefined,
  figures: undefined,
});
