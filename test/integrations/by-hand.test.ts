import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { setup } from '../../src/index.js';
import { createOpenInferenceSpanProcessor } from '../../src/livekit-agents.js';
import { installOpenAIInstrumentation, instrumentOpenAI } from '../../src/openai.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { loadSdk } from './installations.js';
import { startProvider } from './provider-server.js';
import { shapeOf, tokenSum } from './scenarios.js';

interface OpenAIModule {
  readonly OpenAI: {
    new (options: unknown): {
      readonly chat: { readonly completions: { create(body: unknown): Promise<unknown> } };
    };
    readonly Chat: { readonly Completions: { readonly prototype: { readonly create: unknown } } };
  };
}

let module: OpenAIModule;
beforeAll(async () => {
  module = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
});
afterEach(() => vi.unstubAllEnvs());

async function call(): Promise<void> {
  const server = await startProvider();
  const messages = [{ role: 'user', content: 'hello' }];
  const client = new module.OpenAI({ apiKey: 'k', baseURL: server.url });
  await client.chat.completions.create({ model: 'm', messages });
  await server.close();
}

describe('a tracer provider of the application’s own', () => {
  it('gets the spans, final where ours maps them and as they are elsewhere', async () => {
    const [ours, own] = [new InMemorySpanExporter(), new InMemorySpanExporter()];
    const provider = new NodeTracerProvider({
      spanProcessors: [
        createOpenInferenceSpanProcessor({ exporters: [ours] }),
        new SimpleSpanProcessor(own),
      ],
    });
    expect(installOpenAIInstrumentation(module, provider)).toEqual({
      name: 'openai',
      status: 'installed',
      installed: true,
    });
    await call();
    await provider.forceFlush();
    const read = (exporter: InMemorySpanExporter): readonly ReadableSpan[] =>
      exporter.getFinishedSpans();
    for (const exporter of [ours, own]) {
      expect(shapeOf(read(exporter))).toEqual(['OpenAI Chat Completions LLM']);
      expect(tokenSum(read(exporter))).toEqual({ prompt: 100, completion: 20 });
      expect(read(exporter)[0]?.attributes).toMatchObject({ 'input.value': 'hello' });
    }
    const { create } = module.OpenAI.Chat.Completions.prototype;
    await provider.shutdown();
    expect(module.OpenAI.Chat.Completions.prototype.create).not.toBe(create);
    expect(installOpenAIInstrumentation(module, provider).installed).toBe(true);
    await provider.shutdown();
  });

  it('is told of what is no SDK, or no provider', () => {
    const provider = new NodeTracerProvider();
    expect(() => installOpenAIInstrumentation({}, provider)).toThrow(
      expect.objectContaining({ code: 'invalid_sdk_input' }),
    );
    for (const wrong of [{}, 'provider', null]) {
      expect(() => Reflect.apply(installOpenAIInstrumentation, null, [module, wrong])).toThrow(
        expect.objectContaining({ code: 'invalid_tracer_input' }),
      );
    }
  });
});

describe('a stream', () => {
  const STREAM = { model: 'm', messages: [{ role: 'user', content: 'hello' }], stream: true };

  it('that nobody reads to its end is closed at shutdown(), with what has arrived', async () => {
    const [server, receiver] = await Promise.all([startProvider(), startReceiver()]);
    const modules = { openai: module };
    const tracing = await setup({ autoInstrument: false, modules, endpoint: receiver.endpoint });
    const client = new module.OpenAI({ apiKey: 'k', baseURL: server.url });
    await client.chat.completions.create(STREAM);
    const begun = (await client.chat.completions.create(STREAM)) as AsyncIterable<unknown>;
    const chunks = begun[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.next();
    await tracing.shutdown();
    const abandoned = {
      'openinference.span.kind': 'LLM',
      'agent.outcome': 'abandoned',
      metadata: '{"stream":"abandoned"}',
      'llm.model_name': 'm',
      'input.value': 'hello',
    };
    const [started, unread, ...more] = receiver.spans();
    expect(more).toEqual([]);
    expect(unread?.attributes).toMatchObject(abandoned);
    expect(Object.keys(unread?.attributes ?? {})).not.toContain('catalyst.incomplete');
    expect(started?.attributes).toMatchObject({
      ...abandoned,
      'llm.model_name': 'gpt-4.1-mini-2025-04-14',
      'output.value': 'Hello ',
    });
    await Promise.all([server.close(), receiver.close()]);
  });

  it('stays open when another tracing is shut down', async () => {
    const server = await startProvider();
    const [ours, other] = [new InMemorySpanExporter(), new InMemorySpanExporter()];
    const [provider, second] = [ours, other].map(
      (exporter) =>
        new NodeTracerProvider({
          spanProcessors: [createOpenInferenceSpanProcessor({ exporters: [exporter] })],
        }),
    );
    installOpenAIInstrumentation(module, provider as NodeTracerProvider);
    const client = new module.OpenAI({ apiKey: 'k', baseURL: server.url });
    const stream = (await client.chat.completions.create(STREAM)) as AsyncIterable<unknown>;
    await second?.shutdown();
    for await (const chunk of stream) expect(chunk).toBeDefined();
    await provider?.forceFlush();
    const [span] = ours.getFinishedSpans();
    expect(span?.status.code).toBe(1);
    expect(span?.attributes['output.value']).toBe('Hello from the local server.');
    await provider?.shutdown();
    await server.close();
  });
});

describe('instrumentOpenAI()', () => {
  it('says why there is nothing to connect to', async () => {
    const reasonOf = (...args: Parameters<typeof instrumentOpenAI>): string | undefined => {
      const row = instrumentOpenAI(...args);
      expect(row).toMatchObject({ status: 'unavailable', installed: false });
      return row.reason;
    };
    expect(reasonOf(module)).toContain('call setup() first');
    const tracing = await setup({ autoInstrument: false, exporters: [new InMemorySpanExporter()] });
    await tracing.shutdown();
    expect(reasonOf(module, tracing)).toContain('shut down');
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    const disabled = await setup();
    expect(reasonOf(module)).toContain('disabled');
    await disabled.shutdown();
  });

  it('connects the live tracing, and has its row there', async () => {
    const exporter = new InMemorySpanExporter();
    const tracing = await setup({ autoInstrument: false, exporters: [exporter] });
    const row = instrumentOpenAI(module);
    expect(tracing.installResults).toEqual([row]);
    await call();
    await tracing.forceFlush();
    expect(shapeOf(exporter.getFinishedSpans())).toEqual(['OpenAI Chat Completions LLM']);
    await tracing.shutdown();
  });
});
