import type { LatencySummary } from '../mapping/mapping-context.js';

/** Values kept of one latency: all of any but the longest sessions, then the latest. */
const MAX_VALUES = 1_024;

/** The values of one latency over a session, for its percentiles. */
export class LatencySample {
  readonly #values: number[] = [];
  #count = 0;

  add(millis: number): void {
    this.#values[this.#count % MAX_VALUES] = millis;
    this.#count += 1;
  }

  /** Percentiles by nearest rank: values that were really measured. `undefined` without any. */
  summary(): LatencySummary | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const p50Millis = rank(sorted, 0.5);
    const p95Millis = rank(sorted, 0.95);
    return p50Millis === undefined || p95Millis === undefined
      ? undefined
      : { p50Millis, p95Millis };
  }
}

function rank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
