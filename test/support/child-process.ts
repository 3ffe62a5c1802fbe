import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { inject } from 'vitest';

/** How a process ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly millis: number;
}

export interface RunningChild {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when the process has written this text to stdout. */
  readonly wrote: (text: string) => Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts a file of `test/support`, bundled, in a process of its own, which is killed after 50 s. */
export function startChild(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningChild {
  return startProcess(process.execPath, [bundled(file), ...args], {
    env: { ...process.env, ...env },
    timeoutMillis: 50_000,
  });
}

/** Where a file of `test/support` is as JavaScript, or the package, which is `index`. */
export function bundled(name: string): string {
  return join(inject('bundles'), `${name}.js`);
}

export interface ProcessOptions {
  /** Default: that of the tests. */
  readonly directory?: string;
  /** All variables that the process has. */
  readonly env: NodeJS.ProcessEnv;
  /** It is killed then. */
  readonly timeoutMillis: number;
  /** Leads a process group, which `process.kill(-pid)` ends with it. */
  readonly leadsGroup?: boolean;
}

/** Starts any command. A command that cannot be started rejects `ended`. */
export function startProcess(
  command: string,
  args: readonly string[],
  { directory, env, timeoutMillis, leadsGroup }: ProcessOptions,
): RunningChild {
  const started = Date.now();
  const child = spawn(command, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    detached: leadsGroup,
    timeout: timeoutMillis,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]): Ended => ({
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
      stdout,
      stderr,
      millis: Date.now() - started,
    }),
  );
  async function wrote(text: string): Promise<void> {
    while (!stdout.includes(text)) {
      const event = await Promise.race([
        once(child.stdout, 'data').then(() => 'data'),
        ended.then(() => 'ended'),
      ]);
      if (event === 'ended' && !stdout.includes(text)) throw new Error(`ended: ${stderr}`);
    }
  }
  return { process: child, wrote, ended };
}

/** The variables of this process without those of tracing, SDKs and tests: some trace no test. */
export function untracedEnvironment(): NodeJS.ProcessEnv {
  const configures =
    /^(?:CATALYST|INFERENCE|LIVEKIT|NODE_TEST|OPENAI|OPENINFERENCE|OTEL|OTLP|SERVICE)_|^NODE_(?:ENV|OPTIONS)$|^VITEST|_proxy$/iu;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configures.test(name)));
}
