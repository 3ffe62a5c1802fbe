import { spawn } from 'node:child_process';

const SAID_AT_END = 600;

export interface CommandOptions {
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Then it is ended, with everything that it started. */
  readonly timeoutMillis: number;
}

/** Runs a command to its end; what it wrote. Rejects with its last words. */
export function runCommand(
  command: string,
  args: readonly string[],
  { directory, env, timeoutMillis }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (timeoutMillis <= 0) {
      reject(new Error('no time was left'));
      return;
    }
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: compilers and installers start others.
      detached: true,
    });
    let stdout = '';
    let said = '';
    let isLate = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-SAID_AT_END);
      });
    }
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child.pid);
    }, timeoutMillis);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout);
      else if (isLate) reject(new Error(`not done after ${Math.round(timeoutMillis / 1000)} s`));
      else reject(new Error(said.trim() || `exit code ${code}`));
    });
  });
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
