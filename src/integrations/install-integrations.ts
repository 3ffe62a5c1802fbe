import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from '../catalyst-tracing.js';
import { debug, warnOnce } from '../diagnostics.js';
import {
  CatalystInstrumentationError,
  InvalidSdkInputError,
  InvalidTracerInputError,
} from '../errors.js';
import { liveSetup } from '../live-tracing.js';
import { isRecord } from '../mapping/read-attributes.js';
import type { InstrumentedModules } from '../options/instrumented-modules.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { findCopies, type SdkCopy, type SdkPackage } from './find-copies.js';
import type { Integration } from './integration.js';
import type { Unpatch } from './patch-method.js';

type SdkName = keyof InstrumentedModules;

/** An SDK that is found by itself. Its code is loaded when there is something to patch. */
interface SupportedSdk extends SdkPackage {
  readonly name: SdkName;
  readonly load: () => Promise<Integration>;
}

const SUPPORTED: readonly SupportedSdk[] = [
  {
    name: 'openai',
    packageName: 'openai',
    entries: { cjs: 'index.js', esm: 'index.mjs' },
    load: async () => (await import('./openai/patch-openai.js')).OPENAI,
  },
  {
    name: 'anthropic',
    packageName: '@anthropic-ai/sdk',
    entries: { cjs: 'index.js', esm: 'index.mjs' },
    load: async () => (await import('./anthropic/patch-anthropic.js')).ANTHROPIC,
  },
];

/** LiveKit's own installer answers for it. */
const ELSEWHERE: ReadonlySet<string> = new Set<SdkName>(['livekitAgents']);

/** What was patched for one tracer provider, and what became of each SDK. */
interface Installed {
  readonly results: Map<string, InstallResult>;
  readonly unpatches: Unpatch[];
}

/** Where every copy of this package finds it: sub-paths are built on their own. */
const INSTALLED: unique symbol = Symbol.for('catalyst-tracing.integrations');

export interface InstallOptions {
  readonly modules: InstrumentedModules;
  readonly autoInstrument: boolean;
  readonly provider: TracerProvider;
}

/** Connects the SDKs that were given, exactly these copies, and those that are found. Never throws. */
export async function installIntegrations(options: InstallOptions): Promise<void> {
  const { modules, autoInstrument, provider } = options;
  const given = Object.entries(modules).filter(
    ([name, module]) => module !== undefined && !ELSEWHERE.has(name),
  );
  for (const [name, module] of given) {
    const sdk = SUPPORTED.find((each) => each.name === name);
    await report(provider, name, () =>
      sdk === undefined ? notSupported(name) : installGiven(sdk, module, provider),
    );
  }
  if (!autoInstrument) return;
  const wanted = SUPPORTED.filter(({ name }) => modules[name] === undefined);
  try {
    const found = await findCopies(wanted);
    for (const sdk of wanted) {
      const presence = found.get(sdk);
      if (presence?.isInstalled !== true) continue;
      await report(provider, sdk.name, () => installFound(sdk, presence.copies, provider));
    }
  } catch (error) {
    debug(`SDKs were not looked for: ${nameOf(error)}`);
  }
}

/** What became of the SDKs that were given to this provider or found for it. */
export function integrationResults(provider: TracerProvider): readonly InstallResult[] {
  return [...(installations().get(provider)?.results.values() ?? [])];
}

/** Undoes everything that was patched for a provider. */
export function uninstallIntegrations(provider: TracerProvider): void {
  const installed = installations().get(provider);
  for (const unpatch of installed?.unpatches.splice(0) ?? []) unpatch();
}

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
    return result(integration.name, 'unavailable', reason);
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
    isPatched = patch(integration, module, provider);
  } catch (cause) {
    throw new CatalystInstrumentationError(`${integration.name} was not instrumented.`, { cause });
  }
  if (!isPatched) {
    throw new InvalidSdkInputError(`What was given is not ${integration.expected}.`);
  }
  return remember(provider, result(integration.name, 'installed'));
}

async function installGiven(
  sdk: SupportedSdk,
  module: unknown,
  provider: TracerProvider,
): Promise<InstallResult> {
  const integration = await sdk.load();
  if (patch(integration, module, provider)) return result(sdk.name, 'installed');
  const reason = `modules.${sdk.name} is not ${integration.expected}`;
  warnOnce(`modules_${sdk.name}`, reason);
  return result(sdk.name, 'failed', reason);
}

async function installFound(
  sdk: SupportedSdk,
  copies: readonly SdkCopy[],
  provider: TracerProvider,
): Promise<InstallResult> {
  if (copies.length === 0) {
    const reason = `${sdk.packageName} is installed, and no file of the application imports it: pass it as modules.${sdk.name} if it is used`;
    return result(sdk.name, 'unavailable', reason);
  }
  const integration = await sdk.load();
  const patched = copies.filter(({ module }) => patch(integration, module, provider));
  const version = [...new Set(patched.map((copy) => copy.version))].join(', ');
  if (patched.length > 0) return { ...result(sdk.name, 'installed'), version };
  return result(sdk.name, 'failed', `what was found is not ${integration.expected}`);
}

function notSupported(name: string): InstallResult {
  const reason = `modules.${name} is not supported yet: its calls are not traced`;
  warnOnce(`modules_${name}`, reason);
  return result(name, 'unavailable', reason);
}

function patch(integration: Integration, module: unknown, provider: TracerProvider): boolean {
  const unpatches = integration.patch(module, provider.getTracer(TRACER_NAME, VERSION));
  installedFor(provider).unpatches.push(...unpatches);
  return unpatches.length > 0;
}

async function report(
  provider: TracerProvider,
  name: string,
  install: () => Promise<InstallResult> | InstallResult,
): Promise<void> {
  try {
    remember(provider, await install());
  } catch (error) {
    const reason = `connecting it failed: ${nameOf(error)}`;
    warnOnce(`modules_${name}`, `${name} was not instrumented; ${reason}`);
    remember(provider, result(name, 'failed', reason));
  }
}

function remember(provider: TracerProvider, row: InstallResult): InstallResult {
  const frozen = Object.freeze(row);
  installedFor(provider).results.set(row.name, frozen);
  return frozen;
}

function result(name: string, status: InstallResult['status'], reason?: string): InstallResult {
  const installed = status === 'installed';
  return { name, status, installed, ...(reason !== undefined && { reason }) };
}

function installedFor(provider: TracerProvider): Installed {
  const known = installations().get(provider);
  if (known !== undefined) return known;
  const installed: Installed = { results: new Map(), unpatches: [] };
  installations().set(provider, installed);
  return installed;
}

function installations(): WeakMap<object, Installed> {
  const known: unknown = Reflect.get(globalThis, INSTALLED);
  if (known instanceof WeakMap) return known;
  const made = new WeakMap<object, Installed>();
  Reflect.set(globalThis, INSTALLED, made);
  return made;
}

function isTracerProvider(value: unknown): value is TracerProvider {
  return isRecord(value) && typeof value['getTracer'] === 'function';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
