import { once } from 'node:events';
import { asPrintable } from '../../diagnostics.js';
import { Attr } from '../../semconv/attribute-keys.js';
import type { DecodedSpan } from '../otlp/decode.js';
import { createPaint, type Paint } from '../terminal.js';
import { type DevServer, readPageFiles, startDevServer } from './dev-server.js';
import { SessionStore, type StoreChange } from './session-store.js';
import { renderTotals, renderTraceTree, sumTraces } from './trace-tree.js';

/** OTLP's port for HTTP. */
const DEFAULT_PORT = 4318;

interface DevOptions {
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

const MAX_ID_LENGTH = 24;
const MAX_LINE_LENGTH = 160;
const ERROR_STATUS = 2;

interface LivePrinterOptions {
  readonly color: boolean;
  /** Width of the terminal now; `undefined` where there is none. */
  readonly columns: () => number | undefined;
  readonly paint: Paint;
  readonly print: (text: string) => void;
}

/**
 * Says on a terminal what arrives: turns, tools and errors as they end, and the whole tree of a
 * session once its root is there.
 */
function createLivePrinter({
  color,
  columns,
  paint,
  print,
}: LivePrinterOptions): (change: StoreChange) => void {
  return ({ session, added }) => {
    const isEnd = added.some(({ parentSpanId }) => parentSpanId === '');
    const name = paint('dim', asPrintable(session.id, MAX_ID_LENGTH));
    if (isEnd) {
      const tree = renderTraceTree(session.spans, { color, columns: columns() });
      print(`\n${tree}\n\n${renderTotals(sumTraces(session.spans))}\n`);
      return;
    }
    const byStart = added.toSorted((a, b) => (a.startNanos < b.startNanos ? -1 : 1));
    for (const line of byStart.flatMap((span) => linesOf(span, paint))) print(`${name}  ${line}`);
  };
}

function linesOf(span: DecodedSpan, paint: Paint): readonly string[] {
  const { attributes, status, name } = span;
  const input = textOf(attributes[Attr.INPUT_VALUE]);
  const output = textOf(attributes[Attr.OUTPUT_VALUE]);
  const tool = textOf(attributes[Attr.TOOL_NAME]);
  const failed =
    status.code === ERROR_STATUS ? paint('red', `  ✗ ${asPrintable(status.message, 100)}`) : '';
  if (tool !== '') return [`${paint('yellow', tool)} ${input} → ${output}${failed}`];
  if (name === 'user_turn' && input !== '') return [`${paint('bold', 'user')}  ${input}`];
  if (name !== 'agent_turn') return [];
  const agent = textOf(attributes[Attr.AGENT_NAME]) || 'agent';
  return [`${paint('magenta', agent)}  ${output}${failed}`];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? asPrintable(value, MAX_LINE_LENGTH) : '';
}
