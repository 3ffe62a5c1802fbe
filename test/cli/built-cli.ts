import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import cliConfig from '../../tsup.cli.config.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** How the command ended and what it said. */
export interface CliOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, built from the sources as they are now. */
export interface BuiltCli {
  readonly file: string;
  /** A directory of an application that has nothing installed. */
  readonly emptyDirectory: string;
  /** Runs it to its end, with these variables and none of ours beside. */
  run(
    args: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly directory?: string },
  ): Promise<CliOutcome>;
  remove(): void;
}

/** The variables of this process without those that configure tracing. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:CATALYST|OTEL|OTLP|OPENINFERENCE|INFERENCE|LIVEKIT|SERVICE|LANGFUSE|PHOENIX)_|^NODE_OPTIONS$|_proxy$/iu.test(
        name,
      ),
  );
  return Object.fromEntries(inherited);
}

/** Builds the command in a directory below the repository, where its dependencies are found. */
export async function buildCli(): Promise<BuiltCli> {
  const parent = join(ROOT, '.tmp');
  mkdirSync(parent, { recursive: true });
  const outDir = mkdtempSync(join(parent, 'cli-'));
  const emptyDirectory = mkdtempSync(join(tmpdir(), 'catalyst-tracing-empty-'));
  for (const options of [cliConfig].flat()) {
    if (typeof options === 'function') throw new Error('a configuration that is a function');
    await build({ ...options, outDir, config: false, silent: true });
  }
  const file = join(outDir, 'cli.js');
  return {
    file,
    emptyDirectory,
    run: (args, { env = {}, directory = emptyDirectory } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [file, ...args], {
          cwd: directory,
          env: { ...cleanEnvironment(), ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 25_000,
        });
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, stdout, stderr }));
      }),
    remove: () => {
      rmSync(outDir, { recursive: true, force: true });
      rmSync(emptyDirectory, { recursive: true, force: true });
    },
  };
}
