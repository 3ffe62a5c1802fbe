import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CompatibilityCase, InstallationSpec } from './compatibility-cases.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
/** Kept between runs: an installation is made once for each set of versions. */
const CACHE = join(ROOT, '.compat');
const APPLICATION = join(import.meta.dirname, 'application');
const INSTALL_TIMEOUT_MILLIS = 300_000;

const API_OF_APPLICATION = '1.9.1';
const API_OF_LIVEKIT = '1.10.0';
/** The newest that runs on Node 20. */
const PNPM = '^10.34.0';

let packed: Promise<string> | undefined;

/** The package as it would be published, under a name that changes with its content. */
export function packPackage(): Promise<string> {
  packed ??= pack();
  return packed;
}

async function pack(): Promise<string> {
  await mkdir(CACHE, { recursive: true });
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

/** Folder of an application with LiveKit and the packed package installed. */
export async function install(spec: InstallationSpec, tarball: string): Promise<string> {
  const manifest = manifestOf(spec);
  const name = `livekit-${spec.livekit}-${spec.packageManager}-${spec.apiCopies}-${hash(manifest)}`;
  const directory = join(CACHE, name);
  await once(directory, async () => {
    await installUnlessThere(directory, manifest, tarball, () =>
      addPackage(spec, directory, tarball),
    );
    await cp(APPLICATION, directory, { recursive: true });
  });
  return directory;
}

/** The executable of a Node version: the one running, or one that npm carries. */
export async function nodeExecutable(node: CompatibilityCase['node']): Promise<string> {
  if (node === 'current') return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const tools = await installTools(`node-${node}`, {
    [`node-${platform}-${process.arch}`]: node,
  });
  return join(tools, 'node_modules', `node-${platform}-${process.arch}`, 'bin', 'node');
}

async function pnpm(): Promise<string> {
  const tools = await installTools('pnpm', { pnpm: PNPM });
  return join(tools, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
}

/** Folder with packages that the tests run: package managers, bundlers. */
export async function installTools(
  name: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  const manifest = JSON.stringify({ private: true, dependencies });
  const directory = join(CACHE, `${name}-${hash(manifest)}`);
  await once(directory, () =>
    installUnlessThere(directory, manifest, 'tools', () => npm(directory, [])),
  );
  return directory;
}

function manifestOf({ livekit, packageManager, apiCopies }: InstallationSpec): string {
  const override = { '@livekit/agents': { '@opentelemetry/api': API_OF_LIVEKIT } };
  const pnpmOverride = { '@livekit/agents>@opentelemetry/api': API_OF_LIVEKIT };
  return JSON.stringify({
    name: 'application',
    private: true,
    type: 'module',
    dependencies: {
      '@livekit/agents': livekit,
      '@livekit/rtc-node': '^0.13.34',
      '@opentelemetry/api': apiCopies === 'two' ? API_OF_APPLICATION : '^1.9.0',
      zod: '^4.1.8',
    },
    ...(apiCopies === 'two' &&
      (packageManager === 'npm' ? { overrides: override } : { pnpm: { overrides: pnpmOverride } })),
  });
}

const underWay = new Map<string, Promise<void>>();

/** Several cases share a folder: it is prepared once. */
function once(directory: string, prepare: () => Promise<void>): Promise<void> {
  const known = underWay.get(directory);
  if (known !== undefined) return known;
  const preparing = prepare();
  underWay.set(directory, preparing);
  return preparing;
}

/** Installs unless the folder holds the same already. */
async function installUnlessThere(
  directory: string,
  manifest: string,
  content: string,
  installPackages: () => Promise<void>,
): Promise<void> {
  const stamp = join(directory, '.installed');
  const installed = await readFile(stamp, 'utf8').catch(() => '');
  if (installed === content) return;
  // Another build of the package goes into what is there; a half-made folder starts anew.
  if (installed === '') await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await rm(stamp, { force: true });
  await writeFile(join(directory, 'package.json'), manifest);
  await installPackages();
  await writeFile(stamp, content);
}

async function addPackage(
  { packageManager }: InstallationSpec,
  directory: string,
  tarball: string,
): Promise<void> {
  if (packageManager === 'npm') return npm(directory, [tarball]);
  await run(process.execPath, [await pnpm(), 'add', '--ignore-scripts', tarball], {
    cwd: directory,
    timeout: INSTALL_TIMEOUT_MILLIS,
  });
}

async function npm(directory: string, packages: readonly string[]): Promise<void> {
  const options = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, '--prefer-offline', ...packages], {
    cwd: directory,
    timeout: INSTALL_TIMEOUT_MILLIS,
  });
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
