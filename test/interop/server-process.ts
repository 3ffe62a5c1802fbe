import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A backend that runs for the tests of one file. */
export interface ServerProcess {
  /** A directory of its own, gone when it ends. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** The first of these commands that can be run; says aloud that tests are skipped when none can. */
export function findCommand(
  what: string,
  candidates: readonly (string | undefined)[],
  probe: readonly string[],
): string | undefined {
  const found = candidates.find((command) => {
    if (command === undefined || command === '') return false;
    try {
      execFileSync(command, probe, { stdio: 'pipe', timeout: 60_000 });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) console.warn(`SKIPPED: ${what} is not installed here.`);
  return found;
}

export interface StartServerOptions {
  readonly command: string;
  readonly args: (directory: string) => readonly string[];
  readonly env: (directory: string) => Readonly<Record<string, string>>;
  /** Answers once the server does. */
  readonly probeUrl: string;
}

/** Starts a server and waits until it answers. */
export async function startServer(options: StartServerOptions): Promise<ServerProcess> {
  const { command, args, env, probeUrl } = options;
  const directory = mkdtempSync(join(tmpdir(), 'catalyst-tracing-interop-'));
  const child = spawn(command, args(directory), {
    cwd: directory,
    env: { ...process.env, ...env(directory) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  }
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true });
  };
  const deadline = Date.now() + 150_000;
  while (!(await answers(probeUrl))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${command} did not start: ${said}`);
    }
    await sleep(200);
  }
  return { directory, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until the answer is good, or gives the last one. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMillis = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMillis;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || Date.now() > deadline) return answer;
    await sleep(300);
  }
}
