import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
/** Kept between runs: an installation is made once for each set of versions. */
const CACHE = join(ROOT, '.integrations');
const APPLICATION = join(import.meta.dirname, 'application');
const INSTALL_TIMEOUT_MILLIS = 300_000;

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

export type FrameworkVersion = 'agents011' | 'agents020' | 'ai5' | 'ai6' | 'ai7';

/** Frameworks, each version with what it stands on. */
const FRAMEWORK_VERSIONS: Readonly<Record<FrameworkVersion, Readonly<Record<string, string>>>> = {
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
  version: FrameworkVersion,
): Promise<(file: string) => Promise<unknown>> {
  const directory = await install(version, FRAMEWORK_VERSIONS[version]);
  return (file) => import(pathToFileURL(join(directory, 'node_modules', file)).href);
}

/** Folder of an application that has both SDKs and the built package, under their own names. */
export async function installApplication(): Promise<string> {
  const dependencies = {
    ...API,
    '@anthropic-ai/sdk': '1.14.0',
    '@livekit/agents': '1.9.0',
    '@livekit/agents-plugin-openai': '1.9.0',
    '@livekit/rtc-node': '0.13.34',
    openai: '6.49.0',
    zod: '4.1.8',
  };
  const directory = await install('application', dependencies);
  const tarball = await packPackage();
  await installOnce(directory, tarball, [tarball]);
  await cp(APPLICATION, directory, { recursive: true });
  return directory;
}

async function install(
  name: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  const manifest = JSON.stringify({ name, private: true, type: 'module', dependencies });
  const directory = join(CACHE, `${name}-${hash(manifest)}`);
  await mkdir(directory, { recursive: true });
  if ((await readStamp(directory)) !== '') return directory;
  // A half-made folder starts anew.
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), manifest);
  await installOnce(directory, 'dependencies', []);
  return directory;
}

async function installOnce(
  directory: string,
  content: string,
  packages: readonly string[],
): Promise<void> {
  if ((await readStamp(directory)) === content) return;
  // Several versions of one SDK ask for several versions of zod.
  const options = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, '--legacy-peer-deps', '--prefer-offline', ...packages], {
    cwd: directory,
    timeout: INSTALL_TIMEOUT_MILLIS,
  });
  await writeFile(join(directory, '.installed'), content);
}

function readStamp(directory: string): Promise<string> {
  return readFile(join(directory, '.installed'), 'utf8').catch(() => '');
}

/** The package as it would be published, under a name that changes with its content. */
async function packPackage(): Promise<string> {
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', CACHE],
    { cwd: ROOT },
  );
  const [made] = JSON.parse(stdout) as { filename: string }[];
  if (made === undefined) throw new Error('npm packed nothing');
  const content = await readFile(join(CACHE, made.filename));
  const file = join(CACHE, `catalyst-tracing-${hash(content)}.tgz`);
  await rename(join(CACHE, made.filename), file);
  return file;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
