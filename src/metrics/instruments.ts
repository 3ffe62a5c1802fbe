import type { Attributes, Context, Meter } from '@opentelemetry/api';
import type { Instrument } from './metric-row.js';

/** Adds one value to an instrument. The context tells the SDK which span it is of. */
export type RecordValue = (value: number, attributes: Attributes, context: Context) => void;

/** Creates an instrument that is written to, as its row describes it. */
export function createInstrument(meter: Meter, row: Instrument): RecordValue {
  const options = { unit: row.unit, description: row.meaning };
  if (row.kind === 'histogram') {
    const histogram = meter.createHistogram(row.name, {
      ...options,
      ...(row.boundaries && { advice: { explicitBucketBoundaries: [...row.boundaries] } }),
    });
    return (value, attributes, context) => histogram.record(value, attributes, context);
  }
  const counter =
    row.kind === 'upDownCounter'
      ? meter.createUpDownCounter(row.name, options)
      : meter.createCounter(row.name, options);
  return (value, attributes, context) => counter.add(value, attributes, context);
}
