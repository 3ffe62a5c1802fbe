import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TracedSessionOptions {
  readonly endpoint: string;
  readonly serviceName: string;
  /** Questions of a caller; without, the demo's session: two tools, an error, a handoff. */
  readonly turns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a real LiveKit session in a process of its own, traced to an endpoint. */
export function traceSession(options: TracedSessionOptions): Promise<void> {
  const { endpoint, serviceName, turns, env } = options;
  const file = turns === undefined ? 'examples/demo/run.ts' : 'test/support/long-session-child.ts';
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', file, String(turns ?? '')],
      {
        cwd: ROOT,
        timeout: 50_000,
        env: {
          ...process.env,
          CATALYST_OTLP_ENDPOINT: endpoint,
          CATALYST_SERVICE_NAME: serviceName,
          ...env,
        },
      },
      (error) => (error === null ? resolve() : reject(error)),
    );
  });
}
