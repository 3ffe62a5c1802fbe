import type { TracerProvider } from '@opentelemetry/api';
import type { InstallResult } from '../catalyst-tracing.js';
import { sharedByCopies } from '../live-tracing.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { aroundMethod, undoAll, type Integration, type Unpatch } from './integration.js';

/** What was patched for one tracer provider, and what became of each SDK. */
interface Installed {
  readonly results: Map<string, InstallResult>;
  /** Another set after a shutdown. */
  unpatches: Set<Unpatch>;
}

/** Where every copy of this package finds it: sub-paths are built on their own. */
const INSTALLED: unique symbol = Symbol.for('catalyst-tracing.integrations');

export function integrationResults(provider: TracerProvider): readonly InstallResult[] {
  return [...installedFor(provider).results.values()];
}

/** Undoes everything that was patched for a provider. */
export function uninstallIntegrations(provider: TracerProvider): void {
  const installed = installedFor(provider);
  const { unpatches } = installed;
  installed.unpatches = new Set();
  undoAll(unpatches);
}

/** `shutdown()` of a provider undoes it; a provider that has none keeps it. */
export function undoAtShutdown(provider: TracerProvider): void {
  const unpatch = aroundMethod(provider, 'shutdown', (shutdown, args) => {
    uninstallIntegrations(provider);
    return shutdown(...args);
  });
  installedFor(provider).unpatches.add(unpatch);
}

/** Patches one copy of an SDK; false when it is none. */
export function patchModule(
  integration: Integration,
  module: unknown,
  provider: TracerProvider,
): boolean {
  const unpatches = integration.patch(module, provider.getTracer(TRACER_NAME, VERSION));
  for (const unpatch of unpatches) installedFor(provider).unpatches.add(unpatch);
  return unpatches.length > 0;
}

/** The same for who can wait for what else of the copy has to be loaded. */
export async function patchWholeCopy(
  integration: Integration,
  module: unknown,
  provider: TracerProvider,
  file?: string,
): Promise<boolean> {
  const { wholeCopy } = integration;
  const { unpatches } = installedFor(provider);
  const whole = wholeCopy === undefined ? module : await wholeCopy(module, file);
  // What is patched after a shutdown would never be undone, and would keep the next set-up out.
  if (installedFor(provider).unpatches !== unpatches) return true;
  return patchModule(integration, whole, provider);
}

/** Keeps what became of an SDK, in the place of what was said of it before. */
export function rememberResult(provider: TracerProvider, row: InstallResult): InstallResult {
  const frozen = Object.freeze(row);
  const { results } = installedFor(provider);
  // An SDK of several packages is installed when one of them is.
  if (row.installed || results.get(row.name)?.installed !== true) results.set(row.name, frozen);
  return frozen;
}

export function resultOf(
  name: string,
  status: InstallResult['status'],
  reason?: string,
): InstallResult {
  const installed = status === 'installed';
  return { name, status, installed, ...(reason !== undefined && { reason }) };
}

function installedFor(provider: TracerProvider): Installed {
  const all = sharedByCopies(INSTALLED, WeakMap<object, Installed>);
  const installed = all.get(provider) ?? { results: new Map(), unpatches: new Set<Unpatch>() };
  all.set(provider, installed);
  return installed;
}
