import type { TracerProvider } from '@opentelemetry/api';
import type { InstallResult } from '../catalyst-tracing.js';
import { debug, warnOnce } from '../diagnostics.js';
import type { InstrumentedModules } from '../options/instrumented-modules.js';
import { findCopies, type SdkCopy, type SdkPackage } from './find-copies.js';
import type { Integration } from './integration.js';
import { patchModule, rememberResult, resultOf } from './installed-sdks.js';

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
  {
    name: 'openaiAgents',
    packageName: '@openai/agents',
    entries: { cjs: 'dist/index.js', esm: 'dist/index.mjs' },
    load: async () => (await import('./openai-agents/patch-openai-agents.js')).OPENAI_AGENTS,
  },
  {
    name: 'aiSdk',
    packageName: 'ai',
    load: async () => (await import('./ai-sdk/patch-ai-sdk.js')).AI_SDK,
  },
];

/** LiveKit's own installer answers for it. */
const ELSEWHERE: ReadonlySet<string> = new Set<SdkName>(['livekitAgents']);

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

async function installGiven(
  sdk: SupportedSdk,
  module: unknown,
  provider: TracerProvider,
): Promise<InstallResult> {
  const integration = await sdk.load();
  if (patchModule(integration, module, provider)) {
    return resultOf(sdk.name, 'installed', integration.note);
  }
  const reason = `modules.${sdk.name} is not ${integration.expected}`;
  warnOnce(`modules_${sdk.name}`, reason);
  return resultOf(sdk.name, 'failed', reason);
}

async function installFound(
  sdk: SupportedSdk,
  copies: readonly SdkCopy[],
  provider: TracerProvider,
): Promise<InstallResult> {
  if (sdk.entries === undefined) return installGiven(sdk, undefined, provider);
  if (copies.length === 0) {
    const reason = `${sdk.packageName} is installed, and no file of the application imports it: pass it as modules.${sdk.name} if it is used`;
    return resultOf(sdk.name, 'unavailable', reason);
  }
  const integration = await sdk.load();
  const patched = copies.filter(({ module }) => patchModule(integration, module, provider));
  const version = [...new Set(patched.map((copy) => copy.version))].join(', ');
  if (patched.length > 0) return { ...resultOf(sdk.name, 'installed'), version };
  return resultOf(sdk.name, 'failed', `what was found is not ${integration.expected}`);
}

function notSupported(name: string): InstallResult {
  const reason = `modules.${name} is not supported yet: its calls are not traced`;
  warnOnce(`modules_${name}`, reason);
  return resultOf(name, 'unavailable', reason);
}

async function report(
  provider: TracerProvider,
  name: string,
  install: () => Promise<InstallResult> | InstallResult,
): Promise<void> {
  try {
    rememberResult(provider, await install());
  } catch (error) {
    const reason = `connecting it failed: ${nameOf(error)}`;
    warnOnce(`failed_${name}`, `${name} was not instrumented; ${reason}`);
    rememberResult(provider, resultOf(name, 'failed', reason));
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
