import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type BuiltCli, cleanEnvironment } from './built-cli.js';

/** A command that runs until it is stopped, and what it has printed. */
export interface RunningCommand {
  readonly endpoint: string;
  stdout(): string;
  /** Waits for the terminal to show something. */
  printed(what: RegExp): Promise<string>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `dev`, or another command that serves the page. */
export async function startCommand(
  { file, emptyDirectory }: BuiltCli,
  args: readonly string[],
): Promise<RunningCommand> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: emptyDirectory,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const printed = async (what: RegExp): Promise<string> => {
    for (;;) {
      const [found] = what.exec(stdout) ?? [];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`ended: ${stdout}`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    }
  };
  const shown = await printed(/http:\/\/[\w.]+:\d+/);
  return {
    endpoint: `http://127.0.0.1:${new URL(shown).port}`,
    stdout: () => stdout,
    printed,
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
  };
}

/** Posts a request in OTLP/JSON; resolves with the status of the answer. */
export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return response.status;
}
