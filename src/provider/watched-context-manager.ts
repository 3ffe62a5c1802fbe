import type { Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/** Told of a context that is about to be entered. It must not throw. */
export type ContextWatch = (entered: Context) => void;

/**
 * The context manager of OpenTelemetry, with a way to learn that a span has been made active on
 * whatever provider: the only sign that LiveKit up to 1.5.0 gives when it replaces ours.
 */
export class WatchedContextManager extends AsyncLocalStorageContextManager {
  #watch: ContextWatch | undefined;

  watchWith(watch: ContextWatch | undefined): void {
    this.#watch = watch;
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.#watch?.(context);
    return super.with(context, fn, thisArg, ...args);
  }
}
