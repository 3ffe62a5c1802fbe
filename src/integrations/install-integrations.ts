import type { TracerProvider } from '@opentelemetry/api';
import type { InstallResult } from '../catalyst-tracing.js';
import { debug, warnOnce } from '../diagnostics.js';
import type { InstrumentedModules } from '../options/setup-options.js';
import { findCopies, type SdkCopy, type SdkPackage } from './find-copies.js';
import type { Integration } from './integration.js';
import { loadMapperOf } from './native-spans.js';
import { patchWholeCopy, rememberResult, resultOf } from './installed-sdks.js';

type SdkName = keyof InstrumentedModules;

/** An SDK that is found by itself. */
interface SupportedSdk extends SdkPackage {
  readonly name: Exclude<SdkName, 'livekitAgents' | 'langchainCallbacksManager'>;
}

/** The code of an SDK is loaded when there is something to patch. */
const LOAD: Readonly<Record<SupportedSdk['name'], () => Promise<Integration>>> = {
  openai: async () => (await import('./openai/patch-openai.js')).OPENAI,
  anthropic: async () => (await import('./anthropic/patch-anthropic.js')).ANTHROPIC,
  langchain: async () => (await import('./langchain/patch-langchain.js')).LANGCHAIN,
  langgraph: async () => (await import('./langchain/patch-langchain.js')).LANGGRAPH,
  langsmith: async () => (await import('./langsmith/bridge-langsmith.js')).LANGSMITH,
  claudeAgentSdk: async () => (await import('./claude-agent-sdk/wrap-query.js')).CLAUDE_AGENT_SDK,
  piAi: async () => (await import('./pi-ai/pi-ai.js')).PI_AI,
  elevenlabs: async () => (await import('./elevenlabs/elevenlabs.js')).ELEVENLABS,
  cursorSdk: async () => (await import('./cursor-sdk/cursor-sdk.js')).CURSOR_SDK,
  openaiAgents: async () => (await import('./openai-agents/patch-openai-agents.js')).OPENAI_AGENTS,
  aiSdk: async () => (await import('./ai-sdk/patch-ai-sdk.js')).AI_SDK,
};

const INDEX = { cjs: 'index.js', esm: 'index.mjs' };
const DIST = { cjs: 'dist/index.js', esm: 'dist/index.js' };
const SDK = { cjs: 'sdk.mjs', esm: 'sdk.mjs' };
const MANAGER = { cjs: 'dist/callbacks/manager.cjs', esm: 'dist/callbacks/manager.js' };
const GRAPH = { cjs: 'dist/index.cjs', esm: 'dist/index.js' };
const CONVERSATION = { cjs: 'api/resources/conversationalAi/conversation/Conversation.js' };
const CURSOR = { cjs: 'dist/cjs/index.js', esm: 'dist/esm/index.js' };
const AGENTS = { cjs: 'dist/index.js', esm: 'dist/index.mjs' };

/** Packages built on `@langchain/core`; most applications import only one of these. */
const LANGCHAIN_PACKAGES = [
  'langchain',
  ...'langgraph openai anthropic google-genai google-vertexai aws mistralai groq ollama community classic'
    .split(' ')
    .map((name) => `@langchain/${name}`),
];
const PI_PACKAGES = ['@mariozechner', '@earendil-works'].flatMap((scope) =>
  ['pi-ai', 'pi-agent-core'].map((name): SupportedSdk => {
    const via = [`${scope}/pi-agent-core`];
    return { name: 'piAi', packageName: `${scope}/${name}`, entries: DIST, via };
  }),
);

const SUPPORTED: readonly SupportedSdk[] = [
  { name: 'openai', packageName: 'openai', entries: INDEX, via: ['@langchain/openai'] },
  {
    name: 'anthropic',
    packageName: '@anthropic-ai/sdk',
    entries: INDEX,
    via: ['@langchain/anthropic'],
  },
  { name: 'langchain', packageName: '@langchain/core', entries: MANAGER, via: LANGCHAIN_PACKAGES },
  { name: 'langgraph', packageName: '@langchain/langgraph', entries: GRAPH },
  { name: 'langsmith', packageName: 'langsmith', entries: INDEX },
  { name: 'claudeAgentSdk', packageName: '@anthropic-ai/claude-agent-sdk', entries: SDK },
  // Claude Code was a package with the same function until 1.0.
  { name: 'claudeAgentSdk', packageName: '@anthropic-ai/claude-code', entries: SDK },
  ...PI_PACKAGES,
  { name: 'elevenlabs', packageName: '@elevenlabs/client', entries: DIST },
  { name: 'elevenlabs', packageName: '@elevenlabs/elevenlabs-js', entries: CONVERSATION },
  { name: 'cursorSdk', packageName: '@cursor/sdk', entries: CURSOR },
  { name: 'openaiAgents', packageName: '@openai/agents', entries: AGENTS },
  { name: 'aiSdk', packageName: 'ai' },
];

/** LiveKit's own installer answers for it. */
const ELSEWHERE = 'livekitAgents';
/** Name of `@inference/tracing` for what has another one here. */
const ALIASES: Readonly<Record<string, SdkName>> = { langchainCallbacksManager: 'langchain' };

export interface InstallOptions {
  readonly modules: InstrumentedModules;
  readonly autoInstrument: boolean;
  readonly provider: TracerProvider;
}

/** Connects the SDKs in `modules`, exactly these copies, and those it finds. Never throws. */
export async function installIntegrations(options: InstallOptions): Promise<void> {
  const { modules, autoInstrument, provider } = options;
  const requested = Object.entries(modules)
    .filter(([name, module]) => module !== undefined && name !== ELSEWHERE)
    .map(([name, module]) => [ALIASES[name] ?? name, module] as const);
  for (const [name, module] of requested) {
    const sdk = SUPPORTED.find((each) => each.name === name);
    if (sdk === undefined) continue;
    await report(provider, name, () => installRequested(sdk, module, provider));
  }
  if (!autoInstrument) return;
  const wanted = SUPPORTED.filter(({ name }) => !requested.some(([each]) => each === name));
  try {
    for (const [sdk, { copies, isDependency }] of await findCopies(wanted)) {
      // An SDK that only a dependency has and that is not loaded needs no report.
      if (copies.length === 0 && !isDependency) continue;
      await report(provider, sdk.name, () => installFound(sdk, copies, provider));
    }
  } catch (error) {
    debug(`SDKs were not looked for: ${nameOf(error)}`);
  }
}

async function load({ name }: SupportedSdk): Promise<Integration> {
  await loadMapperOf(name);
  return LOAD[name]();
}

async function installRequested(
  sdk: SupportedSdk,
  module: unknown,
  provider: TracerProvider,
): Promise<InstallResult> {
  const integration = await load(sdk);
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
  const { name, packageName, entries } = sdk;
  if (entries === undefined) return installRequested(sdk, undefined, provider);
  if (copies.length === 0) {
    const reason = `${packageName} is installed, and no file of the application imports it: pass it as modules.${name} if it is used`;
    return resultOf(name, 'unavailable', reason);
  }
  const integration = await load(sdk);
  const versions = new Set<string | undefined>();
  for (const { module, file, version } of copies)
    if (await patchWholeCopy(integration, module, provider, file)) versions.add(version);
  if (versions.size === 0)
    return resultOf(name, 'unavailable', `what was found is not ${integration.expected}`);
  return { ...resultOf(name, 'installed'), version: [...versions].join(', ') };
}

async function report(
  provider: TracerProvider,
  name: string,
  install: () => Promise<InstallResult>,
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
