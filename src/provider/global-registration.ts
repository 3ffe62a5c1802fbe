import * as ownApi from '@opentelemetry/api';
import type { Context, TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { hasMethods } from '../options/option-readers.js';
import { registeredAs, type OpenTelemetryApi } from './api-copies.js';

/** What became of the registration, and how to take it back. */
export interface GlobalRegistration {
  /** Whether our provider is the process's. */
  readonly isGlobal: boolean;
  /**
   * Calls back whenever a context is entered, until `release()`. Nothing is called where somebody
   * else's context manager is registered.
   */
  watchContexts(watch: ContextWatch): void;
  /** Takes back what is still ours, so that a later set-up, or another SDK, finds the place free. */
  release(): void;
}

/**
 * Registers a provider for the process, with a context manager (without one a single tool turn
 * falls apart into ten traces) and the W3C propagators. What somebody registered before stays.
 */
export function registerGlobally(
  provider: TracerProvider,
  api: OpenTelemetryApi,
): GlobalRegistration {
  const isGlobal = globalProvider(api) === undefined && api.trace.setGlobalTracerProvider(provider);
  const contextManager = new WatchedContextManager();
  contextManager.enable();
  const ownsContext =
    registeredAs('context') === undefined && api.context.setGlobalContextManager(contextManager);
  if (!ownsContext) contextManager.disable();
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  const ownsPropagator =
    registeredAs('propagation') === undefined && api.propagation.setGlobalPropagator(propagator);
  return {
    isGlobal,
    watchContexts: (watch) => contextManager.watch(watch),
    release: () => {
      if (isGlobal && globalProvider(api) === provider) api.trace.disable();
      if (ownsContext && registeredAs('context') === contextManager) api.context.disable();
      if (ownsPropagator && registeredAs('propagation') === propagator) api.propagation.disable();
    },
  };
}

/** The provider that is registered, out of the API's proxy; `undefined` when there is none. */
export function globalProvider(api: OpenTelemetryApi = ownApi): TracerProvider | undefined {
  return providerBehind(api.trace.getTracerProvider());
}

/**
 * The provider behind a proxy of the API: `undefined` for a proxy that has not been set to
 * one, the provider itself when it is no proxy.
 */
export function providerBehind(provider: TracerProvider): TracerProvider | undefined {
  if (!isProxy(provider)) return provider;
  const delegate = provider.getDelegate();
  try {
    // What is behind a proxy that was never set: one object for each copy of the API, found without
    // its class name, which a bundler may have changed.
    const fresh: unknown = Reflect.construct(provider.constructor, []);
    return isProxy(fresh) && fresh.getDelegate() === delegate ? undefined : delegate;
  } catch {
    return delegate;
  }
}

interface TracerProviderProxy extends TracerProvider {
  getDelegate(): TracerProvider;
}

/** Known by its methods: the proxy of another copy of the API is of another class. */
function isProxy(value: unknown): value is TracerProviderProxy {
  return hasMethods(value, 'getTracer', 'getDelegate');
}

/** Whether a value can be used as a tracer provider, of whatever copy of the API. */
export function isTracerProvider(value: unknown): value is TracerProvider {
  return hasMethods(value, 'getTracer');
}

/** Called with a context that is about to be entered. */
export type ContextWatch = (entered: Context) => void;

/**
 * The context manager of OpenTelemetry, with a way to learn that a span has been made active on
 * whatever provider: the only sign that LiveKit's spans go to another provider than ours.
 */
class WatchedContextManager extends AsyncLocalStorageContextManager {
  readonly #watches: ContextWatch[] = [];

  watch(watch: ContextWatch): void {
    this.#watches.push(watch);
  }

  override disable(): this {
    this.#watches.length = 0;
    return super.disable();
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    try {
      for (const watch of this.#watches) watch(context);
    } catch {
      // Not even a context, which enters all the same: as with the manager of OpenTelemetry.
    }
    return super.with(context, fn, thisArg, ...args);
  }
}
