import { join } from 'node:path';
import { startProcess } from './child-process.js';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TracedSessionOptions {
  readonly endpoint: string;
  readonly serviceName: string;
  /** Questions of a caller; without, the demo's session: two tools, an error, a handoff. */
  readonly turns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a real LiveKit session in a process of its own, traced to an endpoint. */
export async function traceSession(options: TracedSessionOptions): Promise<void> {
  const { endpoint, serviceName, turns, env } = options;
  const file = turns === undefined ? 'examples/demo/run.ts' : 'test/support/long-session-child.ts';
  const { code, stderr } = await startProcess(
    process.execPath,
    ['--import', 'tsx', file, String(turns ?? '')],
    {
      directory: ROOT,
      env: {
        ...process.env,
        CATALYST_OTLP_ENDPOINT: endpoint,
        CATALYST_SERVICE_NAME: serviceName,
        ...env,
      },
      timeoutMillis: 50_000,
    },
  ).ended;
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}: ${stderr}`);
}
