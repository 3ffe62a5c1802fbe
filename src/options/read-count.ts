import { describeValue } from './describe-value.js';
import type { Reading } from './option-row.js';

/** The largest delay that a Node timer takes; a larger one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1;

/** Readers for whole numbers within bounds, both included. `unit` is said in the problem. */
export interface CountReaders {
  readonly readOption: (value: unknown) => Reading<number>;
  readonly readEnv: (text: string) => Reading<number>;
}

/** Makes the readers of an option that holds a whole number. */
export function createCountReaders(
  unit: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): CountReaders {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  const check = (count: unknown, seen: unknown): Reading<number> =>
    typeof count === 'number' && Number.isSafeInteger(count) && count >= min && count <= max
      ? { value: count }
      : { problem: `must be a whole number of ${unit}, ${range}; saw ${describeValue(seen)}` };
  return {
    readOption: (value) => check(value, value),
    readEnv: (text) => check(/^\d+$/.test(text) ? Number(text) : undefined, text),
  };
}
