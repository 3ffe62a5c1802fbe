import type { TracerProvider } from '@opentelemetry/api';
import type { InstallResult } from '../catalyst-tracing.js';
import { debug, warnOnce } from '../diagnostics.js';
import type { InstrumentedModules } from '../options/setup-options.js';
import { findCopies, type SdkCopy, type SdkPackage } from './find-copies.js';
import type { Integration } from './integration.js';
import { loadMapperOf } from './native-spans.js';
import { patchWholeCopy, rememberResult, resultOf } from './installed-sdks.js';

type SdkName = keyof InstrumentedModules;

/** An SDK that is found by itself. Its code is loaded when there is something to patch. */
interface SupportedSdk extends SdkPackage {
  readonly name: SdkName;
  readonly load: () => Promise<Integration>;
}

/** Packages built on `@langchain/core`; most applications import only one of these. */
const LANGCHAIN_PACKAGES = [
  'langchain',
  ...[
    'langgraph',
    'openai',
    'anthropic',
    'google-genai',
    'google-vertexai',
    'aws',
    'mistralai',
    'groq',
    'ollama',
    'community',
    'classic',
  ].map((name) => `@langchain/${name}`),
];

const SUPPORTED: readonly SupportedSdk[] = [
  {
    name: 'openai',
    packageName: 'openai',
    entries: { cjs: 'index.js', esm: 'index.mjs' },
    via: ['@langchain/openai'],
    load: async () => (await import('./openai/patch-openai.js')).OPENAI,
  },
  {
    name: 'anthropic',
    packageName: '@anthropic-ai/sdk',
    entries: { cjs: 'index.js', esm: 'index.mjs' },
    via: ['@langchain/anthropic'],
    load: async () => (await import('./anthropic/patch-anthropic.js')).ANTHROPIC,
  },
  {
    name: 'langchain',
    packageName: '@langchain/core',
    entries: { cjs: 'dist/callbacks/manager.cjs', esm: 'dist/callbacks/manager.js' },
    via: LANGCHAIN_PACKAGES,
    load: async () => (await import('./langchain/patch-langchain.js')).LANGCHAIN,
  },
  {
    name: 'langgraph',
    packageName: '@langchain/langgraph',
    entries: { cjs: 'dist/index.cjs', esm: 'dist/index.js' },
    load: async () => (await import('./langchain/patch-langchain.js')).LANGGRAPH,
  },
  {
    name: 'langsmith',
    packageName: 'langsmith',
    entries: { cjs: 'index.js', esm: 'index.mjs' },
    load: async () => {
      await loadMapperOf('langsmith');
      return (await import('./langsmith/bridge-langsmith.js')).LANGSMITH;
    },
  },
  // Claude Code was a package with the same function until 1.0.
  ...['@anthropic-ai/claude-agent-sdk', '@anthropic-ai/claude-code'].map(
    (packageName): SupportedSdk => ({
      name: 'claudeAgentSdk',
      packageName,
      entries: { cjs: 'sdk.mjs', esm: 'sdk.mjs' },
      load: async () => (await import('./claude-agent-sdk/claude-agent-sdk.js')).CLAUDE_AGENT_SDK,
    }),
  ),
  ...['@mariozechner', '@earendil-works'].flatMap((scope) =>
    ['pi-ai', 'pi-agent-core'].map((name): SupportedSdk => ({
      name: 'piAi',
      packageName: `${scope}/${name}`,
      entries: { cjs: 'dist/index.js', esm: 'dist/index.js' },
      via: [`${scope}/pi-agent-core`],
      load: async () => (await import('./pi-ai/pi-ai.js')).PI_AI,
    })),
  ),
  {
    name: 'elevenlabs',
    packageName: '@elevenlabs/client',
    entries: { cjs: 'dist/index.js', esm: 'dist/index.js' },
    load: async () => (await import('./elevenlabs/elevenlabs.js')).ELEVENLABS,
  },
  {
    name: 'elevenlabs',
    packageName: '@elevenlabs/elevenlabs-js',
    entries: { cjs: 'api/resources/conversationalAi/conversation/Conversation.js' },
    load: async () => (await import('./elevenlabs/elevenlabs.js')).ELEVENLABS,
  },
  {
    name: 'cursorSdk',
    packageName: '@cursor/sdk',
    entries: { cjs: 'dist/cjs/index.js', esm: 'dist/esm/index.js' },
    load: async () => (await import('./cursor-sdk/cursor-sdk.js')).CURSOR_SDK,
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
    load: async () => {
      await loadMapperOf('aiSdk');
      return (await import('./ai-sdk/patch-ai-sdk.js')).AI_SDK;
    },
  },
];

/** Names of `@inference/tracing` for what has another one here. */
const ALIASES: Readonly<Record<string, SdkName>> = { langchainCallbacksManager: 'langchain' };

/** LiveKit's own installer answers for it. */
const ELSEWHERE: ReadonlySet<string> = new Set<SdkName>(['livekitAgents']);

export interface InstallOptions {
  readonly modules: InstrumentedModules;
  readonly autoInstrument: boolean;
  readonly provider: TracerProvider;
}

/** Connects the SDKs in `modules`, exactly these copies, and those it finds. Never throws. */
export async function installIntegrations(options: InstallOptions): Promise<void> {
  const { modules, autoInstrument, provider } = options;
  const requested = Object.entries(modules)
    .filter(([name, module]) => module !== undefined && !ELSEWHERE.has(name))
    .map(([name, module]) => [ALIASES[name] ?? name, module] as const);
  for (const [name, module] of requested) {
    const sdk = SUPPORTED.find((each) => each.name === name);
    if (sdk === undefined) continue;
    await report(provider, name, () => installRequested(sdk, module, provider));
  }
  if (!autoInstrument) return;
  const wanted = SUPPORTED.filter(({ name }) => !requested.some(([each]) => each === name));
  try {
    const found = await findCopies(wanted);
    for (const sdk of wanted) {
      const presence = found.get(sdk);
      // An SDK that only a dependency has and that is not loaded needs no report.
      if (presence === undefined) continue;
      if (presence.copies.length === 0 && !presence.isDependency) continue;
      await report(provider, sdk.name, () => installFound(sdk, presence.copies, provider));
    }
  } catch (error) {
    debug(`SDKs were not looked for: ${nameOf(error)}`);
  }
}

async function installRequested(
  sdk: SupportedSdk,
  module: unknown,
  provider: TracerProvider,
): Promise<InstallResult> {
  const integration = await sdk.load();
  if (await patchWholeCopy(integration, module, provider)) {
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
  if (sdk.entries === undefined) return installRequested(sdk, undefined, provider);
  if (copies.length === 0) {
    const reason = `${sdk.packageName} is installed, and no file of the application imports it: pass it as modules.${sdk.name} if it is used`;
    return resultOf(sdk.name, 'unavailable', reason);
  }
  const integration = await sdk.load();
  const patched: SdkCopy[] = [];
  for (const copy of copies) {
    const { module, file } = copy;
    if (await patchWholeCopy(integration, module, provider, file)) patched.push(copy);
  }
  const version = [...new Set(patched.map((copy) => copy.version))].join(', ');
  if (patched.length > 0) return { ...resultOf(sdk.name, 'installed'), version };
  return resultOf(sdk.name, 'unavailable', `what was found is not ${integration.expected}`);
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
