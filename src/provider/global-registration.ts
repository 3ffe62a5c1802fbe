import * as ownApi from '@opentelemetry/api';
import { ProxyTracerProvider, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';

/** A copy of `@opentelemetry/api`: there may be several in one process. */
export type OpenTelemetryApi = Pick<typeof ownApi, 'trace' | 'context' | 'propagation'>;

/** What became of the registration, and how to take it back. */
export interface GlobalRegistration {
  /** Whether our provider is the process's. */
  readonly isGlobal: boolean;
  /** Takes back what is still ours, so that a later set-up, or another SDK, finds the place free. */
  release(): void;
}

/**
 * Registers a provider for the process, with a context manager (without one a single tool turn
 * falls apart into ten traces) and the W3C propagators. What somebody registered before stays.
 *
 * `api` is the newest copy in reach: an older one reads what a newer one registered, and not the
 * other way round.
 */
export function registerGlobally(
  provider: TracerProvider,
  api: OpenTelemetryApi = ownApi,
): GlobalRegistration {
  const isGlobal = !hasForeignProvider(api) && api.trace.setGlobalTracerProvider(provider);
  const contextManager = new AsyncLocalStorageContextManager().enable();
  const ownsContext =
    !hasContextManager(api) && api.context.setGlobalContextManager(contextManager);
  if (!ownsContext) contextManager.disable();
  const ownsPropagator =
    api.propagation.fields().length === 0 &&
    api.propagation.setGlobalPropagator(
      new CompositePropagator({
        propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
      }),
    );
  return {
    isGlobal,
    release: () => {
      if (isGlobal && globalProvider(api) === provider) api.trace.disable();
      if (ownsContext) api.context.disable();
      if (ownsPropagator) api.propagation.disable();
    },
  };
}

/** The provider that is registered, out of the API's proxy; `undefined` when there is none. */
export function globalProvider(api: OpenTelemetryApi = ownApi): TracerProvider | undefined {
  const registered = api.trace.getTracerProvider();
  if (!(registered instanceof ProxyTracerProvider) && !isProxy(registered)) return registered;
  const delegate = registered.getDelegate();
  return isNoop(delegate) ? undefined : delegate;
}

function hasForeignProvider(api: OpenTelemetryApi): boolean {
  return globalProvider(api) !== undefined;
}

/** A context manager keeps a value across `with`; the API's stand-in does not. */
function hasContextManager(api: OpenTelemetryApi): boolean {
  const probe = ownApi.createContextKey('catalyst-tracing probe');
  const marked = api.context.active().setValue(probe, true);
  return api.context.with(marked, () => api.context.active().getValue(probe) === true);
}

/** The proxy of another copy of the API is of another class. */
function isProxy(provider: TracerProvider): provider is ProxyTracerProvider {
  return 'getDelegate' in provider && typeof provider.getDelegate === 'function';
}

function isNoop(provider: TracerProvider): boolean {
  return provider.constructor.name === 'NoopTracerProvider';
}
