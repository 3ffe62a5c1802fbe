import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord } from '../mapping/read-attributes.js';
import { ownerOf, STARTED_CALL_KEY, type LlmOwner } from './llm-owner.js';
import { guard, ModelCall, type CallAnswer, type CallObserver } from './model-call.js';
import { observeCall, type Endpoint } from './observed-call.js';
import { aroundMethod, type Unpatch } from './patch-method.js';

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
      return call.activate(() =>
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
    // The owner above knows of streams that are left.
    streams: () => {},
    answered: hand,
    failed: (_error, partial) => hand(partial),
    stopped: (_how, partial) => hand(partial),
  };
}

function baseUrlOf(resource: unknown): string | undefined {
  const client = isRecord(resource) ? resource['_client'] : undefined;
  const url = isRecord(client) ? client['baseURL'] : undefined;
  return typeof url === 'string' ? url : undefined;
}
