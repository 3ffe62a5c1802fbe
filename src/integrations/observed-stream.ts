import { recordIn } from '../mapping/read-attributes.js';
import { isMethod } from './integration.js';

/** Observes what an application reads from a stream, and how it stops. A promise is waited for. */
export interface StreamObserver {
  /** Runs each step of the source in here. */
  within?<T>(step: () => T): T;
  item?(value: unknown): unknown;
  /** What the application does not get. */
  hides?(value: unknown): boolean;
  failed?(error: unknown): unknown;
  /** `undefined`: the stream ended. */
  ended?(how: 'abandoned' | undefined): unknown;
}

export function isStream(value: unknown): value is object & AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    isMethod(Reflect.get(value, Symbol.asyncIterator))
  );
}

export function isGenerator(value: unknown): value is AsyncGenerator {
  return isStream(value) && isMethod(Reflect.get(value, 'next'));
}

/**
 * Observes an iterator as the application reads it, in its own object: some SDKs give theirs further
 * methods. Nothing is copied (`tee` would keep a request running after a `break`) and nothing is read
 * that the application doesn't read.
 */
export function observeIterator(source: object, observer: StreamObserver): void {
  const around = (
    name: 'next' | 'return' | 'throw',
    see: (step: () => unknown, value: unknown) => unknown,
  ): void => {
    const original: unknown = Reflect.get(source, name);
    if (!isMethod(original)) return;
    Reflect.set(source, name, (...args: readonly unknown[]) => {
      const step = (): unknown => Reflect.apply(original, source, args);
      return see(() => (observer.within === undefined ? step() : observer.within(step)), args[0]);
    });
  };
  around('next', async (step) => {
    for (;;) {
      let result: unknown;
      try {
        result = await step();
      } catch (error) {
        await observer.failed?.(error);
        throw error;
      }
      const { done, value } = recordIn(result);
      if (done === true) await observer.ended?.(undefined);
      else await observer.item?.(value);
      if (done === true || observer.hides?.(value) !== true) return result;
    }
  });
  around('return', (step) => {
    observer.ended?.('abandoned');
    return step();
  });
  around('throw', (step, error) => {
    observer.failed?.(error);
    return step();
  });
}
