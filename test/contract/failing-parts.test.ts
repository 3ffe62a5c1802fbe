import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { manualSpan, type SetupOptions } from '../../src/index.js';
import { RAW_FAILURES, SpanProcessorFanout } from '../../src/processor/span-processor-fanout.js';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';

let live: LiveSpans | undefined;
const warnings: string[] = [];

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(String(text)));
});

afterEach(async () => {
  await live?.close();
  live = undefined;
  vi.restoreAllMocks();
});

async function start(options?: SetupOptions): Promise<LiveSpans> {
  live = await startLiveSpans({ autoInstrument: false, ...options });
  return live;
}

function failing(method: 'onStart' | 'onEnding' | 'onEnd', how: () => unknown): SpanProcessor {
  return {
    onStart: () => {},
    onEnd: () => {},
    forceFlush: () => {
      throw new Error('forceFlush');
    },
    shutdown: () => Promise.reject(new Error('shutdown')),
    [method]: how,
  };
}

function boom(): never {
  throw new TypeError('secret words');
}

/** Joins as LiveKit does, and as OpenTelemetry 1.x did: after the provider was built. */
function addRaw(spans: LiveSpans, processor: SpanProcessor): void {
  const { provider } = spans.tracing;
  if (!('addSpanProcessor' in provider) || typeof provider.addSpanProcessor !== 'function') {
    throw new Error('the provider takes no processors');
  }
  provider.addSpanProcessor(processor);
}

describe('a processor of raw spans that fails', () => {
  it.each<readonly ['onStart' | 'onEnd', string, () => unknown]>([
    ['onStart', 'throws', boom],
    ['onEnd', 'throws', boom],
    ['onEnd', 'rejects', () => Promise.reject(new TypeError('secret words'))],
  ])('costs nobody a span: %s %s', async (method, _, how) => {
    const spans = await start();
    const exporter = new InMemorySpanExporter();
    addRaw(spans, failing(method, how));
    addRaw(spans, new SimpleSpanProcessor(exporter));
    for (const name of ['one', 'two']) trace.getTracer('app').startSpan(name).end();
    expect((await spans.all()).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['one', 'two']);
    expect(await spans.tracing.shutdown()).toMatchObject({ exported: 2 });
    expect(warnings.join()).not.toContain('secret');
  });

  it('says so once for each method', () => {
    const said = warnings.filter((line) => line.includes('span processor'));
    expect(said.map((line) => /\bon[SE]\w+\(\)/.exec(line)?.[0])).toEqual(['onStart()', 'onEnd()']);
  });

  it('withholds from all of them what one failed to redact', () => {
    const exporter = new InMemorySpanExporter();
    const fanout = new SpanProcessorFanout([], RAW_FAILURES);
    fanout.add(new SimpleSpanProcessor(exporter));
    fanout.add(failing('onEnding', boom));
    const provider = new BasicTracerProvider({ spanProcessors: [fanout] });
    provider.getTracer('livekit-agents').startSpan('not redacted').end();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});

describe('a processor or exporter given to setup() that fails', () => {
  const rejecting = (): Promise<never> => Promise.reject(new TypeError('secret words'));

  it.each<readonly [string, SetupOptions]>([
    ['throws in onStart', { spanProcessors: [failing('onStart', boom)] }],
    ['throws in onEnd', { spanProcessors: [failing('onEnd', boom)] }],
    ['rejects in onEnd', { spanProcessors: [failing('onEnd', rejecting)] }],
    ['throws in export', { exporters: [{ export: boom, shutdown: boom }] }],
    ['rejects in shutdown', { exporters: [{ export: () => {}, shutdown: rejecting }] }],
  ])('costs nobody a span: %s', async (_, { spanProcessors = [], exporters = [] }) => {
    const exporter = new InMemorySpanExporter();
    const spans = await start({
      spanProcessors: [...spanProcessors, new SimpleSpanProcessor(exporter)],
      exporters,
      delivery: { shutdownTimeoutMillis: 500 },
    });
    for (const name of ['one', 'two']) trace.getTracer('app').startSpan(name).end();
    expect((await spans.all()).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['one', 'two']);
    expect(await spans.tracing.shutdown()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    expect(spans.tracing.stats().mappingFailures).toBe(0);
    expect(warnings.join()).not.toContain('secret');
  });
});

it('sessionId: what is no session id is as if it were not there, and said once', async () => {
  const given: readonly unknown[] = [
    boom,
    () => 42,
    () => ({ id: 's' }),
    () => Promise.reject(new Error('secret')),
    () => '  ',
    () => undefined,
  ];
  for (const sessionId of given) {
    const spans = await start({ sessionId: sessionId as () => string });
    await manualSpan({ spanName: 'own' }, () => {});
    expect((await spans.only('own')).attributes['session.id']).toBe(
      (await spans.only('own')).traceId,
    );
    await spans.close();
  }
  expect(warnings.filter((line) => line.includes('"sessionId"'))).toHaveLength(1);
  expect(warnings.join()).not.toContain('secret');
});

it('metadata: what JSON cannot say is readable on every span', async () => {
  const metadata: Record<string, unknown> = { seats: 3n, when: new Date(0), plan: 'pro' };
  metadata['self'] = metadata;
  Object.defineProperty(metadata, 'broken', { enumerable: true, get: boom });
  const spans = await start({ metadata });
  metadata['plan'] = 'changed later';
  await manualSpan({ spanName: 'own', metadata: { step: 1 } }, () => {
    trace.getTracer('app').startSpan('child').end();
  });
  for (const name of ['own', 'child']) {
    const { attributes } = await spans.only(name);
    expect(JSON.parse(String(attributes['metadata']))).toEqual({
      seats: '3',
      when: '1970-01-01T00:00:00.000Z',
      plan: 'pro',
      self: '[Circular]',
      broken: '[unreadable]',
      step: 1,
    });
  }
  expect(spans.tracing.stats().mappingFailures).toBe(0);
});
