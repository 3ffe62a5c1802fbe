import type { MeasuredSpan } from '../session/measured-span.js';
import type { MetricAttribute } from './metric-attributes.js';

export type InstrumentKind =
  'counter' | 'histogram' | 'upDownCounter' | 'observableCounter' | 'observableUpDownCounter';

/** An instrument as OpenTelemetry creates it, and as the documentation describes it. */
export interface Instrument {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** In UCUM. */
  readonly unit: string;
  readonly meaning: string;
  /** Names of the spans that it is made of; prose where it is made of no span. */
  readonly from: string;
  readonly attributes: readonly MetricAttribute[];
  /** Upper bounds of a histogram's buckets. */
  readonly boundaries?: readonly number[];
}

/** One way a span adds to an instrument. */
export interface SpanMeasurement {
  readonly instrument: Instrument;
  /** LiveKit's spans of these names; absent: every span of kind LLM. */
  readonly on?: readonly string[];
  readonly value: (span: MeasuredSpan) => number | undefined;
  /** An attribute that tells this measurement from another one of the same span. */
  readonly fixed?: readonly [MetricAttribute, string];
}
