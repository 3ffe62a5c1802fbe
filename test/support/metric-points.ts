import type { DecodedPoint } from './otlp-decode-metrics.js';
import type { Receiver } from './otlp-receiver.js';

/** The points that a collector got, asked as a dashboard would. */
export class MetricPoints {
  readonly all: readonly DecodedPoint[];

  constructor(all: readonly DecodedPoint[]) {
    this.all = all;
  }

  static receivedBy(receiver: Receiver): MetricPoints {
    return new MetricPoints(receiver.requests().flatMap(({ metrics }) => metrics));
  }

  /** In order of arrival. */
  of(metric: string, attributes: object = {}): readonly DecodedPoint[] {
    return this.all.filter(
      (point) =>
        point.metric === metric &&
        Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
    );
  }

  /** What the metric comes to over all series: its value, or the sum of a histogram. */
  sum(metric: string, attributes?: object): number {
    return this.#total(metric, attributes, ({ value }) => value);
  }

  /** How often a histogram was added to, over all series. */
  count(metric: string, attributes?: object): number {
    return this.#total(metric, attributes, ({ count }) => count);
  }

  #total(
    metric: string,
    attributes: object | undefined,
    read: (point: DecodedPoint) => number,
  ): number {
    const bySeries = new Map<string, number>();
    for (const point of this.of(metric, attributes)) {
      const series = JSON.stringify(point.attributes);
      const before = point.temporality === 'delta' ? (bySeries.get(series) ?? 0) : 0;
      bySeries.set(series, before + read(point));
    }
    return [...bySeries.values()].reduce((all, each) => all + each, 0);
  }
}
