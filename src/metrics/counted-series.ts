import type {
  Attributes,
  BatchObservableResult,
  Meter,
  ObservableCounter,
} from '@opentelemetry/api';
import type { Instrument } from './metric-row.js';

/**
 * A counter that adds up here and is asked when metrics are collected. The SDK finds the series of a
 * value by sorting and writing out its attributes each time, which costs more than everything else
 * that is done for the value; here a series is found by the object, of which there is one for each
 * ({@link AttributeSets}).
 */
export class CountedSeries {
  readonly counter: ObservableCounter;
  readonly #sums = new Map<Attributes, number>();

  constructor(meter: Meter, { name, unit, meaning }: Instrument) {
    this.counter = meter.createObservableCounter(name, { unit, description: meaning });
  }

  add(value: number, attributes: Attributes): void {
    this.#sums.set(attributes, (this.#sums.get(attributes) ?? 0) + value);
  }

  report(result: BatchObservableResult): void {
    for (const [attributes, sum] of this.#sums) result.observe(this.counter, sum, attributes);
  }
}
