import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const INSTALL_TIMEOUT_MILLIS = 300_000;
/** The newest that runs on Node 20. */
const PNPM = '^10.34.0';

/** A folder with packages. It is kept between runs, and made once for each manifest. */
export interface Installation {
  /** The folder of the repository that has it. */
  readonly cache: string;
  readonly name: string;
  readonly manifest: object;
  /** Files of an application, by where they go. With them, the packed package is installed too. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Installs what the manifest says, and the package. */
  readonly install: (directory: string, tarball: readonly string[]) => Promise<void>;
}

/** Gives the folder, and makes it unless it is there. */
export async function installed({
  cache,
  name,
  manifest,
  files,
  install,
}: Installation): Promise<string> {
  const text = JSON.stringify(manifest);
  const directory = join(ROOT, cache, `${name}-${hash([text])}`);
  const content = files === undefined ? 'packages' : hash(contentsOf(files));
  const stamp = join(directory, '.installed');
  await oneAtATime(directory, async () => {
    const present = await readFile(stamp, 'utf8').catch(() => '');
    if (present === content) return;
    // Another build of the package goes into what is there; a half-made folder starts anew.
    if (present === '') await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await rm(stamp, { force: true });
    await writeFile(join(directory, 'package.json'), text);
    await install(directory, files === undefined ? [] : [inject('tarball')]);
    for (const [to, from] of Object.entries(files ?? {})) {
      cpSync(from, join(directory, to), { recursive: true });
    }
    await writeFile(stamp, content);
  });
  return directory;
}

/** Installs with npm what a folder's manifest says, and these packages. */
export async function npmInstall(directory: string, more: readonly string[]): Promise<void> {
  const options = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  await execute('npm', ['install', ...options, '--prefer-offline', ...more], directory);
}

/** Installs with pnpm, which unpacks a package once for all folders that have it. */
export async function pnpmInstall(
  directory: string,
  more: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  const tools = await installTools('pnpm', { pnpm: PNPM });
  const pnpm = join(tools, 'node_modules/pnpm/bin/pnpm.cjs');
  const command = more.length === 0 ? 'install' : 'add';
  const args = [pnpm, command, '--ignore-scripts', ...options, ...more];
  await execute(process.execPath, args, directory);
}

/** Folder with packages that the tests run: package managers, bundlers. */
export function installTools(
  name: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  return installed({
    cache: '.compat',
    name,
    manifest: { private: true, dependencies },
    install: npmInstall,
  });
}

async function execute(command: string, args: readonly string[], directory: string): Promise<void> {
  await run(command, [...args], { cwd: directory, timeout: INSTALL_TIMEOUT_MILLIS });
}

/** Files of tests run in processes of their own and share the folders. */
async function oneAtATime(directory: string, work: () => Promise<void>): Promise<void> {
  // In the folder of this run: a run that was killed leaves no lock to the next.
  const lock = join(dirname(inject('tarball')), `${basename(directory)}.lock`);
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  )
    await sleep(100);
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true });
  }
}

/** The package, and every file that goes with it. */
function contentsOf(files: Readonly<Record<string, string>>): readonly (string | Uint8Array)[] {
  const contents = Object.values(files).flatMap((from) =>
    readdirSync(from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
  return [readFileSync(inject('tarball')), ...contents];
}

function hash(contents: readonly (string | Uint8Array)[]): string {
  const made = createHash('sha256');
  for (const content of contents) made.update(content);
  return made.digest('hex').slice(0, 12);
}
