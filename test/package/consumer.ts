import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { startProcess, type Ended } from '../support/child-process.js';

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

/** What a process wrote and how it ended. */
export type Outcome = Pick<Ended, 'code' | 'stdout' | 'stderr'>;

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

/** Installs the packed tarball in a directory of its own. */
export async function createConsumer(): Promise<Consumer> {
  const directory = mkdtempSync(join(tmpdir(), 'catalyst-tracing-consumer-'));
  const packageDirectory = join(directory, 'node_modules', 'catalyst-tracing');
  mkdirSync(packageDirectory, { recursive: true });
  await promisify(execFile)('tar', [
    '-xzf',
    inject('tarball'),
    '-C',
    packageDirectory,
    '--strip-components=1',
  ]);
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
    node: async (args, env = {}) => {
      const { code, stdout, stderr } = await startProcess(process.execPath, args, {
        directory,
        env: { PATH: process.env['PATH'], ...env },
        timeoutMillis: 60_000,
      }).ended;
      return { code, stdout, stderr };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
