import { context, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setup, type CatalystTracing } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let receiver: Receiver;
const live = new Set<CatalystTracing>();

async function start(...args: Parameters<typeof setup>): Promise<CatalystTracing> {
  const tracing = await setup(...args);
  live.add(tracing);
  return tracing;
}

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  for (const tracing of live) await tracing.shutdown();
  live.clear();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await receiver.close();
});

describe('setup()', () => {
  it('registers for the process and lets go of it again', async () => {
    const tracing = await start({ endpoint: receiver.endpoint });
    trace.getTracer('app').startActiveSpan('outer', (outer) => {
      trace.getTracer('app').startSpan('inner').end();
      outer.end();
    });
    expect(await tracing.shutdown()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    const [inner, outer] = receiver.spans();
    expect(inner?.parentSpanId).toBe(outer?.spanId);

    trace.getTracer('app').startSpan('too late').end();
    expect(trace.getTracer('app').startSpan('nobody').isRecording()).toBe(false);
    expect(trace.getSpan(context.active())).toBeUndefined();
    expect(receiver.spans()).toHaveLength(2);
  });

  it('returns the live handle when it is called again, and warns about other options', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [first, second] = await Promise.all([
      start({ endpoint: receiver.endpoint }),
      start({ endpoint: receiver.endpoint, serviceName: 'other' }),
    ]);
    expect(second).toBe(first);
    expect(await start()).toBe(first);
    expect(warn.mock.calls.flat().join('\n')).toMatch(/setup\(\) was called again/);
  });

  it('works anew after shutdown(), which may be called twice', async () => {
    const first = await start({ endpoint: receiver.endpoint, serviceName: 'first' });
    const results = await Promise.all([first.shutdown(), first.shutdown()]);
    expect(results[0]).toEqual(results[1]);
    const second = await start({ endpoint: receiver.endpoint, serviceName: 'second' });
    expect(second).not.toBe(first);
    trace.getTracer('app').startSpan('of the second').end();
    await second.forceFlush();
    expect(receiver.spans().map((span) => span.resourceAttributes['service.name'])).toEqual([
      'second',
    ]);
  });

  it('rejects a bad option with a typed error and leaves the process free', async () => {
    await expect(setup({ endpoint: 'not a url' })).rejects.toMatchObject({
      name: 'InvalidOptionError',
      code: 'invalid_option',
      option: 'endpoint',
    });
    const tracing = await start({ endpoint: receiver.endpoint });
    expect(tracing.endpoint).toBe(`${receiver.endpoint}/v1/traces`);
  });

  it('records nothing when it is disabled, and everything still works', async () => {
    vi.stubEnv('CATALYST_DISABLED', 'true');
    const tracing = await start({ endpoint: receiver.endpoint });
    tracing.tracer.startActiveSpan('span', (span) => span.end());
    trace.getTracer('app').startSpan('other').end();
    expect(await tracing.forceFlush()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    expect(await tracing.shutdown()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    expect(receiver.requests()).toEqual([]);
  });

  it('runs without an endpoint and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const tracing = await start();
    trace.getTracer('app').startSpan('nowhere').end();
    expect(tracing.endpoint).toBeUndefined();
    expect(await tracing.shutdown()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    expect(warn.mock.calls.flat().join('\n')).toContain('CATALYST_OTLP_ENDPOINT');
  });

  it('sends open spans as incomplete at shutdown, and never writes on them', async () => {
    const tracing = await start({ endpoint: receiver.endpoint });
    const open = trace.getTracer('app').startSpan('still open');
    expect(await tracing.shutdown()).toMatchObject({ exported: 1 });
    expect(receiver.spans()[0]?.attributes).toMatchObject({ 'catalyst.incomplete': true });
    expect(open.isRecording()).toBe(true);
  });

  it('tells what was installed', async () => {
    const tracing = await start({ endpoint: receiver.endpoint, autoInstrument: false });
    expect(tracing.installResults).toEqual([]);
    expect(tracing.installed).toBe(tracing.installResults);
    await tracing.shutdown();
    const wrong = await start({ endpoint: receiver.endpoint, modules: { livekitAgents: {} } });
    expect(wrong.installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'failed',
      installed: false,
      reason: expect.stringContaining('namespace'),
    });
  });
});
