import type { Stop } from './model-call.js';

/** Observes what an application reads from a stream. */
export interface StreamObserver {
  item(value: unknown): void;
  failed(error: unknown): void;
  /** `undefined`: the stream ended. */
  ended(how: Exclude<Stop, 'raw'> | undefined): void;
}

/** A stream of a provider's SDK, which gives its chunks once. */
export interface SdkStream {
  /** Makes the one iterator; absent where the stream is made by `Symbol.asyncIterator` alone. */
  iterator?: () => AsyncIterator<unknown>;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
  readonly controller?: { readonly signal?: AbortSignal };
}

export function isStream(value: unknown): value is SdkStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
  );
}

/**
 * Observes the chunks as the application reads them, at the stream's one source of iterators:
 * `for await`, `tee()` and `toReadableStream()` all go through it. The stream is not copied (`tee`
 * would keep the request running after a `break`) and nothing is read that the application doesn't.
 */
export function observeStream(stream: SdkStream, observer: StreamObserver): void {
  let isOver = false;
  const once = (step: () => void): void => {
    if (isOver) return;
    isOver = true;
    step();
  };
  const signal = stream.controller?.signal;
  const observed = (source: AsyncIterator<unknown>): AsyncIterableIterator<unknown> => ({
    next: async (...args: [] | [undefined]) => {
      let result: IteratorResult<unknown>;
      try {
        result = await source.next(...args);
      } catch (error) {
        once(() => observer.failed(error));
        throw error;
      }
      // Streams end quietly when they are aborted.
      if (result.done === true) once(() => observer.ended(signal?.aborted ? 'aborted' : undefined));
      else if (!isOver) observer.item(result.value);
      return result;
    },
    return: async (value?: unknown) => {
      once(() => observer.ended('abandoned'));
      return source.return === undefined ? { done: true, value } : source.return(value);
    },
    throw: async (error?: unknown) => {
      once(() => observer.failed(error));
      if (source.throw === undefined) throw error;
      return source.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  });
  replaceSource(stream, observed);
  // Not in a microtask: SDKs abort their controller on an error too, and the error must come first.
  const onAbort = (): void => void setImmediate(() => once(() => observer.ended('aborted')));
  signal?.addEventListener('abort', onAbort, { once: true });
}

/** A second iterator of the same stream throws at its first step, and says nothing of the call. */
function replaceSource(
  stream: SdkStream,
  observed: (source: AsyncIterator<unknown>) => AsyncIterableIterator<unknown>,
): void {
  let isRead = false;
  const wrap = (make: () => AsyncIterator<unknown>) => (): AsyncIterator<unknown> => {
    const source = make.call(stream);
    if (isRead) return source;
    isRead = true;
    return observed(source);
  };
  if (typeof stream.iterator === 'function') stream.iterator = wrap(stream.iterator);
  else stream[Symbol.asyncIterator] = wrap(stream[Symbol.asyncIterator]);
}
