import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { agentSpan, setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import { createOpenInferenceSpanProcessor } from '../../src/processor/create-processor.js';
import { LiveKitSpan } from '../../src/mapping/livekit-spans.js';
import { listen } from '../support/everything-said.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { arbitraryKey, arbitraryValue } from '../support/span-arbitrary.js';

let open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  trace.disable();
  open = [];
});

async function start(options: SetupOptions = {}): Promise<{
  readonly receiver: Receiver;
  readonly tracing: CatalystTracing;
}> {
  const receiver = await startReceiver();
  const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, ...options });
  open.push(
    () => receiver.close(),
    () => tracing.shutdown(),
  );
  return { receiver, tracing };
}

const DEEP = `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`;
const MEGABYTES = JSON.stringify(
  Array.from({ length: 20_000 }, (_, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    parts: [{ type: 'text', content: `words ${n} alice@example.com` }],
  })),
);
/** Where the mapping parses what it is given. */
const PARSED = [
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.tool.definitions',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'lk.pii.chat_ctx',
  'lk.chat_ctx',
  'lk.pii.response.function_calls',
  'lk.function_tools',
  'lk.llm_metrics',
  'lk.tts_metrics',
  'lk.realtime_model_metrics',
] as const;
const SPANS = Object.values(LiveKitSpan);
const PRIVACY = {
  redactPatterns: 'default',
  toolJsonPaths: ['$..secret', '$[*].b'],
} as const;

