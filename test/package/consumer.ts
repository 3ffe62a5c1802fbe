import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const REPOSITORY: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export const MANIFEST: Manifest = JSON.parse(
  readFileSync(join(REPOSITORY, 'package.json'), 'utf8'),
);

/** What a process said and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * An application that has installed the packed tarball: its dependencies and peers are there, by
 * name, and nothing else that the repository has.
 */
export interface Consumer {
  readonly directory: string;
  /** Where the package itself is. */
  readonly packageDirectory: string;
  /** Writes a file of the application and returns its path. */
  write(name: string, text: string): string;
  /** Runs Node on the application, with an environment of exactly `env` and a PATH. */
  node(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): void;
}

/** Packs the package as `npm publish` would, and installs the tarball in a directory of its own. */
export async function createConsumer(): Promise<Consumer> {
  const directory = mkdtempSync(join(tmpdir(), 'catalyst-tracing-consumer-'));
  const packageDirectory = join(directory, 'node_modules', 'catalyst-tracing');
  mkdirSync(packageDirectory, { recursive: true });
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    { cwd: REPOSITORY },
  );
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout);
  await run('tar', ['-xzf', filename, '-C', packageDirectory, '--strip-components=1'], {
    cwd: directory,
  });
  const shared = [...Object.keys(MANIFEST.dependencies), ...Object.keys(MANIFEST.peerDependencies)];
  for (const name of [...shared, '@types/node']) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(REPOSITORY, 'node_modules', name), link);
  }
  return {
    directory,
    packageDirectory,
    write: (name, text) => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    },
    node: (args, env = {}) => node(directory, args, env),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function node(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
