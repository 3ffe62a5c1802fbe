import type { CallAnswer, CallRequest } from './call-attributes.js';
import { guard, type CallObserver } from './model-call.js';
import { isStream, observeStream } from './observed-stream.js';

/** Puts the answer of a stream together from its chunks. */
export interface AnswerReader {
  read(chunk: unknown): void;
  answer(): CallAnswer;
}

/** What is particular to one method of a provider's SDK. The functions are pure. */
export interface Endpoint {
  readonly spanName: string;
  /** `baseUrl`: where the client sends its requests. */
  readonly request: (body: unknown, baseUrl: string | undefined) => CallRequest;
  readonly answer: (value: unknown) => CallAnswer;
  /** Absent: nothing of it is streamed. */
  readonly reader?: () => AnswerReader;
}

/** The promise of a call, in every SDK that Stainless generates (`openai`, `@anthropic-ai/sdk`). */
interface ApiPromise {
  parse(): Promise<unknown>;
  asResponse(): Promise<unknown>;
  _thenUnwrap(transform: (value: unknown) => unknown): unknown;
  /** Set as soon as the body is asked for. */
  readonly parsedPromise?: unknown;
}

/** Calls an SDK and reports the call to the observer; the result behaves as it does without us. */
export function observeCall(
  call: () => unknown,
  endpoint: Endpoint,
  observer: CallObserver,
): unknown {
  let promise: unknown;
  try {
    promise = observer.run(call);
  } catch (error) {
    observer.failed(error);
    throw error;
  }
  // Another client that only looks like the SDK: nothing can be seen without consuming its answer.
  if (!isApiPromise(promise)) {
    observer.stopped('raw');
    return promise;
  }
  const watched = promise._thenUnwrap((value) => {
    guard(() => observeValue(value, endpoint, observer));
    return value;
  });
  guard(() => watchUses(watched, observer));
  return watched;
}

function observeValue(value: unknown, endpoint: Endpoint, observer: CallObserver): void {
  const reader = endpoint.reader?.();
  if (reader === undefined || !isStream(value)) {
    observer.answered(endpoint.answer(value));
    return;
  }
  const partial = (): CallAnswer | undefined => guard(() => reader.answer());
  observer.streams(partial);
  observeStream(value, {
    item: (chunk) => guard(() => reader.read(chunk)),
    failed: (error) => observer.failed(error, partial()),
    ended: (stop) => {
      const answer = partial();
      if (answer !== undefined && (stop === undefined || answer.isComplete))
        observer.answered(answer);
      else observer.stopped(stop ?? 'abandoned', answer);
    },
  });
}

/**
 * Watches how the promise is used. Nothing here asks for the body, which can be read once, and no
 * rejection is handled that the application would have to handle: both are the application's.
 */
function watchUses(promise: unknown, observer: CallObserver): void {
  if (!isApiPromise(promise)) return;
  const parse = promise.parse.bind(promise);
  const asResponse = promise.asResponse.bind(promise);
  const thenUnwrap = promise._thenUnwrap.bind(promise);
  const failed = (error: unknown): void => observer.failed(error);
  const replace = (name: keyof ApiPromise, value: (...args: never[]) => unknown): void => {
    Object.defineProperty(promise, name, { value, configurable: true, writable: true });
  };
  replace('parse', () => {
    const isFirst = promise.parsedPromise === undefined;
    const parsed = parse();
    if (isFirst) parsed.then(undefined, failed);
    return parsed;
  });
  replace('asResponse', async () => {
    try {
      const response = await asResponse();
      // `withResponse()` asks for both. Who asks for the response alone reads the body by himself.
      if (promise.parsedPromise === undefined) observer.stopped('raw');
      return response;
    } catch (error) {
      failed(error);
      throw error;
    }
  });
  replace('_thenUnwrap', (transform: (value: unknown) => unknown) => {
    const derived = thenUnwrap(transform);
    guard(() => watchUses(derived, observer));
    return derived;
  });
}

function isApiPromise(value: unknown): value is ApiPromise {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['_thenUnwrap', 'asResponse', 'parse'].every(
      (name) => typeof Reflect.get(value, name) === 'function',
    )
  );
}
