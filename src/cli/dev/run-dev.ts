import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { asPrintable, reasonOf } from '../../diagnostics.js';
import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedSpan } from '../otlp/decode.js';
import {
  countSpans,
  describeLatency,
  distinctSpans,
  isFailed,
  isInterrupted,
  latencyOf,
  textOf,
} from '../span-facts.js';
import { createPaint, hasColors } from '../terminal.js';
import { type DevServer, startDevServer } from './dev-server.js';
import { keepSessions, loadSessions, parseSessionFile } from './session-files.js';
import { SessionStore, type StoreChange } from './session-store.js';
import { renderTotals, renderTraceTree } from './trace-tree.js';

/** OTLP's port for HTTP. */
const DEFAULT_PORT = 4318;

const color = hasColors();
const paint = createPaint(color);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface DevOptions {
  /** `undefined` for OTLP's own, or a free one where that is taken. */
  readonly port: number | undefined;
  /** Another address than the loopback to listen at: containers reach no loopback. */
  readonly host: string | undefined;
  /** Directory that sessions are kept in; `undefined` for memory alone. */
  readonly data: string | undefined;
}

/** Receives traces and shows them until Ctrl+C or SIGTERM. */
export async function runDev(options: DevOptions): Promise<void> {
  const { host, data } = options;
  const store = new SessionStore();
  if (data !== undefined) {
    keepSessions(store, data, (file, error) =>
      print(paint('red', `${file} cannot be read or written: ${reasonOf(error)}`)),
    );
  }
  store.listen(printChange);
  const token = randomBytes(16).toString('hex');
  const server = await listen(store, options, token);
  const { port } = new URL(server.endpoint);
  const isExposed = host !== undefined;
  const page = isExposed ? `http://localhost:${port}/?token=${token}` : server.endpoint;
  const address = isExposed ? `http://host.docker.internal:${port}` : server.endpoint;
  print(`${paint('bold', 'catalyst-tracing dev')} receives traces, and shows them at`);
  print(`  ${paint('blue', page)}`);
  print(isExposed ? 'Start the agent in its container with' : 'Start the agent with');
  print(`  CATALYST_OTLP_ENDPOINT=${address}`);
  if (isExposed) print(`  CATALYST_OTLP_TOKEN=${token}`);
  if (options.port === undefined && Number(port) !== DEFAULT_PORT) {
    print(`Port ${DEFAULT_PORT} is taken, perhaps by another dev: this one has another port.`);
  }
  const kept = data === undefined ? 'Nothing is kept' : `Sessions are kept in ${data}`;
  print(paint('dim', `${kept}; nothing is sent on. Ctrl+C ends it.`));
  await untilSignal(server);
}

/** Serves until Ctrl+C. */
async function untilSignal(server: DevServer): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

async function listen(
  store: SessionStore,
  { host, port }: DevOptions,
  token: string,
): Promise<DevServer> {
  const exposed = host === undefined ? undefined : { host, token };
  try {
    return await startDevServer({ store, exposed, port: port ?? DEFAULT_PORT });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (port !== undefined || !isTaken) throw error;
    return startDevServer({ store, exposed, port: 0 });
  }
}

const MAX_ID_LENGTH = 24;
const MAX_LINE_LENGTH = 160;

/** Turns, tools and errors as they end, and the whole tree of a session once its root is there. */
function printChange({ session, added }: StoreChange): void {
  if (added.some(({ parentSpanId }) => parentSpanId === '')) {
    return print(`\n${renderSession(session.spans)}\n`);
  }
  const name = paint('dim', asPrintable(session.id, MAX_ID_LENGTH));
  const byStart = added.toSorted((a, b) => a.startMillis - b.startMillis);
  for (const line of byStart.flatMap(linesOf)) print(`${name}  ${line}`);
}

/** The tree of a session and its totals. */
function renderSession(received: readonly DecodedSpan[]): string {
  const spans = distinctSpans(received);
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  return `${renderTraceTree(spans, { color, columns })}\n\n${renderTotals(countSpans(spans))}`;
}

function linesOf(span: DecodedSpan): readonly string[] {
  const { status, name } = span;
  const [input, output, tool] = [Attr.INPUT_VALUE, Attr.OUTPUT_VALUE, Attr.TOOL_NAME].map((key) =>
    asPrintable(textOf(span, key) ?? '', MAX_LINE_LENGTH),
  );
  const failed = isFailed(span) ? paint('red', `  ✗ ${asPrintable(status.message, 100)}`) : '';
  if (tool) return [`${paint('yellow', tool)} ${input} → ${output}${failed}`];
  if (name === 'user_turn' && input) return [`${paint('bold', 'user')}  ${input}`];
  if (name !== 'agent_turn') return [];
  const agent = asPrintable(textOf(span, Attr.AGENT_NAME) ?? 'agent', MAX_LINE_LENGTH);
  const interrupted = isInterrupted(span) ? paint('yellow', '  (interrupted)') : '';
  const latency = latencyOf(span);
  return [
    `${paint('magenta', agent)}  ${output}${interrupted}${failed}`,
    ...(latency === undefined ? [] : [paint('dim', describeLatency(latency))]),
  ];
}

interface ShowOptions {
  /** A file in OTLP/JSON, or the id of a session. */
  readonly target: string;
  /** Directory of `dev --data`; `undefined` asks the `dev` that runs. */
  readonly data: string | undefined;
  /** Of the `dev` that runs; with `page`, of the page. */
  readonly port: number | undefined;
  readonly page: boolean;
}

/** Prints a session that was kept or exported, or serves the page with it until Ctrl+C. */
export async function runShow(options: ShowOptions): Promise<void> {
  const spans = await readSession(options);
  if (!options.page) return print(renderSession(spans));
  const store = new SessionStore();
  store.add(spans, 0, 0);
  const server = await startDevServer({ store, port: options.port ?? 0 });
  print(`${options.target} is shown at\n  ${server.endpoint}\nCtrl+C ends it.`);
  await untilSignal(server);
}

async function readSession({ target, data, port }: ShowOptions): Promise<readonly DecodedSpan[]> {
  if (existsSync(target)) return parseSessionFile(readFileSync(target, 'utf8'));
  if (data === undefined) {
    const query = `session=${encodeURIComponent(target)}`;
    const url = `http://127.0.0.1:${port ?? DEFAULT_PORT}/api/export?${query}`;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return parseSessionFile(await response.text());
  } else {
    const store = new SessionStore();
    loadSessions(store, data, () => {});
    const session = store.get(target);
    if (session !== undefined) return session.spans;
  }
  throw new Error(`"${target}" is neither a file nor a session of ${data ?? 'the dev that runs'}`);
}
