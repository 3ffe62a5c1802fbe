import { context, propagation, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let receiver: Receiver;
let tracing: CatalystTracing | undefined;
const warnings: string[] = [];

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(String(text)));
  receiver = await startReceiver();
});

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await receiver.close();
});

async function start(options?: SetupOptions): Promise<CatalystTracing> {
  tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, ...options });
  return tracing;
}

function endSpan(name = 'span'): void {
  trace.getTracer('app').startSpan(name).end();
}

describe('the handle', () => {
  it('shows what was decided, and no secret', async () => {
    const handle = await start({
      endpoint: `${receiver.endpoint}/base/?key=secret`,
      serviceName: 'named',
      token: 'secret',
      headers: { tenant: 'secret' },
    });
    expect(handle.serviceName).toBe('named');
    expect(handle.endpoint).toBe(`${receiver.endpoint}/base/v1/traces`);
    expect(handle.installed).toBe(handle.installResults);
    expect(Object.isFrozen(handle.installResults)).toBe(true);
    handle.tracer.startSpan('by the tracer').end();
    handle.provider.getTracer('own').startSpan('by the provider').end();
    await handle.forceFlush();
    expect(receiver.spans().map(({ name, scopeName }) => [name, scopeName])).toEqual([
      ['by the tracer', 'catalyst-tracing'],
      ['by the provider', 'own'],
    ]);
    expect(receiver.requests()[0]).toMatchObject({
      path: '/base/v1/traces?key=secret',
      headers: { authorization: 'Bearer secret', tenant: 'secret' },
    });
    expect(JSON.stringify(handle)).not.toContain('secret');
  });

  it('forceFlush() tells what was delivered so far, again and again', async () => {
    const handle = await start();
    endSpan();
    expect(await handle.forceFlush()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(await handle.forceFlush()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    endSpan();
    endSpan();
    const so = { exported: 3, dropped: 0, pending: 0 };
    const results = await Promise.all([handle.forceFlush(), handle.forceFlush()]);
    expect(results).toEqual([so, so]);
    expect(handle.stats()).toMatchObject({ exported: 3, mappingFailures: 0 });
  });

  it.each<readonly [string, () => Parameters<Receiver['respond']>[0]]>([
    ['answers nothing', () => () => ({ hang: true })],
    ['breaks every connection', () => () => ({ reset: true })],
    ['is overloaded', () => () => ({ status: 503 })],
  ])('settles in time and never rejects when a collector %s', async (_, respond) => {
    receiver.respond(respond());
    const handle = await start();
    endSpan();
    const before = performance.now();
    const flushed = await handle.forceFlush({ timeoutMillis: 200 });
    expect(flushed).toMatchObject({ exported: 0, dropped: 0, pending: 1 });
    endSpan();
    const closed = await handle.shutdown({ timeoutMillis: 200 });
    expect(closed.exported).toBe(0);
    expect(closed.dropped + closed.pending).toBe(2);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await handle.shutdown()).toBe(closed);
    expect(await handle.forceFlush()).toBe(closed);
  });

  it.each<readonly [string, Partial<SetupOptions>]>([
    ['rejects the request', {}],
    ['is not there', { endpoint: 'http://127.0.0.1:9' }],
  ])('says what was lost when a collector %s', async (_, options) => {
    receiver.respond(() => ({ status: 400, body: 'no' }));
    const handle = await start(options);
    endSpan();
    const { exported, dropped, pending } = await handle.shutdown({ timeoutMillis: 300 });
    expect({ exported, lost: dropped + pending }).toEqual({ exported: 0, lost: 1 });
  });

  it('is dead after shutdown() and harms nobody', async () => {
    const handle = await start();
    await handle.shutdown();
    handle.tracer.startSpan('too late').end();
    expect(handle.serviceName).toBe('livekit-agent');
    expect(await handle.forceFlush()).toEqual(await handle.shutdown());
    expect(receiver.requests()).toEqual([]);
  });
});

describe('setup() again', () => {
  it('says nothing when the options are the same, and warns once when they differ', async () => {
    const options = { endpoint: receiver.endpoint, autoInstrument: false, headers: { a: 'b' } };
    const handle = await start(options);
    const again = (): readonly string[] =>
      warnings.filter((line) => line.includes('setup() was called again'));
    expect(await setup()).toBe(handle);
    expect(await setup({ ...options, headers: { a: 'b' } })).toBe(handle);
    expect(again()).toEqual([]);
    for (const other of [{ headers: { a: 'c' } }, { serviceName: 'other' }, {}]) {
      expect(await setup({ ...options, ...other })).toBe(handle);
    }
    expect(again()).toHaveLength(1);
    expect(handle.serviceName).toBe('livekit-agent');
  });

  it('leaves the process as it was, however often it is set up and shut down', async () => {
    const nodeWarnings: string[] = [];
    const onWarning = (warning: Error): void => void nodeWarnings.push(warning.name);
    process.on('warning', onWarning);
    const listeners = (): Readonly<Record<string, number>> =>
      Object.fromEntries(
        process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
      );
    const before = listeners();
    for (let time = 0; time < 50; time += 1) {
      const handle = await start({ serviceName: `service-${time}` });
      endSpan(`span-${time}`);
      expect(await handle.shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    }
    expect(listeners()).toEqual(before);
    expect(nodeWarnings).toEqual([]);
    process.off('warning', onWarning);
    const services = receiver
      .spans()
      .map((span) => [span.name, span.resourceAttributes['service.name']]);
    expect(services).toEqual(
      Array.from({ length: 50 }, (_, time) => [`span-${time}`, `service-${time}`]),
    );
    expect(trace.getTracer('app').startSpan('nobody').isRecording()).toBe(false);
    expect(propagation.fields()).toEqual([]);
    const probe = context.active().setValue(Symbol.for('probe'), 1);
    expect(
      context.with(probe, () => context.active().getValue(Symbol.for('probe'))),
    ).toBeUndefined();
    expect(Reflect.get(globalThis, Symbol.for('catalyst-tracing.live'))).toBeUndefined();
  });

  it.each(['CATALYST_DISABLED', 'OTEL_SDK_DISABLED'])(
    'with %s works and registers nothing',
    async (name) => {
      vi.stubEnv(name, 'true');
      const handle = await start();
      expect(handle).toMatchObject({
        serviceName: 'livekit-agent',
        endpoint: undefined,
        installResults: [],
      });
      expect(handle.installed).toBe(handle.installResults);
      expect(trace.getTracer('app').startSpan('nobody').isRecording()).toBe(false);
      expect(handle.tracer.startSpan('nobody').isRecording()).toBe(false);
      expect(propagation.fields()).toEqual([]);
      expect(await handle.shutdown()).toEqual(await handle.shutdown());
      vi.unstubAllEnvs();
      const enabled = await start();
      endSpan();
      expect(await enabled.shutdown()).toMatchObject({ exported: 1 });
    },
  );
});
