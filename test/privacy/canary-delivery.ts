import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { trace, TracerProvider } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { expect } from 'vitest';
import { setup, type SetupOptions } from '../../src/index.js';
import type { Capture } from '../support/corpus.js';
import { replayCapture } from '../support/corpus-replay.js';
import { listen, lookInto, withEnv, writeDown } from '../support/everything-said.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';

/** What is recorded each time: the same under every switch. */
export interface Load {
  readonly captures: readonly Capture[];
  /** Spans of other tracers on the same provider. */
  readonly record: (provider: TracerProvider) => void;
  /** What `setup()` is given beside the way. */
  readonly options: SetupOptions;
}

/** Everything that left the process or was written in it, as text. */
export type Place = 'wire' | 'spool' | 'views' | 'logs';

/** What became of a load. */
export interface Outcome {
  readonly places: Readonly<Record<Place, string>>;
  readonly spans: readonly DecodedSpan[];
  /** Ids of the spans that stand for captured ones. */
  readonly replayed: ReadonlySet<string>;
}

/** How content is withheld. */
export interface Way {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: SetupOptions;
  /** As LiveKit's metadata processor marks the spans of a project that mandates redaction. */
  readonly mandated?: boolean;
}

/** All of it, and spans left open, to a collector that takes them. */
async function deliver(
  way: Way,
  load: Load,
): Promise<Omit<Outcome, 'places'> & Omit<Outcome['places'], 'spool'>> {
  const receiver = await startReceiver();
  const exporter = new InMemorySpanExporter();
  const views: ReadableSpan[] = [];
  const replayed = new Set<string>();
  const log = listen();
  try {
    await withEnv(way.env ?? {}, () =>
      run(way, load, receiver.endpoint, { exporter, views, replayed }),
    );
  } finally {
    log.stop();
    await receiver.close();
  }
  const bodies = receiver.requests().map(({ body }) => Buffer.from(body).toString('latin1'));
  // LiveKit's come first and the foreign ones last; all of them would take minutes to print.
  const looked = views.length > 80 ? [...views.slice(0, 40), ...views.slice(-40)] : views;
  return {
    wire: bodies.join('\n'),
    views: [...views.map(writeDown), ...looked.map(lookInto)].join('\n'),
    logs: log.text(),
    spans: receiver.spans(),
    replayed,
  };
}

interface Watching {
  readonly exporter: InMemorySpanExporter;
  readonly views: ReadableSpan[];
  readonly replayed: Set<string>;
}

async function run(way: Way, load: Load, endpoint: string, watching?: Watching): Promise<void> {
  // What a collector that is away does not take in this time goes to the spool.
  const timeoutMillis = way.options?.delivery?.spoolDirectory === undefined ? 10_000 : 300;
  const tracing = await setup({
    endpoint,
    autoInstrument: false,
    debug: true,
    rawContent: true,
    ...load.options,
    // Not as `exporters`: their queue is OpenTelemetry's and drops what is beyond 2,048 spans.
    ...(watching && { spanProcessors: [new SimpleSpanProcessor(watching.exporter)] }),
    ...way.options,
    delivery: { maxQueueBytes: 64 * 1024 * 1024, ...way.options?.delivery },
  });
  if (way.mandated === true) {
    tracing.provider
      .getTracer('livekit-agents')
      .startSpan(MARK, {
        attributes: { 'lk.redaction.enabled': true },
      })
      .end();
  }
  for (const capture of load.captures) {
    for (const span of replayCapture(capture, tracing.provider).values()) {
      watching?.replayed.add(span.spanContext().spanId);
    }
  }
  load.record(tracing.provider);
  leaveOpen(tracing.provider.getTracer('livekit-agents'), load.captures[0]);
  leaveOpen(tracing.provider.getTracer('app'), load.captures[0]);
  if (watching !== undefined) {
    await tracing.forceFlush({ timeoutMillis });
    watching.views.push(...watching.exporter.getFinishedSpans());
    watching.exporter.reset();
  }
  await tracing.shutdown({ timeoutMillis });
  expect(tracing.stats().mappingFailures).toBe(0);
}

/** Spans with content that nobody ends: they are sent as incomplete. */
function leaveOpen(tracer: ReturnType<typeof trace.getTracer>, capture: Capture | undefined): void {
  for (const { name, attributes, status } of capture?.spans ?? []) {
    tracer.startSpan(name, { attributes }).setStatus(status);
  }
}

/** The same to a collector that is away: what is left in the spool. */
async function spool(way: Way, load: Load): Promise<Pick<Outcome['places'], 'spool' | 'logs'>> {
  const directory = mkdtempSync(join(tmpdir(), 'canary-spool-'));
  const receiver = await startReceiver({ respond: () => ({ status: 503 }) });
  const log = listen();
  try {
    const options = { ...way.options, compression: 'none' as const };
    await withEnv(way.env ?? {}, () =>
      run(
        { ...way, options: { ...options, delivery: { spoolDirectory: directory } } },
        load,
        receiver.endpoint,
      ),
    );
    const files = readdirSync(directory, { recursive: true, withFileTypes: true });
    const kept = files.filter((file) => file.isFile());
    expect(kept.length, 'spool files').toBeGreaterThan(0);
    const texts = kept.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
    return { spool: texts.join('\n'), logs: log.text() };
  } finally {
    log.stop();
    await receiver.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What becomes of a load that goes this way, with a collector that is there and one that is not. */
export async function outcomeOf(way: Way, load: Load): Promise<Outcome> {
  const { spans, replayed, ...places } = await deliver(way, load);
  const failed = await spool(way, load);
  const logs = `${places.logs}\n${failed.logs}`;
  return { places: { ...places, spool: failed.spool, logs }, spans, replayed };
}

/** What stays of a span whatever is withheld: its name, kind, code, figures, times and family. */
export function skeletons({ spans, replayed }: Outcome): readonly string[] {
  const nameById = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans
    .filter(({ name }) => name !== MARK)
    .map(({ name, kind, spanId, parentSpanId, startNanos, endNanos, attributes, status }) => {
      const figures = Object.entries(attributes).filter(([key]) => FIGURE.test(key));
      // Foreign spans, and those that are given up, have the times of their own run.
      const times = replayed.has(spanId) ? [String(startNanos), String(endNanos)] : [];
      return JSON.stringify([
        name,
        kind,
        nameById.get(parentSpanId ?? '') ?? null,
        status.code,
        times,
        figures.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    })
    .toSorted();
}

const MARK = 'marked job';
const FIGURE =
  /^(?:openinference\.span\.kind|llm\.token_count\..*|llm\.model_name|gen_ai\.usage\..*|voice\..*|agent\.name|tool\.name|tool_call\.id|gen_ai\.operation\.name|catalyst\.incomplete)$/u;
