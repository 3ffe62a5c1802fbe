import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from '../catalyst-tracing.js';
import {
  CatalystInstrumentationError,
  InvalidSdkInputError,
  InvalidTracerInputError,
} from '../errors.js';
import { warnOnce } from '../diagnostics.js';
import { liveSetup } from '../live-tracing.js';
import { isRecord } from '../mapping/read-attributes.js';
import {
  patchModule,
  patchWholeCopy,
  rememberResult,
  resultOf,
  undoAtShutdown,
} from './installed-sdks.js';
import type { Integration } from './integration.js';
import { isTracerProvider } from './step.js';

/** Connects one copy of an SDK to the tracing that is passed, else to the live one. */
export type Instrument = (
  module: unknown,
  tracing?: CatalystTracing | TracerProvider,
) => InstallResult;

/** The same with a tracer provider of the application's own. Throws on what cannot be used. */
export type Install = (module: unknown, provider: TracerProvider) => InstallResult;

export function instrument(integration: Integration): Instrument {
  return (module, target) => {
    const live = liveSetup();
    const tracing: unknown = target ?? live?.tracing;
    const unavailable = (reason: string): InstallResult =>
      resultOf(integration.name, 'unavailable', reason);
    if (tracing === undefined) return unavailable('there is no live tracing: call setup() first');
    const provider = isRecord(tracing) ? tracing['provider'] : undefined;
    if (!isTracerProvider(provider)) return installModule(integration, module, tracing);
    if (live === undefined || !Object.is(tracing, live.tracing))
      return unavailable('this tracing was shut down; call setup() again');
    if (live.resolved?.disabled === true)
      return unavailable('tracing is disabled by the environment');
    return installModule(integration, module, provider);
  };
}

export function install(integration: Integration): Install {
  return (module, provider) => installModule(integration, module, provider);
}

function installModule(
  integration: Integration,
  module: unknown,
  provider: unknown,
): InstallResult {
  if (!isTracerProvider(provider)) {
    throw new InvalidTracerInputError(
      'The tracer provider that was passed has no getTracer(): pass an OpenTelemetry TracerProvider, or what `await setup()` returns.',
    );
  }
  let isPatched: boolean;
  try {
    isPatched = patchModule(integration, module, provider);
  } catch (cause) {
    throw new CatalystInstrumentationError(`${integration.name} was not instrumented.`, { cause });
  }
  if (!isPatched) {
    throw new InvalidSdkInputError(`The module that was passed is not ${integration.expected}.`);
  }
  const { name, note } = integration;
  if (integration.wholeCopy !== undefined) void patchTheRest(integration, module, provider);
  undoAtShutdown(provider);
  return rememberResult(provider, resultOf(name, 'installed', note));
}

/** What has to be loaded first, for a caller who cannot wait. */
async function patchTheRest(
  integration: Integration,
  module: unknown,
  provider: TracerProvider,
): Promise<void> {
  const isFound = await patchWholeCopy(integration, module, provider).catch(() => false);
  const { name, expected } = integration;
  if (!isFound) warnOnce(`modules_${name}`, `${name} was not instrumented: pass ${expected}`);
}
