import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from '../catalyst-tracing.js';
import {
  CatalystInstrumentationError,
  InvalidSdkInputError,
  InvalidTracerInputError,
} from '../errors.js';
import { liveSetup } from '../live-tracing.js';
import { isRecord } from '../mapping/read-attributes.js';
import { patchModule, rememberResult, resultOf } from './installed-sdks.js';
import type { Integration } from './integration.js';

/**
 * Connects one copy of an SDK for `instrumentX(module, tracing?)` of a sub-path: to the tracing that
 * was given, else to the live one.
 */
export function instrumentModule(
  integration: Integration,
  module: unknown,
  target: CatalystTracing | TracerProvider | undefined,
): InstallResult {
  const live = liveSetup();
  const chosen: unknown = target ?? live?.tracing;
  const provider = isRecord(chosen) && !isTracerProvider(chosen) ? chosen['provider'] : chosen;
  const isDisabled = live?.ownsSpan === undefined && provider === live?.tracing?.provider;
  if (provider === undefined || isDisabled) {
    const reason =
      target === undefined && live === undefined
        ? 'there is no live tracing: call setup() first'
        : 'tracing is disabled by the environment';
    return resultOf(integration.name, 'unavailable', reason);
  }
  return installModule(integration, module, provider);
}

/** The same with a tracer provider of the application's own. Throws on what cannot be used. */
export function installModule(
  integration: Integration,
  module: unknown,
  provider: unknown,
): InstallResult {
  if (!isTracerProvider(provider)) {
    throw new InvalidTracerInputError(
      'What was given as a tracer provider has no getTracer(): pass an OpenTelemetry TracerProvider, or what `await setup()` gives.',
    );
  }
  let isPatched: boolean;
  try {
    isPatched = patchModule(integration, module, provider);
  } catch (cause) {
    throw new CatalystInstrumentationError(`${integration.name} was not instrumented.`, { cause });
  }
  if (!isPatched) {
    throw new InvalidSdkInputError(`What was given is not ${integration.expected}.`);
  }
  return rememberResult(provider, resultOf(integration.name, 'installed', integration.note));
}

function isTracerProvider(value: unknown): value is TracerProvider {
  return isRecord(value) && typeof value['getTracer'] === 'function';
}
