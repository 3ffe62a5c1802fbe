import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { CatalystTracing, InstallResult } from '../catalyst-tracing.js';
import {
  CatalystInstrumentationError,
  InvalidSdkInputError,
  InvalidTracerInputError,
} from '../errors.js';
import { connectLiveKit } from './connect-livekit.js';
import { livekitConnectorOf } from './livekit-connector.js';
import { asLiveKitModule } from './livekit-module.js';
import { LIVEKIT_NAME } from './install-livekit.js';

/**
 * Connects one copy of LiveKit, given as `import * as livekitAgents from '@livekit/agents'`, to the
 * tracing that `setup()` returned, or to a tracer provider. Only needed where `setup()` cannot find
 * the copy by itself and `modules.livekitAgents` is not at hand. Doing it twice does no harm.
 *
 * Throws `InvalidSdkInputError` when `module` is not LiveKit with telemetry, and
 * `InvalidTracerInputError` when `target` is neither tracing nor a usable provider. Tracing that is
 * disabled or was shut down is no error: the result says so.
 */
export function instrumentLiveKitAgents(
  module: unknown,
  target: CatalystTracing | TracerProvider,
): InstallResult {
  return installLiveKitAgentsInstrumentation(module, providerOf(target));
}

/**
 * Connects one copy of LiveKit to a tracer provider of your own. LiveKit must be able to add span
 * processors to it: that is how it applies a redaction which the project mandates, and how LiveKit
 * Cloud keeps its traces. An OpenTelemetry 2.x provider takes processors at construction only, so
 * give it one of `createOpenInferenceSpanProcessor()` and pass the same one here.
 *
 * Throws `InvalidSdkInputError` when `given` is not LiveKit with telemetry, and
 * `InvalidTracerInputError` when `provider` is not a provider or cannot be added to.
 */
export function installLiveKitAgentsInstrumentation(
  given: unknown,
  provider: TracerProvider,
  spanProcessor?: SpanProcessor,
): InstallResult {
  const module = asLiveKitModule(given);
  if (module === undefined) {
    throw new InvalidSdkInputError(
      'What was given as LiveKit has no telemetry.setTracerProvider: pass the namespace, `import * as livekitAgents from "@livekit/agents"`, of version 1.0.19 or newer.',
    );
  }
  if (!isTracerProvider(provider)) {
    throw new InvalidTracerInputError(
      'What was given as a tracer provider has no getTracer(): pass an OpenTelemetry TracerProvider.',
    );
  }
  const connector =
    livekitConnectorOf(provider) ?? (spanProcessor && livekitConnectorOf(spanProcessor));
  if (connector !== undefined) return connector(module, provider);
  if (!takesProcessors(provider)) {
    throw new InvalidTracerInputError(
      'LiveKit can add no span processor to this tracer provider, so it could not apply redaction: put createOpenInferenceSpanProcessor() into the spanProcessors of the provider, and pass it as the third argument.',
    );
  }
  try {
    connectLiveKit(module, {
      provider,
      addSpanProcessor: (processor) => provider.addSpanProcessor(processor),
      allowPii: undefined,
    });
  } catch (cause) {
    throw new CatalystInstrumentationError('LiveKit did not take the tracer provider.', { cause });
  }
  return { name: LIVEKIT_NAME, status: 'installed', installed: true };
}

function providerOf(target: CatalystTracing | TracerProvider): TracerProvider {
  if (isTracerProvider(target)) return target;
  const provider: unknown = isObject(target) ? Reflect.get(target, 'provider') : undefined;
  if (isTracerProvider(provider)) return provider;
  throw new InvalidTracerInputError(
    'What was given as tracing is neither what setup() resolves to nor a tracer provider: `await` setup() first.',
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isTracerProvider(value: unknown): value is TracerProvider {
  return isObject(value) && 'getTracer' in value && typeof value.getTracer === 'function';
}

function takesProcessors(
  provider: TracerProvider,
): provider is TracerProvider & { addSpanProcessor(processor: SpanProcessor): void } {
  return 'addSpanProcessor' in provider && typeof provider.addSpanProcessor === 'function';
}
