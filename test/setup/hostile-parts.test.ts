import { setTimeout as sleep } from 'node:timers/promises';
import { trace, type Span } from '@opentelemetry/api';
import { InMemorySpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let receiver: Receiver;
let tracing: CatalystTracing | undefined;
let warned: string[] = [];
const saidOfMapping: string[] = [];

beforeEach(async () => {
  receiver = await startReceiver();
  warned = [];
  vi.spyOn(console, 'warn').mockImplementation((text: string) => void warned.push(text));
});

afterEach(async () => {
  await tracing?.shutdown({ timeoutMillis: 200 });
  trace.disable();
  vi.restoreAllMocks();
  await receiver.close();
});

async function start(options: SetupOptions = {}): Promise<CatalystTracing> {
  tracing = await setup({ endpoint: receiver.endpoint, ...options });
  return tracing;
}

/** What an application, or a library in it, may do to a span: an attribute that throws when read. */
function poison(span: Span, key: string): void {
  const attributes: unknown = Reflect.get(span, 'attributes');
  if (typeof attributes !== 'object' || attributes === null) throw new Error('no attributes');
  Object.defineProperty(attributes, key, {
    enumerable: true,
    get: () => {
      throw new Error('not to be read');
    },
  });
}

/** Throws on whatever it is asked. */
const THROWING: SpanProcessor = {
  onStart: () => {
    throw new Error('onStart');
  },
  onEnd: () => {
    throw new Error('onEnd');
  },
  forceFlush: () => {
    throw new Error('forceFlush');
  },
  shutdown: () => Promise.reject(new Error('shutdown')),
};

/** Never answers. */
const HANGING: SpanProcessor = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: () => new Promise(() => {}),
  shutdown: () => new Promise(() => {}),
};

describe('a span that cannot be mapped', () => {
  it.each([
    'own.key',
    'openinference.span.kind',
    'gen_ai.operation.name',
    'gen_ai.request.model',
    'gen_ai.tool.call.id',
    'gen_ai.usage.input_tokens',
    'lk.redaction.enabled',
    'session.id',
  ])('is sent without what it holds, and counted: %s', async (key) => {
    const { tracer, forceFlush, stats } = bound(await start({ sessionId: 'the-session' }));
    const outer = tracer.startSpan('outer');
    const span = tracer.startSpan('hostile', { attributes: { 'input.value': 'my words' } });
    poison(span, key);
    expect(() => span.end()).not.toThrow();
    outer.end();
    expect(await forceFlush()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    const sent = receiver.spans().find(({ name }) => name === 'hostile');
    expect(sent?.spanId).toBe(span.spanContext().spanId);
    expect(sent?.attributes).toEqual({
      'openinference.span.kind': 'CHAIN',
      'session.id': 'the-session',
    });
    expect(stats()).toMatchObject({ added: 2, mappingFailures: 1 });
    saidOfMapping.push(...warned);
  });

  it('is said once in the life of the process', () => {
    expect(saidOfMapping).toEqual([expect.stringContaining('could not be mapped')]);
  });

  it.each(['function_tool', 'agent_session', 'llm_request', 'agent_turn', 'job_entrypoint'])(
    "is LiveKit's %s, and none stays open for it",
    async (name) => {
      const { forceFlush, shutdown, stats } = bound(await start());
      const span = trace.getTracer('livekit-agents').startSpan(name);
      for (const key of [
        'gen_ai.tool.call.id',
        'lk.user_transcript',
        'gen_ai.usage.input_tokens',
      ]) {
        poison(span, key);
      }
      span.end();
      expect(await forceFlush()).toMatchObject({ exported: 1 });
      expect(await shutdown()).toMatchObject({ exported: 1, pending: 0 });
      expect(stats().mappingFailures).toBe(1);
    },
  );

  it('reaches the exporters of the application bare as well', async () => {
    const exporter = new InMemorySpanExporter();
    const { tracer, forceFlush } = bound(await start({ exporters: [exporter] }));
    const span = tracer.startSpan('hostile', { attributes: { 'input.value': 'my words' } });
    poison(span, 'own.key');
    span.end();
    await forceFlush();
    expect(receiver.spans()).toHaveLength(1);
    expect(
      exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes })),
    ).toEqual([
      { name: 'hostile', attributes: expect.not.objectContaining({ 'input.value': 'my words' }) },
    ]);
  });

  it('is not one whose redaction throws: that drops the content alone', async () => {
    const { tracer, forceFlush, stats } = bound(
      await start({
        privacy: {
          redact: () => {
            throw new Error('redactor');
          },
        },
      }),
    );
    tracer.startSpan('redacted', { attributes: { 'input.value': 'my words' } }).end();
    await forceFlush();
    const [sent] = receiver.spans();
    expect(sent?.attributes['openinference.span.kind']).toBe('CHAIN');
    expect(JSON.stringify(sent?.attributes)).not.toContain('my words');
    expect(stats().mappingFailures).toBe(0);
  });
});

