import { NOOP, REFERENCE } from './contestants.js';
import type { Sample } from './samples.js';

/** The middle of the rounds, and their ends. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Reading = (sample: Sample) => number | undefined;

/** Undefined when there is nothing to take the middle of. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  return { median: medianOfSorted(sorted), min, max };
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The reading itself, over the rounds. */
export function absolute(
  samples: readonly Sample[],
  scenario: string,
  contestant: string,
  reading: Reading,
): Spread | undefined {
  return spreadOf([...byRound(samples, scenario, contestant, reading).values()]);
}

/** The reading less noop's of the same round. */
export function beyondNoop(
  samples: readonly Sample[],
  scenario: string,
  contestant: string,
  reading: Reading,
): Spread | undefined {
  const noop = byRound(samples, scenario, NOOP, reading);
  return spreadOf(
    pairs(byRound(samples, scenario, contestant, reading), noop, (row, none) => row - none),
  );
}

/** Beyond noop, relative to the reference beyond noop, round by round. */
export function relative(
  samples: readonly Sample[],
  scenario: string,
  contestant: string,
  reading: Reading,
): Spread | undefined {
  const noop = byRound(samples, scenario, NOOP, reading);
  const reference = byRound(samples, scenario, REFERENCE, reading);
  const cost = (values: ReadonlyMap<number, number>): ReadonlyMap<number, number> =>
    new Map([...values].map(([round, value]) => [round, value - (noop.get(round) ?? Number.NaN)]));
  const row = byRound(samples, scenario, contestant, reading);
  return spreadOf(pairs(cost(row), cost(reference), (one, other) => one / other));
}

function byRound(
  samples: readonly Sample[],
  scenario: string,
  contestant: string,
  reading: Reading,
): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  for (const sample of samples) {
    if (sample.scenario !== scenario || sample.contestant !== contestant) continue;
    const value = reading(sample);
    if (value !== undefined) values.set(sample.round, value);
  }
  return values;
}

function pairs(
  left: ReadonlyMap<number, number>,
  right: ReadonlyMap<number, number>,
  join: (left: number, right: number) => number,
): number[] {
  const joined: number[] = [];
  for (const [round, value] of left) {
    const other = right.get(round);
    if (other !== undefined && !Number.isNaN(other)) joined.push(join(value, other));
  }
  return joined;
}
