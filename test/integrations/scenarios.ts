import {
  InMemorySpanExporter,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { manualSpan, setup, type InstallResult, type SetupOptions } from '../../src/index.js';
import { startProvider, type Bill, type ProviderServer } from './provider-server.js';

/** What an application sees of a call. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
}

/** What a traced run left behind. */
export interface TracedRun {
  readonly outcome: Outcome;
  readonly spans: readonly ReadableSpan[];
  /** Without the span that the test put around all of it. */
  readonly calls: readonly ReadableSpan[];
  readonly bill: Bill;
  readonly results: readonly InstallResult[];
  readonly unhandled: readonly unknown[];
}

export type Scenario = (server: ProviderServer) => Promise<unknown>;

/** Time for what goes on behind a call: aborts, late rejections. */
const SETTLE_MILLIS = 60;
/** Within this a provider must see that nobody reads on. */
const ABORT_MILLIS = 150;

/** Runs a scenario as it runs without tracing. */
export async function runPlain(scenario: Scenario): Promise<Outcome> {
  const server = await startProvider();
  try {
    return await outcomeOf(() => scenario(server));
  } finally {
    await server.close();
  }
}

/** Runs a scenario below one span, with everything undone afterwards. */
export async function runTraced(scenario: Scenario, options: SetupOptions): Promise<TracedRun> {
  const server = await startProvider();
  const exporter = new InMemorySpanExporter();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const tracing = await setup({ autoInstrument: false, ...options, exporters: [exporter] });
  try {
    const outcome = await manualSpan({ spanName: 'application' }, async () => {
      const result = await outcomeOf(() => scenario(server));
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));
      return result;
    });
    await tracing.forceFlush();
    const spans = [...exporter.getFinishedSpans()];
    const calls = spans.filter(({ name }) => name !== 'application');
    const { installResults: results } = tracing;
    return { outcome, spans, calls, bill: server.bill(), results, unhandled };
  } finally {
    await tracing.shutdown();
    process.off('unhandledRejection', onUnhandled);
    await server.close();
  }
}

/** Runs a scenario that leaves something open; everything that was sent until `shutdown()` is over. */
export async function runToShutdown(
  scenario: Scenario,
  options: SetupOptions,
): Promise<readonly ReadableSpan[]> {
  const server = await startProvider();
  const sent: ReadableSpan[] = [];
  const exporter: SpanExporter = {
    export: (spans, done) => {
      sent.push(...spans);
      done({ code: 0 });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const tracing = await setup({ autoInstrument: false, ...options, exporters: [exporter] });
  try {
    await scenario(server);
  } finally {
    await tracing.shutdown();
    await server.close();
  }
  return sent;
}

async function outcomeOf(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { thrown: error } };
    const { name, message, constructor } = error;
    const status: unknown = Reflect.get(error, 'status');
    const body: unknown = Reflect.get(error, 'error');
    return { error: { class: constructor.name, name, message, status, body } };
  }
}

export const PROMPT = 'llm.token_count.prompt';
export const COMPLETION = 'llm.token_count.completion';

/** Sum of what backends count: over every span, whatever its kind. */
export function tokenSum(spans: readonly ReadableSpan[]): Bill {
  const sum = (key: string): number =>
    spans.reduce((total, { attributes }) => total + Number(attributes[key] ?? 0), 0);
  return { prompt: sum(PROMPT), completion: sum(COMPLETION) };
}

export function traceIds(spans: readonly ReadableSpan[]): ReadonlySet<string> {
  return new Set(spans.map((span) => span.spanContext().traceId));
}

/** Names and kinds of spans, in the order in which they ended. */
export function shapeOf(spans: readonly ReadableSpan[]): readonly string[] {
  return spans.map(
    ({ name, attributes }) => `${name} ${String(attributes['openinference.span.kind'])}`,
  );
}

/** Reads an SDK's stream to its end. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Starts to read and stops; what the provider sees of it a moment later. */
export async function readOneAndBreak(
  stream: AsyncIterable<unknown>,
  server: ProviderServer,
): Promise<unknown> {
  let count = 0;
  for await (const chunk of stream) {
    count += chunk === undefined ? 0 : 1;
    if (count === 5) break;
  }
  await new Promise((resolve) => setTimeout(resolve, ABORT_MILLIS));
  return { count, live: server.live };
}
