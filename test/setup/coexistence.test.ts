import { voice } from '@livekit/agents';
import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup, type CatalystTracing } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let receiver: Receiver;
let tracing: CatalystTracing | undefined;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  trace.disable();
  context.disable();
  propagation.disable();
  await receiver.close();
});

function startOwnProvider(): { exporter: InMemorySpanExporter; provider: NodeTracerProvider } {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'their-service' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.register();
  return { exporter, provider };
}

/** A session inside a span of the application's own. */
async function runInsideOwnSpan(): Promise<void> {
  await trace.getTracer('their-app').startActiveSpan('their-request', async (span) => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Be brief.' }),
      llm: new ScriptedLLM({
        replies: [{ text: 'Hello.', usage: { prompt: 5, completion: 2 } }],
      }),
      turns: ['Hi'],
    });
    span.end();
  });
}

describe("an application's own global provider", () => {
  it('registered before: keeps its spans and LiveKit’s, in one trace with ours', async () => {
    const own = startOwnProvider();
    tracing = await setup({ endpoint: receiver.endpoint });
    expect(trace.getTracerProvider()).toMatchObject({});
    await runInsideOwnSpan();
    await tracing.forceFlush();

    const theirs = own.exporter.getFinishedSpans();
    const ours = receiver.spans();
    const livekit = theirs.filter((span) => span.instrumentationScope.name === 'livekit-agents');
    expect(livekit.map((span) => span.spanContext().spanId).toSorted()).toEqual(
      ours.map((span) => span.spanId).toSorted(),
    );
    expect(theirs.map((span) => span.name)).toContain('their-request');
    // Raw, under their own resource, exactly as before.
    const request = livekit.find((span) => span.name === 'llm_request');
    expect(request?.attributes['openinference.span.kind']).toBeUndefined();
    expect(request?.attributes['gen_ai.input.messages']).toBeTypeOf('string');
    expect(request?.resource.attributes['service.name']).toBe('their-service');
    expect(
      new Set([
        ...theirs.map((span) => span.spanContext().traceId),
        ...ours.map((span) => span.traceId),
      ]),
    ).toHaveProperty('size', 1);
    expect(ours.find((span) => span.name === 'their-request')).toBeUndefined();
  });

  it('stays global after shutdown()', async () => {
    const own = startOwnProvider();
    tracing = await setup({ endpoint: receiver.endpoint });
    await tracing.shutdown();
    trace.getTracer('their-app').startSpan('after').end();
    expect(own.exporter.getFinishedSpans().map((span) => span.name)).toEqual(['after']);
  });

  it('keeps a context manager and a propagator that took the place of ours', async () => {
    tracing = await setup({ autoInstrument: false });
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.disable();
    propagation.setGlobalPropagator(new W3CBaggagePropagator());
    await tracing.shutdown();
    const key = createContextKey('theirs');
    const entered = ROOT_CONTEXT.setValue(key, 'kept');
    expect(context.with(entered, () => context.active().getValue(key))).toBe('kept');
    expect(propagation.fields()).toEqual(['baggage']);
  });

  it('whose propagator throws costs neither tracing nor its end', async () => {
    propagation.setGlobalPropagator({
      inject: () => {},
      extract: (entered) => entered,
      fields: () => {
        throw new Error('theirs');
      },
    });
    tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    trace.getTracer('their-app').startSpan('a').end();
    expect(await tracing.shutdown()).toMatchObject({ exported: 1 });
  });

  it('enters a context that is none, as without tracing', async () => {
    tracing = await setup({ autoInstrument: false });
    const none: Context = JSON.parse('null');
    expect(context.with(none, () => 'ran')).toBe('ran');
  });

  it('registered after: every span arrives once, here', async () => {
    tracing = await setup({ endpoint: receiver.endpoint });
    const own = startOwnProvider();
    await runInsideOwnSpan();
    await tracing.forceFlush();
    expect(own.exporter.getFinishedSpans()).toEqual([]);
    const names = receiver.spans().map((span) => span.name);
    expect(names).toContain('their-request');
    expect(names).toContain('llm_request');
    expect(new Set(receiver.spans().map((span) => span.traceId)).size).toBe(1);
  });

  it('gets the mapped spans when its processor is given as an option', async () => {
    const exporter = new InMemorySpanExporter();
    tracing = await setup({
      endpoint: receiver.endpoint,
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    await runInsideOwnSpan();
    await tracing.forceFlush();
    const viewed = new Map(
      exporter.getFinishedSpans().map((span) => [span.spanContext().spanId, span]),
    );
    for (const span of receiver.spans()) {
      expect(viewed.get(span.spanId)?.attributes).toEqual(span.attributes);
      expect(viewed.get(span.spanId)?.name).toBe(span.name);
    }
    expect(viewed.size).toBe(receiver.spans().length);
  });
});

describe('exportScopes', () => {
  it('sends LiveKit’s spans and ours only, on request', async () => {
    tracing = await setup({ endpoint: receiver.endpoint, exportScopes: 'livekit' });
    await runInsideOwnSpan();
    tracing.tracer.startSpan('our own').end();
    await tracing.forceFlush();
    const scopes = new Set(receiver.spans().map((span) => span.scopeName));
    expect([...scopes].toSorted()).toEqual(['catalyst-tracing', 'livekit-agents']);
  });
});

describe('the provider of a set-up', () => {
  it('takes further processors, which see raw spans, and flushes', async () => {
    const exporter = new InMemorySpanExporter();
    tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    tracing.provider.addSpanProcessor(new SimpleSpanProcessor(exporter));
    tracing.tracer.startSpan('seen').end();
    await tracing.provider.forceFlush();
    expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['seen']);
    expect(receiver.spans().map((span) => span.name)).toEqual(['seen']);
  });
});
