import { context as contextApi, type Tracer } from '@opentelemetry/api';
import type { CallAnswer, CallRequest } from './call-attributes.js';
import { isRecord, recordIn } from '../mapping/read-attributes.js';
import { aroundMethod, guard, isMethod, type Unpatch } from './integration.js';
import { ownerOf, STARTED_CALL_KEY } from './llm-owner.js';
import { ModelCall, type CallObserver, type Stop } from './model-call.js';
import { isStream, observeIterator } from './observed-stream.js';

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

/** A call whose span a helper such as `messages.stream()` started, for the request that it makes. */
interface StartedCall {
  readonly call: ModelCall;
  isTaken: boolean;
}

/** Makes a method that sends one request count its call, unless a span above counts it. */
export function wrapCreate(
  prototype: object,
  method: string,
  endpoint: Endpoint,
  tracer: Tracer,
): Unpatch {
  return aroundMethod(prototype, method, (create, args, resource) => {
    const call = (): unknown => create(...args);
    const observer = guard(() => observerFor(resource, args[0], endpoint, tracer));
    return observer === undefined ? call() : observeCall(call, endpoint, observer);
  });
}

/**
 * Starts the span of a helper before the helper does anything. `@anthropic-ai/sdk` from 0.134 opens
 * its own span before it calls `create`: without this the two would be siblings.
 */
export function wrapHelper(
  prototype: object,
  method: string,
  endpoint: Endpoint,
  tracer: Tracer,
): Unpatch {
  return aroundMethod(prototype, method, (original, args, resource) => {
    const help = (): unknown => original(...args);
    const call = guard(() => {
      if (ownerOf(contextApi.active()) !== undefined) return undefined;
      return startCall(resource, args[0], endpoint, tracer);
    });
    if (call === undefined) return help();
    const started: StartedCall = { call, isTaken: false };
    try {
      return call.span.activate(() =>
        contextApi.with(contextApi.active().setValue(STARTED_CALL_KEY, started), help),
      );
    } catch (error) {
      call.failed(error);
      throw error;
    }
  });
}

function observerFor(
  resource: unknown,
  body: unknown,
  endpoint: Endpoint,
  tracer: Tracer,
): CallObserver | undefined {
  const active = contextApi.active();
  const inContext = active.getValue(STARTED_CALL_KEY);
  const started = isStarted(inContext) ? inContext : undefined;
  if (started?.isTaken === false) {
    started.isTaken = true;
    return started.call;
  }
  // Listeners of the helper's stream run in the helper's context: their calls are its siblings.
  const around = started?.call.around ?? active;
  const owner = ownerOf(around);
  if (owner === undefined) return startCall(resource, body, endpoint, tracer, around);
  const { receive } = owner;
  if (receive === undefined) return undefined;
  // The owner above wants to know what the provider answered, and knows of streams that are left.
  const hand = (answer: CallAnswer | undefined): void => {
    if (answer !== undefined) guard(() => receive(answer));
  };
  return {
    run: (call) => call(),
    streams: () => {},
    answered: hand,
    failed: (_error, partial) => hand(partial),
    stopped: (_how, partial) => hand(partial),
  };
}

function startCall(
  resource: unknown,
  body: unknown,
  endpoint: Endpoint,
  tracer: Tracer,
  around = contextApi.active(),
): ModelCall {
  const { baseURL: url } = recordIn(recordIn(resource)['_client']);
  const request = guard(() => endpoint.request(body, typeof url === 'string' ? url : undefined));
  return new ModelCall(tracer, endpoint.spanName, request, around);
}

function isStarted(value: unknown): value is StartedCall {
  return typeof value === 'object' && value !== null && 'call' in value;
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
function observeCall(call: () => unknown, endpoint: Endpoint, observer: CallObserver): unknown {
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

interface SdkStream {
  /** Makes the one iterator; absent where the stream is made by `Symbol.asyncIterator` alone. */
  iterator?: () => AsyncIterator<unknown>;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
  readonly controller?: { readonly signal?: AbortSignal };
}

function observeValue(value: unknown, endpoint: Endpoint, observer: CallObserver): void {
  const reader = endpoint.reader?.();
  if (reader === undefined || !isStream(value)) observer.answered(endpoint.answer(value));
  else observeStream(value, reader, observer);
}

/**
 * Observes the stream at its one source of iterators: `for await`, `tee()` and `toReadableStream()`
 * all go through it.
 */
function observeStream(stream: SdkStream, reader: AnswerReader, observer: CallObserver): void {
  const partial = (): CallAnswer | undefined => guard(() => reader.answer());
  observer.streams(partial);
  const signal = stream.controller?.signal;
  let isOver = false;
  const end = (stop: Stop | undefined): void => {
    if (isOver) return;
    isOver = true;
    const answer = partial();
    if (answer !== undefined && (stop === undefined || answer.isComplete))
      observer.answered(answer);
    else observer.stopped(stop ?? 'abandoned', answer);
  };
  let isRead = false;
  const watch = (make: () => AsyncIterator<unknown>) => (): AsyncIterator<unknown> => {
    const source = make.call(stream);
    // A second iterator throws at its first step, and says nothing of the call.
    if (isRead) return source;
    isRead = true;
    observeIterator(source, {
      item: (chunk) => isOver || guard(() => reader.read(chunk)),
      failed: (error) => {
        if (!isOver) observer.failed(error, partial());
        isOver = true;
      },
      // Streams end quietly when they are aborted.
      ended: (how) => end(how ?? (signal?.aborted === true ? 'aborted' : undefined)),
    });
    return source;
  };
  if (typeof stream.iterator === 'function') stream.iterator = watch(stream.iterator);
  else stream[Symbol.asyncIterator] = watch(stream[Symbol.asyncIterator]);
  // Not in a microtask: SDKs abort their controller on an error too, and the error must come first.
  const onAbort = (): void => void setImmediate(() => end('aborted'));
  signal?.addEventListener('abort', onAbort, { once: true });
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
  const methods = ['_thenUnwrap', 'asResponse', 'parse'];
  return isRecord(value) && methods.every((name) => isMethod(Reflect.get(value, name)));
}
