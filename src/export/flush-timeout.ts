import { MAX_TIMER_MILLIS } from '../options/option-readers.js';

/**
 * Milliseconds that a flush may take: what the caller asked for, else the default. What is no number
 * gets the default, and what no timer can hold, infinity too, the longest one.
 */
export function resolveTimeoutMillis(asked: unknown, defaultMillis: number): number {
  if (typeof asked !== 'number' || Number.isNaN(asked)) return defaultMillis;
  return Math.min(Math.max(0, asked), MAX_TIMER_MILLIS);
}
