import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import type { Instrument } from './metric-row.js';

/**
 * A counter that adds up here and is asked when metrics are collected. The SDK finds the series of a
 * value by sorting and writing out its attributes each time, which costs more than everything else
 * that is done for the value; here a series is found by the object, of which there is one for each
 * ({@link AttributeSets}).
 */
export class CountedSeries {
  readonly #sums = new Map<Attributes, number>();
  readonly #stop: () => void;

  constructor(meter: Meter, { name, unit, meaning }: Instrument) {
    const counter = meter.createObservableCounter(name, { unit, description: meaning });
    const report = (result: ObservableResult): void => {
      for (const [attributes, sum] of this.#sums) result.observe(sum, attributes);
    };
    counter.addCallback(report);
    this.#stop = () => counter.removeCallback(report);
  }

  add(value: number, attributes: Attributes): void {
    this.#sums.set(attributes, (this.#sums.get(attributes) ?? 0) + value);
  }

  /** Reports no longer: the meter provider may be the application's and live on. */
  stop(): void {
    this.#stop();
  }
}
