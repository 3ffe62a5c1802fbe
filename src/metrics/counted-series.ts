import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import type { Instrument } from './metric-row.js';

/** Series of one counter; the SDK's own limit. Past it values are added to one that says so. */
const MAX_SERIES = 2_000;
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true });
/** No series of attributes is called so. */
const OVERFLOW_NAME = '\u0001';

interface Series {
  readonly attributes: Attributes;
  sum: number;
}

/**
 * A counter that adds up here and is asked when metrics are collected. The SDK finds the series of a
 * value by sorting and writing out its attributes each time, which costs more than everything else
 * that is done for the value.
 */
export class CountedSeries {
  readonly #series = new Map<string, Series>();
  readonly #stop: () => void;

  constructor(meter: Meter, { name, unit, meaning }: Instrument) {
    const counter = meter.createObservableCounter(name, { unit, description: meaning });
    const report = (result: ObservableResult): void => {
      for (const { sum, attributes } of this.#series.values()) result.observe(sum, attributes);
    };
    counter.addCallback(report);
    this.#stop = () => counter.removeCallback(report);
  }

  /** Attributes come in the order of their instrument's row, so that a series has one name. */
  add(value: number, attributes: Attributes): void {
    let name = '';
    for (const key in attributes) name += `${key}\u0000${String(attributes[key])}\u0001`;
    const known = this.#series.get(name);
    if (known !== undefined) known.sum += value;
    else this.#open(name, attributes).sum += value;
  }

  /** Reports no longer: the meter provider may be the application's and live on. */
  stop(): void {
    this.#stop();
  }

  #open(name: string, attributes: Attributes): Series {
    const isFull = this.#series.size >= MAX_SERIES;
    const key = isFull ? OVERFLOW_NAME : name;
    const series = this.#series.get(key) ?? { attributes: isFull ? OVERFLOW : attributes, sum: 0 };
    this.#series.set(key, series);
    return series;
  }
}
