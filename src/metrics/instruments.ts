import type { Attributes, BatchObservableResult, Context, Meter } from '@opentelemetry/api';
import { CountedSeries } from './counted-series.js';
import type { Instrument } from './metric-row.js';

/** Adds one value to an instrument. The context tells the SDK which span it is of. */
export type RecordValue = (value: number, attributes: Attributes, context: Context) => void;

/** The instruments of one meter, each created when it is first asked for. */
export class Instruments {
  readonly #meter: Meter;
  readonly #created = new Map<Instrument, RecordValue>();
  readonly #counters: CountedSeries[] = [];
  readonly #report = (result: BatchObservableResult): void => {
    for (const counter of this.#counters) counter.report(result);
  };

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  recorderOf(row: Instrument): RecordValue {
    const known = this.#created.get(row) ?? this.#create(row);
    this.#created.set(row, known);
    return known;
  }

  /** Has all counters asked at once: the SDK sets a timer for each callback there is. */
  start(): void {
    this.#meter.addBatchObservableCallback(this.#report, this.#observed());
  }

  /** Reports no longer: the meter provider may be the application's and live on. */
  stop(): void {
    this.#meter.removeBatchObservableCallback(this.#report, this.#observed());
  }

  #observed(): CountedSeries['counter'][] {
    return this.#counters.map(({ counter }) => counter);
  }

  #create(row: Instrument): RecordValue {
    const options = { unit: row.unit, description: row.meaning };
    if (row.kind === 'histogram') {
      const histogram = this.#meter.createHistogram(row.name, {
        ...options,
        ...(row.boundaries && { advice: { explicitBucketBoundaries: [...row.boundaries] } }),
      });
      return (value, attributes, context) => histogram.record(value, attributes, context);
    }
    if (row.kind === 'upDownCounter') {
      const counter = this.#meter.createUpDownCounter(row.name, options);
      return (value, attributes, context) => counter.add(value, attributes, context);
    }
    const series = new CountedSeries(this.#meter, row);
    this.#counters.push(series);
    return (value, attributes) => series.add(value, attributes);
  }
}
