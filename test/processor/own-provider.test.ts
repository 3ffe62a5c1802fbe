import * as livekitAgents from '@livekit/agents';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualSpan, OpenInferenceSpanProcessor } from '../../src/index.js';
import {
  createOpenInferenceSpanProcessor,
  installLiveKitAgentsInstrumentation,
} from '../../src/livekit-agents.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let ours: Receiver;
let stock: Receiver;
let provider: NodeTracerProvider | undefined;

beforeEach(async () => {
  [ours, stock] = await Promise.all([startReceiver(), startReceiver()]);
});

afterEach(async () => {
  await provider?.shutdown();
  trace.disable();
  context.disable();
  await Promise.all([ours.close(), stock.close()]);
});

const { llm, voice } = livekitAgents;

/** A session with a tool loop, an error that a retry mends, and a span of the application. */
async function runSession(): Promise<void> {
  const agent = new voice.Agent({
    instructions: 'You know the weather.',
    tools: {
      getWeather: llm.tool({
        description: 'The weather of a city.',
        execute: () => manualSpan({ spanName: 'look up' }, () => Promise.resolve('18 degrees')),
      }),
    },
  });
  await runTextSession({
    agent,
    llm: new ScriptedLLM({
      replies: [
        {
          toolCalls: [{ name: 'getWeather', arguments: {} }],
          usage: { prompt: 30, completion: 5 },
        },
        { text: 'It is 18 degrees. Ünïcødé 🌤', usage: { prompt: 50, completion: 9 } },
      ],
    }),
    turns: ['How is the weather?'],
  });
}

function byId(spans: readonly DecodedSpan[]): ReadonlyMap<string, DecodedSpan> {
  return new Map(spans.map((span) => [span.spanId, span]));
}

describe('OpenInferenceSpanProcessor on a provider of the application', () => {
  it('maps a session for the stock batch processor and exporter', async () => {
    const processor = new OpenInferenceSpanProcessor(
      new BatchSpanProcessor(new ProtobufExporter({ url: stock.url, compression: 'none' })),
    );
    provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    installLiveKitAgentsInstrumentation(livekitAgents, provider, processor);
    await runSession();
    await provider.forceFlush();
    const spans = stock.spans();
    const request = spans.find(({ name }) => name === 'llm_request');
    expect(request?.attributes).toMatchObject({
      'openinference.span.kind': 'LLM',
      'llm.token_count.prompt': 30,
      'llm.token_count.completion': 5,
    });
    expect(spans.find(({ name }) => name === 'agent_session')?.attributes).toMatchObject({
      'openinference.span.kind': 'AGENT',
      'input.value': 'How is the weather?',
      'output.value': 'It is 18 degrees. Ünïcødé 🌤',
    });
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
  });

  it.each([
    ['protobuf', 'http/protobuf', ProtobufExporter],
    ['JSON', 'http/json', JsonExporter],
  ] as const)(
    'sends by %s what the stock parts send, attribute by attribute',
    async (_, protocol, Exporter) => {
      const own = createOpenInferenceSpanProcessor({ endpoint: ours.endpoint, protocol });
      const other = new OpenInferenceSpanProcessor(
        new BatchSpanProcessor(new Exporter({ url: stock.url, compression: 'none' }), {
          // In the flush alone: the stock processor does not wait for an export that is in flight.
          scheduledDelayMillis: 60_000,
        }),
      );
      provider = new NodeTracerProvider({ spanProcessors: [own, other] });
      provider.register();
      installLiveKitAgentsInstrumentation(livekitAgents, provider, own);
      await runSession();
      await provider.forceFlush();
      const [sent, expected] = [byId(ours.spans()), byId(stock.spans())];
      expect(sent.size).toBeGreaterThan(8);
      expect([...sent.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
      for (const [id, span] of sent) expect(span).toEqual(expected.get(id));
    },
  );

  it('leaves the raw spans to the other processors, and hides what the options hide', async () => {
    const raw = new InMemorySpanExporter();
    const mapped = new InMemorySpanExporter();
    const processor = new OpenInferenceSpanProcessor(new SimpleSpanProcessor(mapped), {
      privacy: { hideInputs: true },
      userId: 'ada',
    });
    provider = new NodeTracerProvider({
      spanProcessors: [processor, new SimpleSpanProcessor(raw)],
    });
    const span = provider.getTracer('app').startSpan('chat', {
      attributes: { 'gen_ai.operation.name': 'chat', 'input.value': 'my secret' },
    });
    span.end();
    await provider.forceFlush();
    expect(raw.getFinishedSpans()[0]?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'input.value': 'my secret',
    });
    expect(mapped.getFinishedSpans()[0]?.attributes).toMatchObject({
      'openinference.span.kind': 'LLM',
      'input.value': '__REDACTED__',
      'user.id': 'ada',
    });
  });

  it('settles in time whatever hangs behind it, with any deadline', async () => {
    const delivery = { shutdownTimeoutMillis: 50 };
    const next = new SimpleSpanProcessor(new InMemorySpanExporter());
    const processor = new OpenInferenceSpanProcessor(next, { delivery });
    const hang = (): Promise<void> => new Promise(() => {});
    const hanging = { onStart: () => {}, onEnd: () => {}, forceFlush: hang, shutdown: hang };
    processor.addRawProcessor(hanging);
    await processor.forceFlush();
    await processor.forceFlush({ timeoutMillis: Number.NaN });
    await processor.forceFlush({ timeoutMillis: -1 });
    await processor.shutdown();
  });

  it('waits for what LiveKit added when the deadline is infinite', async () => {
    const processor = new OpenInferenceSpanProcessor(
      new SimpleSpanProcessor(new InMemorySpanExporter()),
    );
    let isFlushed = false;
    processor.addRawProcessor({
      onStart: () => {},
      onEnd: () => {},
      forceFlush: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        isFlushed = true;
      },
      shutdown: () => Promise.resolve(),
    });
    await processor.forceFlush({ timeoutMillis: Infinity });
    expect(isFlushed).toBe(true);
  });

  it('sends a span once when it is added twice', async () => {
    const exporter = new InMemorySpanExporter();
    const processor = new OpenInferenceSpanProcessor(new SimpleSpanProcessor(exporter));
    provider = new NodeTracerProvider({ spanProcessors: [processor, processor] });
    const tracer = provider.getTracer('app');
    const outer = tracer.startSpan('outer');
    const inner = tracer.startSpan('inner', {}, trace.setSpan(context.active(), outer));
    inner.end();
    outer.end();
    await processor.forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['inner', 'outer']);
  });

  it('refuses an option that cannot be used', () => {
    expect(
      () =>
        new OpenInferenceSpanProcessor(new SimpleSpanProcessor(new InMemorySpanExporter()), {
          privacy: { redactPatterns: 'none' as never },
        }),
    ).toThrow(/redactPatterns/);
  });
});
