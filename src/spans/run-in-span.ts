import type { OpenSpan } from './open-span.js';
import type { SpanHandle } from './span-handle.js';

/** A function that a span is put around, sync or async. */
export type SpanFunction<T> = (handle: SpanHandle) => T | PromiseLike<T>;

/**
 * Calls a function with the span active and ends the span when it has returned, or its promise has
 * settled. What it throws marks the span as failed and is thrown on unchanged.
 */
export async function runInSpan<T>(span: OpenSpan, fn: SpanFunction<T>): Promise<T> {
  try {
    return await span.activate(() => fn(span));
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