describe("a span processor of the application's own", () => {
  it('that throws costs no span, no other processor and no flush', async () => {
    const exporter = new InMemorySpanExporter();
    const { tracer, forceFlush, shutdown, stats } = bound(
      await start({ spanProcessors: [THROWING], exporters: [exporter] }),
    );
    tracer.startSpan('a').end();
    expect(await forceFlush()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['a']);
    expect(await shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(stats().mappingFailures).toBe(0);
    expect(receiver.spans()).toHaveLength(1);
    expect(warned).toEqual([expect.stringContaining('span processor or exporter')]);
  });

  it('that throws what cannot be looked at is said and survived', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const fail = (): never => {
      throw proxy;
    };
    const hostile = { onStart: fail, onEnd: fail, forceFlush: fail, shutdown: fail };
    const { tracer, forceFlush, shutdown, stats } = bound(
      await start({ spanProcessors: [hostile] }),
    );
    tracer.startSpan('a').end();
    expect(await forceFlush()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(await shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(stats().mappingFailures).toBe(0);
  });

  it('that hangs holds no flush up beyond its deadline', async () => {
    const { tracer, forceFlush, shutdown } = bound(await start({ spanProcessors: [HANGING] }));
    tracer.startSpan('a').end();
    const began = Date.now();
    expect(await forceFlush({ timeoutMillis: 100 })).toMatchObject({ exported: 1 });
    expect(await shutdown({ timeoutMillis: 100 })).toMatchObject({ exported: 1 });
    // Without a deadline, never; by the default one, 20 s.
    expect(Date.now() - began).toBeLessThan(8000);
    expect(warned).toEqual([expect.stringContaining('did not flush in time')]);
  });
});

describe('forceFlush() and shutdown()', () => {
  it('answer in time what is pending, and what became of it', async () => {
    receiver.respond(() => ({ hang: true }));
    const { tracer, forceFlush, shutdown, stats } = bound(await start());
    for (let index = 0; index < 3; index++) tracer.startSpan('a').end();
    const began = Date.now();
    expect(await forceFlush({ timeoutMillis: 100 })).toEqual({
      exported: 0,
      dropped: 0,
      pending: 3,
    });
    expect(await shutdown({ timeoutMillis: 100 })).toEqual({ exported: 0, dropped: 3, pending: 0 });
    expect(Date.now() - began).toBeLessThan(8000);
    expect(stats().droppedByReason).toMatchObject({ shutdown_deadline: 3 });
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5'])(
    'take a deadline of %s for what can be meant by it',
    async (timeoutMillis) => {
      const { tracer, forceFlush, shutdown } = bound(await start());
      tracer.startSpan('a').end();
      const asked = { timeoutMillis } as { timeoutMillis: number };
      const now = timeoutMillis === -1;
      expect(await forceFlush(asked)).toMatchObject(now ? { pending: 1 } : { exported: 1 });
      await shutdown();
      expect(receiver.spans()).toHaveLength(1);
    },
  );

  it('are followed by spans that are counted, and said once', async () => {
    const { tracer, shutdown, stats } = bound(await start());
    await shutdown();
    for (let index = 0; index < 3; index++) tracer.startSpan('late').end();
    await sleep(10);
    expect(stats()).toMatchObject({ added: 3, droppedByReason: { after_shutdown: 3 } });
    expect(receiver.requests()).toEqual([]);
    expect(warned).toEqual([expect.stringContaining('after shutdown()')]);
  });
});

describe('a burst of 20,000 spans', () => {
  it('arrives whole at the shutdown that follows at once', async () => {
    const { tracer, shutdown } = bound(await start());
    for (let index = 0; index < 20_000; index++) {
      tracer.startSpan('burst', { attributes: { index, text: 'x'.repeat(500) } }).end();
    }
    expect(await shutdown()).toEqual({ exported: 20_000, dropped: 0, pending: 0 });
    expect(new Set(receiver.spans().map(({ spanId }) => spanId)).size).toBe(20_000);
    expect(receiver.spans()).toHaveLength(20_000);
    // 16 MB in batches of 1 MiB: what a request has only once counts once.
    expect(receiver.requests().length).toBeLessThan(25);
  });
});

/** The handle's methods without the handle. */
function bound(
  live: CatalystTracing,
): Pick<CatalystTracing, 'tracer' | 'forceFlush' | 'shutdown' | 'stats'> {
  return {
    tracer: live.tracer,
    forceFlush: (options) => live.forceFlush(options),
    shutdown: (options) => live.shutdown(options),
    stats: () => live.stats(),
  };
}
