import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installed, pnpmInstall } from '../support/installed-packages.js';

const APPLICATION = join(import.meta.dirname, 'application');
const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

/** Versions of one SDK, side by side under names of their own. */
const SDKS = {
  openai4: 'npm:openai@4.104.0',
  openai5: 'npm:openai@5.23.2',
  openai6: 'npm:openai@6.49.0',
  openai7: 'npm:openai@7.57.0',
  anthropic060: 'npm:@anthropic-ai/sdk@0.60.0',
  anthropic122: 'npm:@anthropic-ai/sdk@0.122.0',
  anthropic1: 'npm:@anthropic-ai/sdk@1.14.0',
} as const;

/** SDKs of agents, each with its main file. */
const AGENT_SDKS = {
  claudeAgentSdk: ['npm:@anthropic-ai/claude-agent-sdk@0.3.332', 'sdk.mjs'],
  claudeCode1: ['npm:@anthropic-ai/claude-code@1.0.128', 'sdk.mjs'],
  piAi073: ['npm:@mariozechner/pi-ai@0.73.1', 'dist/index.js'],
  piAgent073: ['npm:@mariozechner/pi-agent-core@0.73.1', 'dist/index.js'],
  piAi074: ['npm:@earendil-works/pi-ai@0.74.2', 'dist/index.js'],
  piAi1: ['npm:@earendil-works/pi-ai@1.5.2', 'dist/index.js'],
  piAgent1: ['npm:@earendil-works/pi-agent-core@1.5.2', 'dist/index.js'],
  elevenlabsClient: ['npm:@elevenlabs/client@1.25.0', 'dist/index.js'],
  elevenlabsJs: ['npm:@elevenlabs/elevenlabs-js@2.73.0', 'index.js'],
  cursorSdk: ['npm:@cursor/sdk@1.0.32', 'dist/esm/index.js'],
  ws: ['8.18.3', 'wrapper.mjs'],
} as const;

/** The copy that this repository uses: native spans are to arrive at our provider. */
const API = { '@opentelemetry/api': '1.9.1' } as const;

export type SdkVersion = keyof typeof SDKS;
export type ModuleFormat = 'ESM' | 'CommonJS';

/** Loads one copy of an SDK, as `import * as` or `require()` gives it. */
export async function loadSdk(version: SdkVersion, format: ModuleFormat): Promise<unknown> {
  const directory = await install('sdks', { ...SDKS, ...API });
  const folder = join(directory, 'node_modules', version);
  if (format === 'CommonJS') return createRequire(join(directory, 'noop.js'))(folder);
  return import(pathToFileURL(join(folder, 'index.mjs')).href);
}

/** LangChain with what it stands on, in both majors; what it brings along is not pinned. */
const FRAMEWORKS = {
  langchain1: {
    '@anthropic-ai/sdk': '0.122.0',
    '@langchain/anthropic': '1.5.11',
    '@langchain/core': '1.4.0',
    '@langchain/langgraph': '1.7.3',
    '@langchain/openai': '1.5.8',
    langchain: '1.5.14',
    langsmith: '0.12.0',
    openai: '6.49.0',
    zod: '4.1.8',
  },
  langchain03: {
    '@langchain/anthropic': '0.3.34',
    '@langchain/core': '0.3.80',
    '@langchain/langgraph': '0.4.10',
    '@langchain/openai': '0.6.17',
    langsmith: '0.12.0',
    openai: '5.12.2',
    zod: '3.25.76',
  },
} as const;

export type FrameworkVersion = keyof typeof FRAMEWORKS;

/** An application with frameworks: its folder, and its `import()`. */
export interface FrameworkApplication {
  readonly directory: string;
  readonly load: (specifier: string) => Promise<unknown>;
}

export async function installFrameworks(version: FrameworkVersion): Promise<FrameworkApplication> {
  // Among the packages, where Vitest leaves `import()` to Node.
  const loader = 'node_modules/load.mjs';
  const directory = await install(
    version,
    { ...API, ...FRAMEWORKS[version] },
    {
      prepare: (folder) =>
        writeFile(join(folder, loader), 'export const load = (specifier) => import(specifier);\n'),
    },
  );
  const { load } = (await import(pathToFileURL(join(directory, loader)).href)) as Pick<
    FrameworkApplication,
    'load'
  >;
  return { directory, load };
}

/** Loads an SDK of agents, or one of its files. */
export async function loadAgentSdk(name: keyof typeof AGENT_SDKS, file?: string): Promise<unknown> {
  return loadAgentSdkDependency(name, file ?? AGENT_SDKS[name][1]);
}

/** Loads a file of a package that such an SDK depends on: the copy that it uses. */
export async function loadAgentSdkDependency(name: string, file: string): Promise<unknown> {
  return import(pathToFileURL(join(await installAgentSdks(), 'node_modules', name, file)).href);
}

