import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { setup, type SetupOptions } from '../../src/index.js';
import { listCaptures, readCapture, type Capture } from '../support/corpus.js';
import { replayCapture } from '../support/corpus-replay.js';
import { listen, lookInto, withEnv, writeDown } from '../support/everything-said.js';
import { recordForeignSpans } from '../support/foreign-spans.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { drawSecrets, plantSecrets, type Side } from '../support/planted-secrets.js';

const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];
const CAPTURES = listCaptures().map(({ version, scenario }) =>
  plantSecrets(readCapture(version, scenario), SECRETS),
);

interface Outcome {
  /** Everything that left the process or was written in it, as text. */
  readonly places: Readonly<Record<'wire' | 'spool' | 'views' | 'logs', string>>;
  readonly spans: readonly DecodedSpan[];
  /** Ids of the spans that stand for captured ones. */
  readonly replayed: ReadonlySet<string>;
}

interface Way {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: SetupOptions;
  /** As LiveKit's metadata processor marks the spans of a project that mandates redaction. */
  readonly mandated?: boolean;
}

afterEach(() => {
  trace.disable();
});

/** Every capture, foreign spans and spans left open, to a collector that takes them. */
async function deliver(
  way: Way,
): Promise<Omit<Outcome, 'places'> & Omit<Outcome['places'], 'spool'>> {
  const receiver = await startReceiver();
  const exporter = new InMemorySpanExporter();
  const views: ReadableSpan[] = [];
  const replayed = new Set<string>();
  const log = listen();
  try {
    await withEnv(way.env ?? {}, () => run(way, receiver.endpoint, { exporter, views, replayed }));
  } finally {
    log.stop();
    await receiver.close();
  }
  const bodies = receiver.requests().map(({ body }) => Buffer.from(body).toString('latin1'));
  return {
    wire: bodies.join('\n'),
    views: [...views.map(writeDown), ...views.slice(0, 60).map(lookInto)].join('\n'),
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

async function run(way: Way, endpoint: string, watching?: Watching): Promise<void> {
  // What a collector that is away does not take in this time goes to the spool.
  const timeoutMillis = way.options?.delivery?.spoolDirectory === undefined ? 10_000 : 300;
  const tracing = await setup({
    endpoint,
    autoInstrument: false,
    debug: true,
    rawContent: true,
    userId: SECRETS.person,
    metadata: { note: SECRETS.own },
    tags: [SECRETS.own],
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
  for (const capture of CAPTURES) {
    for (const span of replayCapture(capture, tracing.provider).values()) {
      watching?.replayed.add(span.spanContext().spanId);
    }
  }
  recordForeignSpans(tracing.provider, SECRETS);
  leaveOpen(tracing.provider.getTracer('livekit-agents'), CAPTURES[0]);
  leaveOpen(tracing.provider.getTracer('app'), CAPTURES[0]);
  await tracing.forceFlush({ timeoutMillis });
  watching?.views.push(...watching.exporter.getFinishedSpans());
  watching?.exporter.reset();
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
async function spool(way: Way): Promise<Pick<Outcome['places'], 'spool' | 'logs'>> {
  const directory = mkdtempSync(join(tmpdir(), 'canary-spool-'));
  const receiver = await startReceiver({ respond: () => ({ status: 503 }) });
  const log = listen();
  try {
    const options = { ...way.options, compression: 'none' as const };
    await withEnv(way.env ?? {}, () =>
      run(
        { ...way, options: { ...options, delivery: { spoolDirectory: directory } } },
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

async function outcomeOf(way: Way): Promise<Outcome> {
  const { spans, replayed, ...places } = await deliver(way);
  const failed = await spool(way);
  const logs = `${places.logs}\n${failed.logs}`;
  return { places: { ...places, spool: failed.spool, logs }, spans, replayed };
}

/** What stays of a span whatever is withheld: its name, kind, code, figures, times and family. */
function skeletons({ spans, replayed }: Outcome): readonly string[] {
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

const ALL: readonly Side[] = SIDES;
const BUT_PEOPLE = ALL.filter((side) => side !== 'person');
const SWITCHES: readonly (readonly [name: string, way: Way, withheld: readonly Side[]])[] = [
  ['allowPii, by env', { env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }, ALL],
  [
    'allowPii, by option, as JSON',
    { options: { privacy: { allowPii: false }, protocol: 'http/json' } },
    ALL,
  ],
  [
    'capture of content, by env',
    { env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'false' } },
    BUT_PEOPLE,
  ],
  [
    'capture of content, by option, as JSON',
    { options: { privacy: { captureMessageContent: false }, protocol: 'http/json' } },
    BUT_PEOPLE,
  ],
  [
    'a mandate, against the option',
    { mandated: true, options: { privacy: { allowPii: true } } },
    ALL,
  ],
  [
    'hidden inputs and outputs, by env',
    { env: { OPENINFERENCE_HIDE_INPUTS: '1', OPENINFERENCE_HIDE_OUTPUTS: 'yes' } },
    BUT_PEOPLE,
  ],
  [
    'hidden inputs and outputs, by option, as JSON',
    { options: { privacy: { hideInputs: true, hideOutputs: true }, protocol: 'http/json' } },
    BUT_PEOPLE,
  ],
  [
    'hidden inputs, by env',
    { env: { OPENINFERENCE_HIDE_INPUTS: 'on' } },
    ['asked', 'tools', 'error', 'own'],
  ],
  [
    'hidden inputs, by option',
    { options: { privacy: { hideInputs: true } } },
    ['asked', 'tools', 'error', 'own'],
  ],
  [
    'hidden outputs, by env',
    { env: { OPENINFERENCE_HIDE_OUTPUTS: 'TRUE' } },
    ['answered', 'error', 'own'],
  ],
  [
    'hidden outputs, by option',
    { options: { privacy: { hideOutputs: true } } },
    ['answered', 'error', 'own'],
  ],
  ['hidden tools, by env', { env: { OPENINFERENCE_HIDE_LLM_TOOLS: 'true' } }, ['tools']],
  ['hidden tools, by option', { options: { privacy: { hideLlmTools: true } } }, ['tools']],
  [
    'a redact hook',
    {
      options: {
        privacy: {
          redactBudgetMillis: 60_000,
          redact: (value: string) =>
            Object.values(SECRETS).reduce((text, secret) => text.replaceAll(secret, '…'), value),
        },
      },
    },
    ALL,
  ],
  [
    'a redact hook that throws',
    {
      options: {
        privacy: {
          redact: () => {
            throw new Error(SECRETS.own);
          },
        },
      },
    },
    ALL,
  ],
];

describe('a secret in every place of every capture', () => {
  const plain = outcomeOf({});

  it('is seen everywhere but in the logs when nothing is withheld', async () => {
    const { places } = await plain;
    for (const side of SIDES) {
      expect(places.wire, side).toContain(SECRETS[side]);
      expect(places.views, side).toContain(SECRETS[side]);
      expect(places.spool, side).toContain(SECRETS[side]);
      expect(places.logs, side).not.toContain(SECRETS[side]);
    }
    expect(places.logs).toContain('[catalyst-tracing]');
  });

  it.each(SWITCHES)('%s', async (_name, way, withheld) => {
    const outcome = await outcomeOf(way);
    const { places } = outcome;
    for (const [place, text] of Object.entries(places)) {
      for (const side of SIDES) {
        const isThere = text.includes(SECRETS[side]);
        const isMeant = place !== 'logs' && !withheld.includes(side);
        expect(isThere, `${side} at ${place}`).toBe(isMeant);
      }
    }
    expect(skeletons(outcome)).toEqual(skeletons(await plain));
  });
});
