import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest';
import { agentSpan, setup, type CatalystTracing } from '../../src/index.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { LOOPBACK_TLS } from '../support/loopback-tls.js';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver, type Receiver, type ReceiverResponse } from '../support/otlp-receiver.js';

const NOT_DELIVERED = 'Metrics could not be delivered';
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

let said: MockInstance<typeof console.warn>;
let receiver: Receiver;

beforeEach(async () => {
  said = vi.spyOn(console, 'warn').mockImplementation(() => {});
  receiver = await startReceiver();
});

afterEach(async () => {
  said.mockRestore();
  for (const name of PROXIES) delete process.env[name];
  await receiver.close();
});

function answerMetrics(response: ReceiverResponse): void {
  receiver.respond(({ path }) => (path === '/v1/metrics' ? response : undefined));
}

function lines(): readonly string[] {
  return said.mock.calls.map(([line]) => String(line));
}

/** A span of which something is measured, sent; and how long sending took in milliseconds. */
async function workAndFlush(tracing: CatalystTracing, timeoutMillis: number): Promise<number> {
  const call = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 7 } };
  tracing.provider.getTracer('some-client').startSpan('chat', call).end();
  const begin = performance.now();
  expect(await tracing.forceFlush({ timeoutMillis })).toMatchObject({ dropped: 0, pending: 0 });
  return performance.now() - begin;
}

it('a collector that takes no metrics costs neither spans nor the flush its deadline', async () => {
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    exportScopes: 'all',
    delivery: { exportTimeoutMillis: 400 },
    metrics: true,
  });
  answerMetrics({ status: 500, body: 'out of order' });
  await workAndFlush(tracing, 2_000);
  expect(tracing.stats()).toMatchObject({ exported: 1, failedMetricExports: 1 });
  answerMetrics({ status: 400 });
  await workAndFlush(tracing, 2_000);
  expect(tracing.stats()).toMatchObject({ exported: 2, failedMetricExports: 2 });
  expect(lines().filter((line) => line.includes(NOT_DELIVERED))).toHaveLength(1);

  answerMetrics({ hang: true });
  expect(await workAndFlush(tracing, 600)).toBeLessThan(900);
  // OpenTelemetry's reader begins no export before the one under way is over.
  await sleep(400);
  answerMetrics({ reset: true });
  expect(await workAndFlush(tracing, 600)).toBeLessThan(900);
  // What was not taken is in the sums of the next export.
  answerMetrics({});
  await workAndFlush(tracing, 2_000);
  const metrics = MetricPoints.receivedBy(receiver);
  expect(metrics.of('llm.tokens.input').at(-1)?.value).toBe(5 * 7);

  answerMetrics({ hang: true });
  const begin = performance.now();
  expect(await tracing.shutdown({ timeoutMillis: 600 })).toMatchObject({ dropped: 0 });
  expect(performance.now() - begin).toBeLessThan(900);
  expect(receiver.spans()).toHaveLength(5);
});

it('a collector that nobody answers for stops neither the work nor the shutdown', async () => {
  await receiver.close();
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    metrics: true,
  });
  expect(await agentSpan({ agentName: 'clerk' }, () => 7)).toBe(7);
  const begin = performance.now();
  await tracing.shutdown({ timeoutMillis: 600 });
  expect(performance.now() - begin).toBeLessThan(900);
  receiver = await startReceiver();
});

it('metrics say what became of spans, and go with the headers of the spans', async () => {
  const tracing = await setup({
    endpoint: `${receiver.endpoint}/prefix?tenant=1`,
    autoInstrument: false,
    exportScopes: 'all',
    headers: { 'x-team': 'voice' },
    compression: 'gzip',
    metrics: true,
  });
  await workAndFlush(tracing, 2_000);
  await tracing.shutdown();
  const metrics = MetricPoints.receivedBy(receiver);
  expect(metrics.sum('catalyst.spans.exported')).toBe(1);
  expect(metrics.of('catalyst.spans.pending').at(-1)?.value).toBe(0);
  expect(metrics.of('catalyst.spans.dropped')).toEqual([]);
  const request = receiver.requests().find(({ path }) => path.includes('/v1/metrics'));
  expect(request).toMatchObject({
    path: '/prefix/v1/metrics?tenant=1',
    headers: { 'x-team': 'voice', 'content-encoding': 'gzip' },
  });
});

it('metrics go to an https collector through the proxy of the environment, on one connection', async () => {
  const secure = await startReceiver({ tls: LOOPBACK_TLS });
  const proxy = await startForwardProxy({ credentials: 'me:secret' });
  process.env['HTTPS_PROXY'] = `http://me:secret@127.0.0.1:${proxy.port}`;
  const tracing = await setup({
    endpoint: secure.endpoint,
    autoInstrument: false,
    exportScopes: 'all',
    delivery: { ca: LOOPBACK_TLS.cert },
    metrics: true,
  });
  await workAndFlush(tracing, 2_000);
  await workAndFlush(tracing, 2_000);
  await tracing.shutdown();
  expect(MetricPoints.receivedBy(secure).of('llm.tokens.input').at(-1)?.value).toBe(14);
  // One tunnel for spans, one for metrics.
  expect(proxy.asked).toEqual(Array(2).fill(`CONNECT 127.0.0.1:${secure.port}`));
  await Promise.all([secure.close(), proxy.close()]);
});

it('metrics go past a proxy to an http collector, which is said', async () => {
  const proxy = await startForwardProxy();
  process.env['HTTP_PROXY'] = proxy.url;
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    exportScopes: 'all',
    metrics: true,
  });
  await workAndFlush(tracing, 2_000);
  await tracing.shutdown();
  expect(MetricPoints.receivedBy(receiver).of('llm.tokens.input').at(-1)?.value).toBe(7);
  expect(new Set(proxy.asked)).toEqual(new Set([`POST ${receiver.url}`]));
  expect(
    lines().filter((line) => line.includes('Metrics go to the collector directly')),
  ).toHaveLength(1);
  await proxy.close();
});