function installAgentSdks(): Promise<string> {
  const versions = Object.entries(AGENT_SDKS).map(([alias, [version]]) => [alias, version]);
  return install('agent-sdks', { ...Object.fromEntries(versions), ...API, zod: '4.1.8' });
}

export type AgentFrameworkVersion = 'agents011' | 'agents020' | 'ai5' | 'ai6' | 'ai7';

/** Frameworks, each version with what it stands on. */
const AGENT_FRAMEWORKS: Readonly<Record<AgentFrameworkVersion, Readonly<Record<string, string>>>> =
  {
    agents011: { ...API, '@openai/agents': '0.11.0', openai: '6.49.0', zod: '4.1.8' },
    agents020: { ...API, '@openai/agents': '0.20.0', openai: '7.57.0', zod: '4.1.8' },
    ai5: { ...API, ai: '5.0.277', '@ai-sdk/openai-compatible': '1.0.61', zod: '4.1.8' },
    ai6: { ...API, ai: '6.0.326', '@ai-sdk/openai-compatible': '2.0.92', zod: '4.1.8' },
    ai7: {
      ...API,
      ai: '7.0.173',
      '@ai-sdk/openai-compatible': '3.0.92',
      '@ai-sdk/otel': '1.0.173',
      zod: '4.1.8',
    },
  };

/** Gives the function that loads a file of one of the packages, by its path in `node_modules`. */
export async function installFramework(
  version: AgentFrameworkVersion,
): Promise<(file: string) => Promise<unknown>> {
  const directory = await install(version, AGENT_FRAMEWORKS[version]);
  return (file) => import(pathToFileURL(join(directory, 'node_modules', file)).href);
}

/** What every application here has: a voice agent, and both providers' SDKs. */
const VOICE_AGENT = {
  ...API,
  '@anthropic-ai/sdk': '1.14.0',
  '@livekit/agents': '1.9.0',
  '@livekit/agents-plugin-openai': '1.9.0',
  '@livekit/rtc-node': '0.13.34',
  openai: '6.49.0',
  zod: '4.1.8',
};

/** Folder of an application that has both SDKs and the built package, under their own names. */
export async function installApplication(): Promise<string> {
  const dependencies = {
    ...VOICE_AGENT,
    '@langchain/core': '1.4.0',
    '@langchain/langgraph': '1.7.3',
    '@langchain/openai': '1.5.8',
    '@openai/agents': '0.20.0',
    langsmith: '0.12.0',
  };
  return install('application', dependencies, { files: { '.': APPLICATION } });
}

/** The same with the SDKs of agents, and the examples that use them. */
export async function installAgentApplication(): Promise<string> {
  const dependencies = {
    ...VOICE_AGENT,
    '@ai-sdk/openai': '4.0.118',
    '@ai-sdk/openai-compatible': '3.0.92',
    '@anthropic-ai/claude-agent-sdk': '0.3.332',
    '@cursor/sdk': '1.0.32',
    // With its own `pi-ai` below it.
    '@earendil-works/pi-agent-core': '0.74.2',
    '@earendil-works/pi-ai': '1.5.2',
    '@elevenlabs/client': '1.25.0',
    '@elevenlabs/elevenlabs-js': '2.73.0',
    '@mariozechner/pi-ai': '0.73.1',
    '@openai/agents': '0.11.0',
    ai: '7.0.173',
    ai5: 'npm:ai@5.0.277',
    ai6: 'npm:ai@6.0.326',
    compatible5: 'npm:@ai-sdk/openai-compatible@1.0.61',
    compatible6: 'npm:@ai-sdk/openai-compatible@2.0.92',
    tsx: '4.23.15',
    ws: '8.18.3',
  };
  return install('agent-application', dependencies, {
    files: { '.': APPLICATION, examples: EXAMPLES },
  });
}

interface InstallOptions {
  /** The packed package is installed too, and these files of an application. */
  readonly files?: Readonly<Record<string, string>>;
  /** What follows the installation. */
  readonly prepare?: (directory: string) => Promise<void>;
}

function install(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  { files, prepare }: InstallOptions = {},
): Promise<string> {
  // Claude Code itself has 400 MB.
  const pnpm = { ignoredOptionalDependencies: ['@anthropic-ai/claude-agent-sdk-*'] };
  return installed({
    cache: '.integrations',
    name,
    manifest: { name, private: true, type: 'module', dependencies, pnpm },
    files,
    install: async (directory, tarball) => {
      await pnpmInstall(directory, tarball, [
        // As npm lays packages out.
        '--node-linker=hoisted',
        '--no-lockfile',
        // Several versions of one SDK ask for several versions of zod.
        '--config.auto-install-peers=false',
      ]);
      await prepare?.(directory);
    },
  });
}
