import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord } from '../mapping/read-attributes.js';
import { ownerOf, STARTED_CALL_KEY, type LlmOwner } from './llm-owner.js';
import {
  guard,
  ModelCall,
  type CallAnswer,
  type CallObserver,
  type CallRequest,
} from './model-call.js';
import { isStream, observeStream } from './observed-stream.js';
import { patchMethod, type Unpatch } from './patch-method.js';

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
  readonly reader: () => AnswerReader;
}

/** The promise of a call, in every SDK that Stainless generates (`openai`, `@anthropic-ai/sdk`). */
interface ApiPromise {
  parse(): Promise<unknown>;
  asResponse(): Promise<unknown>;
  _thenUnwrap(transform: (value: unknown) => unknown): unknown;
  /** Set as soon as the body is asked for. */
  readonly parsedPromise?: unknown;
}

/** A call whose span a helper such as `messages.stream()` started, for the request that it makes. */
interface StartedCall {
  readonly call: ModelCall;
  isTaken: boolean;
}

/** Makes a method that sends one request count its call, unless somebody above counts it. */
export function wrapCreate(
  prototype: object,
  method: string,
  endpoint: Endpoint,
  tracer: Tracer,
): Unpatch {
  return patchMethod(
    prototype,
    method,
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        const call = (): unknown => Reflect.apply(original, this, args);
        const observer = guard(() => observerFor(this, args[0], endpoint, tracer));
        return observer === undefined ? call() : observeCall(call, endpoint, observer);
      },
  );
}

/**
 * Starts the span of a helper before the helper does anything. `@anthropic-ai/sdk` from 0.134 opens
 * a span of its own before it calls `create`: without this the two would stand side by side.
 */
export function wrapHelper(
  prototype: object,
  method: string,
  endpoint: Endpoint,
  tracer: Tracer,
): Unpatch {
  return patchMethod(
    prototype,
    method,
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        const help = (): unknown => Reflect.apply(original, this, args);
        const call = guard(() => {
          if (ownerOf(contextApi.active()) !== undefined) return undefined;
          return startCall(this, args[0], endpoint, tracer);
        });
        if (call === undefined) return help();
        const started: StartedCall = { call, isTaken: false };
        try {
          return call.activate(() =>
            contextApi.with(contextApi.active().setValue(STARTED_CALL_KEY, started), help),
          );
        } catch (error) {
          call.failed(error);
          throw error;
        }
      },
  );
}

function observerFor(
  resource: unknown,
  body: unknown,
  endpoint: Endpoint,
  tracer: Tracer,
): CallObserver | undefined {
  const active = contextApi.active();
  const given = active.getValue(STARTED_CALL_KEY);
  const started = isStarted(given) ? given : undefined;
  if (started?.isTaken === false) {
    started.isTaken = true;
    return started.call;
  }
  // A listener of the helper's stream runs in the helper's context: its calls are calls beside it.
  const around = started?.call.around ?? active;
  const owner = ownerOf(around);
  return owner === undefined
    ? startCall(resource, body, endpoint, tracer, around)
    : receiverFor(owner);
}

function startCall(
  resource: unknown,
  body: unknown,
  endpoint: Endpoint,
  tracer: Tracer,
  around = contextApi.active(),
): ModelCall {
  const request = guard(() => endpoint.request(body, baseUrlOf(resource)));
  return new ModelCall(tracer, endpoint.spanName, request, around);
}

function isStarted(value: unknown): value is StartedCall {
  return typeof value === 'object' && value !== null && 'call' in value;
}

/** For an owner above that wants to know what the provider answered. */
function receiverFor({ receive }: LlmOwner): CallObserver | undefined {
  if (receive === undefined) return undefined;
  const hand = (answer: CallAnswer | undefined): void => {
    if (answer !== undefined) guard(() => receive(answer));
  };
  return {
    run: (call) => call(),
    answered: hand,
    failed: (_error, partial) => hand(partial),
    stopped: (_how, partial) => hand(partial),
  };
}

/** Calls an SDK and tells the observer how the call goes; what it returns behaves as it always did. */
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
  if (!isStream(value)) {
    observer.answered(endpoint.answer(value));
    return;
  }
  const reader = endpoint.reader();
  const partial = (): CallAnswer | undefined => guard(() => reader.answer());
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
  const { parse, asResponse, _thenUnwrap } = promise;
  const failed = (error: unknown): void => observer.failed(error);
  const replace = (name: keyof ApiPromise, value: (...args: never[]) => unknown): void => {
    Object.defineProperty(promise, name, { value, configurable: true, writable: true });
  };
  replace('parse', () => {
    const isFirst = promise.parsedPromise === undefined;
    const parsed = parse.call(promise);
    if (isFirst) parsed.then(undefined, failed);
    return parsed;
  });
  replace('asResponse', async () => {
    try {
      const response = await asResponse.call(promise);
      // `withResponse()` asks for both. Who asks for the response alone reads the body by himself.
      if (promise.parsedPromise === undefined) observer.stopped('raw');
      return response;
    } catch (error) {
      failed(error);
      throw error;
    }
  });
  replace('_thenUnwrap', (transform: (value: unknown) => unknown) => {
    const derived = _thenUnwrap.call(promise, transform);
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

function baseUrlOf(resource: unknown): string | undefined {
  const client = isRecord(resource) ? resource['_client'] : undefined;
  const url = isRecord(client) ? client['baseURL'] : undefined;
  return typeof url === 'string' ? url : undefined;
}