describe.each(['http/protobuf', 'http/json'] as const)('hostile input over %s', (protocol) => {
  const options: SetupOptions = { protocol, privacy: PRIVACY };

  it.each([
    ['JSON nested 10,000 deep', DEEP],
    ['megabytes of JSON', MEGABYTES],
    ['JSON that breaks off', MEGABYTES.slice(0, 100_001)],
    ['invalid UTF-16', '\ud800["\udc00"'],
    ['keys of the prototype', '[{"__proto__":{"role":"user"},"constructor":1,"role":"__proto__"}]'],
  ])('takes %s wherever it parses', async (_name, value) => {
    const { receiver, tracing } = await start({
      ...options,
      delivery: { maxQueueBytes: 512 * 1024 * 1024, maxRequestBytes: 64 * 1024 * 1024 },
    });
    const tracer = tracing.provider.getTracer('livekit-agents');
    for (const [index, key] of PARSED.entries()) {
      const name = ['llm_request', 'function_tool', 'agent_turn'][index % 3] ?? '';
      tracer.startSpan(name, { attributes: { [key]: value } }).end();
    }
    const { exported, dropped } = await tracing.forceFlush();
    expect({ exported, dropped }).toEqual({ exported: PARSED.length, dropped: 0 });
    expect(receiver.spans()).toHaveLength(PARSED.length);
    expect(tracing.stats().mappingFailures).toBe(0);
  });

  it('sends any span of any name as valid OTLP, with any attributes, on every road', async () => {
    const seen: string[] = [];
    const { receiver, tracing } = await start({
      ...options,
      spanProcessors: [
        {
          onStart: () => {},
          onEnd: (span) => seen.push(span.name),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    const json = fc.jsonValue({ maxDepth: 6 }).map((value) => JSON.stringify(value));
    const key = fc.oneof(fc.constantFrom(...PARSED), arbitraryKey);
    const value = fc.oneof(json, arbitraryValue);
    const span = fc.record({
      name: fc.oneof(fc.constantFrom(...SPANS), fc.string({ unit: 'binary' })),
      scope: fc.constantFrom('livekit-agents', 'catalyst-tracing', 'openinference', ''),
      entries: fc.array(fc.tuple(key, value), { maxLength: 12 }),
      mark: fc.boolean(),
    });
    let sent = 0;
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), (spans) => {
        for (const { name, scope, entries, mark } of spans) {
          const live = tracing.provider.getTracer(scope).startSpan(name);
          for (const [attribute, given] of entries) {
            live.setAttribute(mark ? `catalyst.pii.${attribute}` : attribute, given);
          }
          live.addEvent('e', Object.fromEntries(entries));
          live.end();
          sent += 1;
        }
      }),
      { numRuns: 300 },
    );
    const { exported, dropped } = await tracing.forceFlush();
    // A turn of old LiveKit is sent as two spans.
    expect(exported).toBeGreaterThanOrEqual(sent);
    expect(dropped).toBe(0);
    expect(seen).toHaveLength(exported);
    // The receiver refuses what is no OTLP: it decodes strictly, and repeated keys count as wrong.
    expect(receiver.spans()).toHaveLength(exported);
    expect(tracing.stats().mappingFailures).toBe(0);
  });

  it('takes objects that refer to themselves, throw and change their prototype', async () => {
    const { receiver, tracing } = await start(options);
    const cyclic: Record<string, unknown> = { name: 'x' };
    cyclic['self'] = cyclic;
    const thrower = {
      get secret(): string {
        throw new Error('no');
      },
    };
    const proto: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}',
    );
    await agentSpan({ agentName: 'A', input: cyclic, metadata: { cyclic, thrower } }, (span) => {
      span.setOutput(proto).setAttribute('__proto__', 'mine').setAttributes({ thrower, cyclic });
    });
    await tracing.forceFlush();
    const [sent] = receiver.spans();
    expect(sent?.attributes['input.value']).toContain('"name":"x"');
    expect(sent?.attributes['output.value']).toContain('polluted');
    expect(Object.entries(sent?.attributes ?? {})).toContainEqual(['__proto__', 'mine']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

describe('a hostile collector', () => {
  const TOKEN = 'token-7c1f9be0aa';

  it('answers without an end: a bounded part is read', async () => {
    let written = 0;
    const endpoint = await serve((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      const pour = (): void => {
        while (!response.destroyed && written < 4e9) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
      };
      response.writeHead(200);
      pour();
    });
    const tracing = await setup({ endpoint, autoInstrument: false });
    tracing.tracer.startSpan('s').end();
    await tracing.shutdown({ timeoutMillis: 10_000 });
    // What a socket's buffers hold, and no more.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([301, 302, 307, 308])('redirects by %i: credentials do not follow', async (status) => {
    const elsewhere = await startReceiver();
    open.push(() => elsewhere.close());
    const endpoint = await serve((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(status, { location: elsewhere.url }).end(`see ${TOKEN}`);
      });
    });
    const log = listen();
    const tracing = await setup({ endpoint, token: TOKEN, debug: true, autoInstrument: false });
    tracing.tracer.startSpan('s').end();
    await tracing.shutdown({ timeoutMillis: 1_000 });
    log.stop();
    expect(elsewhere.requests()).toEqual([]);
    expect(log.text()).toContain(String(status));
    expect(log.text()).not.toContain(TOKEN);
  });

  it('gets no header that a token or a header value smuggles in', async () => {
    const injected = 'x\r\nX-Injected: 1';
    for (const options of [
      { token: injected },
      { headers: { 'x-tenant': injected } },
      { headers: { 'x-a\r\nX-Injected': '1' } },
    ]) {
      await expect(setup({ endpoint: 'http://127.0.0.1:1', ...options })).rejects.toThrow('option');
    }
  });
});

describe('a span that cannot be mapped', () => {
  it('is sent without content, its name masked, and counted', async () => {
    const receiver = await startReceiver();
    open.push(() => receiver.close());
    const processor = createOpenInferenceSpanProcessor({
      endpoint: receiver.endpoint,
      privacy: { redactPatterns: 'default' },
    });
    const provider = new BasicTracerProvider({
      spanProcessors: [
        {
          onStart: (span, context) => processor.onStart(span, context),
          onEnd: (span) =>
            processor.onEnd(
              Object.create(span, { attributes: { value: UNREADABLE } }) as ReadableSpan,
            ),
          forceFlush: () => processor.forceFlush(),
          shutdown: () => processor.shutdown(),
        },
      ],
    });
    const span = provider.getTracer('app').startSpan('mail to bob@example.com');
    span.recordException(new Error('secret words'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'secret words' }).end();
    await provider.shutdown();
    const [sent] = receiver.spans();
    expect(sent?.name).toBe('mail to [REDACTED:email]');
    expect(sent?.status).toEqual({ code: 2, message: '' });
    expect(Object.keys(sent?.attributes ?? {})).toEqual(['openinference.span.kind', 'session.id']);
    expect(Buffer.from(receiver.requests()[0]?.body ?? []).includes('secret')).toBe(false);
  });
});

/** Attributes that can be asked for by name and not be listed. */
const UNREADABLE: Attributes = new Proxy(
  { 'input.value': 'secret words' },
  {
    ownKeys: () => {
      throw new Error('secret words');
    },
  },
);

describe('credentials', () => {
  const SECRET = 'cred0123456789abcdef';

  it('stand in nothing that the handle shows, says or throws', async () => {
    const receiver = await startReceiver({
      respond: () => ({ status: 401, body: `bad ${SECRET}` }),
    });
    open.push(() => receiver.close());
    const log = listen();
    const tracing = await setup({
      endpoint: `${receiver.endpoint.replace('//', `//user:${SECRET}@`)}/?key=${SECRET}`,
      headers: { 'x-key': SECRET, cookie: `a=${SECRET}` },
      debug: true,
      autoInstrument: false,
      privacy: {
        hash: { key: SECRET },
        redact: () => {
          throw new Error(SECRET);
        },
      },
    });
    tracing.tracer.startSpan('s', { attributes: { 'user.id': 'u', 'input.value': 'x' } }).end();
    const result = await tracing.shutdown({ timeoutMillis: 2_000 });
    log.stop();
    const [request] = receiver.requests();
    expect(request?.headers['x-key']).toBe(SECRET);
    expect(request?.path).toContain(SECRET);
    expect(Buffer.from(request?.body ?? []).toString('latin1')).not.toContain(SECRET);
    const all = { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null };
    const shown = [
      log.text(),
      inspect(tracing, { depth: null }),
      inspect(tracing.stats(), all),
      inspect(result, all),
      inspect(tracing.installResults, all),
      inspect(tracing.endpoint),
      JSON.stringify(tracing),
    ];
    for (const text of shown) expect(text).not.toContain(SECRET);
    expect(log.text()).toContain('401');
  });
});
