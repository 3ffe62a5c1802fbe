import type { AttributeValue } from '@opentelemetry/api';
import type { SpanRecord } from '../encoding/span-record.js';
import type { ContentClass } from '../mapping/attribute-sink.js';
import type { SpanWords } from '../mapping/map-span.js';

/** One attribute as it was put into a sink. */
export type Put = readonly [key: string, value: AttributeValue, content: ContentClass];

/** A span mapped and redacted, to be written on more than one road. */
export interface FinishedSpan {
  readonly record: SpanRecord;
  readonly puts: readonly Put[];
  readonly words: SpanWords;
}

export const NO_WORDS: SpanWords = Object.freeze({ input: undefined, output: undefined });
