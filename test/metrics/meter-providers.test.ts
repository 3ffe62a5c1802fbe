import * as livekit from '@livekit/agents';
import { metrics as metricsApi } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createOpenInferenceSpanProcessor,
  installLiveKitAgentsInstrumentation,
} from '../../src/livekit-agents.js';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { traceSessions } from '../support/traced-sessions.js';

let theirs: Receiver;

beforeEach(async () => {
  theirs = await startReceiver();
});

afterEach(async () => {
  metricsApi.disable();
  delete process.env['CATALYST_METRICS'];
  await theirs.close();
});

async function runSession(): Promise<void> {
  await runTextSession({
    agent: new livekit.voice.Agent({ id: 'clerk', instructions: 'Be brief.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'Hello.', usage: { prompt: 9, completion: 2 } }] }),
    turns: ['Hi!'],
  });
}

it('measures through the meter provider that the application has registered, and leaves it alone', async () => {
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'theirs' }),
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${theirs.endpoint}/v1/metrics` }),
      }),
    ],
  });
  metricsApi.setGlobalMeterProvider(provider);
  const traced = await traceSessions({ metrics: true });
  await runSession();
  expect((await traced.measured()).all).toEqual([]);
  const before = MetricPoints.receivedBy(theirs);
  expect(before.sum('llm.tokens.input', { 'gen_ai.agent.name': 'clerk' })).toBe(9);
  expect(before.sum('voice.sessions.started')).toBe(1);
  expect(before.sum('voice.session.duration')).toBeGreaterThan(0);
  expect(before.of('gen_ai.client.operation.duration')[0]?.bounds[0]).toBe(0.01);

  await traced.close();
  expect(metricsApi.getMeterProvider()).toBe(provider);
  const requests = theirs.requests().length;
  provider.getMeter('their-own').createCounter('orders').add(3);
  await provider.forceFlush();
  const after = new MetricPoints(
    theirs
      .requests()
      .slice(requests)
      .flatMap(({ metrics }) => metrics),
  );
  expect(after.sum('orders')).toBe(3);
  await provider.shutdown();
});

it.each([
  ['never answers', () => new Promise<void>(() => {})],
  ['throws', () => expect.unreachable('not to be seen')],
])('ends a flush in time with a meter provider that %s', async (_what, forceFlush) => {
  const provider = Object.assign(new MeterProvider(), { forceFlush });
  metricsApi.setGlobalMeterProvider(provider);
  const traced = await traceSessions({ metrics: true });
  const began = performance.now();
  await traced.tracing.forceFlush({ timeoutMillis: 400 });
  await traced.tracing.shutdown({ timeoutMillis: 400 });
  expect(performance.now() - began).toBeLessThan(3_000);
  await traced.close();
});

it('registers its own where the application has none, and takes it back', async () => {
  const traced = await traceSessions({ metrics: true, serviceName: 'ours' });
  metricsApi.getMeter('their-own').createCounter('orders').add(2);
  const metrics = await traced.measured();
  expect(metrics.sum('orders')).toBe(2);
  await traced.close();
  const again = await traceSessions({ metrics: true });
  metricsApi.getMeter('their-own').createCounter('orders').add(5);
  expect((await again.measured()).sum('orders')).toBe(5);
  await again.close();
});

it('measures from its first span on behind a tracer provider of the application’s own', async () => {
  process.env['CATALYST_METRICS'] = 'true';
  const spanProcessor = createOpenInferenceSpanProcessor({ endpoint: theirs.endpoint });
  const provider = new NodeTracerProvider({ spanProcessors: [spanProcessor] });
  provider.register();
  installLiveKitAgentsInstrumentation(livekit, provider, spanProcessor);
  await runSession();
  await provider.shutdown();
  const metrics = MetricPoints.receivedBy(theirs);
  expect(metrics.sum('voice.sessions.started')).toBe(1);
  expect(metrics.of('voice.sessions.active').at(-1)?.value).toBe(0);
  expect(metrics.count('voice.session.duration', { outcome: 'success' })).toBe(1);
  expect(metrics.sum('llm.tokens.output')).toBe(2);
  expect(metrics.sum('catalyst.spans.exported')).toBe(theirs.spans().length);
});

it('takes the option there too', async () => {
  const spanProcessor = createOpenInferenceSpanProcessor({
    endpoint: theirs.endpoint,
    exportScopes: 'all',
    metrics: true,
  });
  const provider = new NodeTracerProvider({ spanProcessors: [spanProcessor] });
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 4 };
  provider.getTracer('some-client').startSpan('chat', { attributes }).end();
  await provider.shutdown();
  expect(MetricPoints.receivedBy(theirs).sum('llm.tokens.input')).toBe(4);
});
