import { once } from 'node:events';
import { createPaint } from '../terminal.js';
import { type DevServer, startDevServer } from './dev-server.js';
import { createLivePrinter } from './live-printer.js';
import { readPageFiles } from './page-files.js';
import { SessionStore } from './session-store.js';

/** OTLP's port for HTTP. */
export const DEFAULT_PORT = 4318;

export interface DevOptions {
  /** `undefined` for OTLP's own, or a free one where that is taken. */
  readonly port: number | undefined;
  readonly color: boolean;
  /** Width of the terminal now; `undefined` where there is none. */
  readonly columns: () => number | undefined;
  readonly print: (text: string) => void;
}

/** Receives traces and shows them until the process is told to end. */
export async function runDev({ port, print, ...terminal }: DevOptions): Promise<void> {
  const store = new SessionStore();
  const paint = createPaint(terminal.color);
  store.listen(createLivePrinter({ ...terminal, paint, print }));
  const server = await listen(store, port);
  print(
    [
      `${paint('bold', 'catalyst-tracing dev')} receives traces, and shows them at`,
      `  ${paint('blue', server.endpoint)}`,
      'Start the agent with',
      `  CATALYST_OTLP_ENDPOINT=${server.endpoint}`,
      paint('dim', 'Nothing is kept or sent on. Ctrl+C ends it.'),
    ].join('\n'),
  );
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

async function listen(store: SessionStore, port: number | undefined): Promise<DevServer> {
  const files = readPageFiles();
  try {
    return await startDevServer({ store, files, port: port ?? DEFAULT_PORT });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (port !== undefined || !isTaken) throw error;
    return startDevServer({ store, files, port: 0 });
  }
}
