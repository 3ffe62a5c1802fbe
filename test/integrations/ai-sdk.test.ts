import { trace } from '@opentelemetry/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAISdkTelemetrySettings } from '../../src/ai-sdk.js';
import { agentSpan, type SetupOptions } from '../../src/index.js';
import { collectSpans, failed, type CollectedRun } from './collect-spans.js';
import { installFramework } from './installations.js';
import type { ProviderServer } from './provider-server.js';
import {
  runPlain,
  runToShutdown,
  runTraced,
  tokenSum,
  traceIds,
  type TracedRun,
} from './scenarios.js';
import { only, treeOf } from './span-tree.js';
import { startToolLoop } from './tool-loop-server.js';

type Options = Readonly<Record<string, unknown>>;
interface Generated {
  readonly text: string;
}
interface Streamed {
  readonly textStream: AsyncIterable<string>;
}
interface Agent {
  generate(options: Options): Promise<Generated>;
  stream(options: Options): Promise<Streamed>;
}
interface Ai {
  generateText(options: Options): Promise<Generated>;
  streamText(options: Options): Streamed;
  generateObject(options: Options): Promise<{ readonly object: unknown }>;
  embedMany(options: Options): Promise<{ readonly embeddings: unknown }>;
  rerank(options: Options): Promise<{ readonly ranking: unknown }>;
  tool(options: Options): unknown;
  stepCountIs(count: number): unknown;
  readonly ToolLoopAgent: new (options: Options) => Agent;
}
interface Provider {
  (model: string): unknown;
  textEmbeddingModel(model: string): unknown;
}
interface Zod {
  readonly z: { object(shape: unknown): unknown; string(): unknown; number(): unknown };
}

const VERSIONS = ['ai5', 'ai6', 'ai7'] as const;

describe.each(VERSIONS)('%s', (version) => {
  let ai: Ai;
  let zod: Zod;
  let otel: { readonly OpenTelemetry: new () => unknown };
  let createProvider: (options: Options) => Provider;
  beforeAll(async () => {
    Reflect.set(globalThis, 'AI_SDK_LOG_WARNINGS', false);
    const load = await installFramework(version);
    const main = version === 'ai7' ? 'index.js' : 'index.mjs';
    ai = (await load(`ai/dist/${main}`)) as Ai;
    zod = (await load('zod/index.js')) as Zod;
    const compatible = await load(`@ai-sdk/openai-compatible/dist/${main}`);
    createProvider = (compatible as { createOpenAICompatible: typeof createProvider })
      .createOpenAICompatible;
    if (version === 'ai7') otel = (await load('@ai-sdk/otel/dist/index.js')) as typeof otel;
  });
  const isNew = version === 'ai7';

  /** What the calls are made of, for one server. */
  class Kit {
    readonly provider: Provider;

    constructor({ url: baseURL }: Pick<ProviderServer, 'url'>) {
      this.provider = createProvider({ name: 'acme', baseURL, apiKey: 'k', includeUsage: true });
    }

    options(prompt: string, extra: Options = {}): Options {
      return { model: this.provider('req-model'), prompt, maxRetries: 0, ...telemetry(), ...extra };
    }

    tools(): Options {
      const inputSchema = zod.z.object({ city: zod.z.string() });
      const define = (execute: unknown): unknown =>
        ai.tool({ description: 'a tool', inputSchema, execute });
      return {
        tools: {
          getWeather: define(() => {
            trace.getTracer('application').startSpan('look').end();
            return { celsius: 18 };
          }),
          getTime: define(() => Promise.reject(new Error('tool went wrong'))),
        },
        stopWhen: ai.stepCountIs(3),
      };
    }
  }

  /** Session and name as each version takes them. */
  function telemetry(): Options {
    const functionId = 'weather-bot';
    if (!isNew) {
      const metadata = { sessionId: 's-1', userId: 'u-1', tenant: 'acme' };
      return { experimental_telemetry: createAISdkTelemetrySettings({ functionId, metadata }) };
    }
    const shown = { sessionId: true, userId: true, tenant: true };
    return {
      telemetry: { functionId, includeRuntimeContext: shown },
      runtimeContext: { sessionId: 's-1', userId: 'u-1', tenant: 'acme', secret: 'SECRET' },
    };
  }

  type AiScenario = (kit: Kit, server: ProviderServer) => Promise<unknown>;

  async function traced(scenario: AiScenario, options: SetupOptions = {}): Promise<TracedRun> {
    const run = (server: ProviderServer): Promise<unknown> => scenario(new Kit(server), server);
    const plain = await runPlain(run);
    const result = await runTraced(run, { modules: { aiSdk: ai }, ...options });
    expect(result.outcome).toEqual(plain);
    expect(traceIds(result.spans).size).toBe(1);
    expect(result.unhandled).toEqual([]);
    expect(tokenSum(result.spans)).toEqual(result.bill);
    return result;
  }

  const model = isNew ? 'chat req-model' : 'ai.generateText.doGenerate';
  const root = isNew ? 'weather-bot' : 'ai.generateText';
  it('makes a tree of a call with tools', async () => {
    const { spans } = await traced(
      async (kit) => (await ai.generateText(kit.options('tool please', kit.tools()))).text,
    );
    const tree = treeOf(spans);
    const names = (prefix: string): readonly string[] =>
      tree.map((line) => line.trim()).filter((line) => line.startsWith(prefix));
    const tool = (name: string): string => (isNew ? name : 'ai.toolCall');
    expect(tree.map((line) => line.trim()).toSorted()).toEqual(
      [
        'application CHAIN',
        `${root} AGENT`,
        ...(isNew ? ['step 0 CHAIN', 'step 1 CHAIN'] : []),
        `${model} LLM`,
        `${model} LLM`,
        `${tool('getWeather')} TOOL`,
        `${tool('getTime')} TOOL`,
        'look CHAIN',
      ].toSorted(),
    );
    expect(names(model)).toHaveLength(2);
    expect(only(spans, root).attributes).toMatchObject({
      'agent.name': 'weather-bot',
      'session.id': 's-1',
      'user.id': 'u-1',
      metadata: '{"tenant":"acme"}',
      'output.value': 'It is 18 degrees at noon.',
    });
    expect(only(spans, root).status.code).toBe(0);
    expect(JSON.stringify(only(spans, root).attributes)).not.toContain('llm.token_count');
    const [first, second] = spans.filter(({ name }) => name === model);
    const calls = 'llm.output_messages.0.message.tool_calls.';
    expect(first?.attributes).toMatchObject({
      'llm.provider': 'acme',
      'llm.model_name': 'gpt-4.1-mini-2025-04-14',
      'llm.finish_reason': 'tool-calls',
      'llm.token_count.prompt': 100,
      'llm.token_count.completion': 20,
      'llm.token_count.total': 120,
      'llm.input_messages.0.message.content': 'tool please',
      [`${calls}0.tool_call.id`]: 'call_AAA',
      [`${calls}0.tool_call.function.name`]: 'getWeather',
      [`${calls}0.tool_call.function.arguments`]: '{"city":"Paris"}',
      'session.id': 's-1',
    });
    if (version !== 'ai5') {
      expect(first?.attributes).toMatchObject({
        'llm.token_count.prompt_details.cache_read': 64,
        'llm.token_count.completion_details.reasoning': 8,
      });
    }
    expect(second?.attributes).toMatchObject({
      'llm.finish_reason': 'stop',
      'llm.input_messages.2.message.role': 'tool',
      'llm.input_messages.2.message.tool_call_id': 'call_AAA',
      'llm.input_messages.2.message.content': '{"celsius":18}',
      'output.value': 'It is 18 degrees at noon.',
    });
    const [weather, time] = ['call_AAA', 'call_BBB'].map((id) =>
      spans.find(({ attributes }) => attributes['tool_call.id'] === id),
    );
    expect(weather?.attributes).toMatchObject({
      'tool.name': 'getWeather',
      'input.value': '{"city":"Paris"}',
      'output.value': '{"celsius":18}',
    });
    expect(only(spans, 'look').parentSpanContext?.spanId).toBe(weather?.spanContext().spanId);
    expect(time).toMatchObject({ status: { code: 2, message: 'tool went wrong' } });
    expect(time?.events[0]?.name).toBe('exception');
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('SECRET');
  });

  describe('a tool loop that costs 250 and 32 tokens', () => {
    const read = async ({ textStream }: Streamed): Promise<string> => {
      let text = '';
      for await (const piece of textStream) text += piece;
      return text;
    };
    const calls: Readonly<Record<string, (options: Options) => Promise<string>>> = {
      generateText: async (options) => (await ai.generateText(options)).text,
      streamText: (options) => read(ai.streamText(options)),
      ...(version !== 'ai5' && {
        'ToolLoopAgent.generate': async ({ prompt, ...options }) =>
          (await new ai.ToolLoopAgent(options).generate({ prompt })).text,
        'ToolLoopAgent.stream': async ({ prompt, ...options }) =>
          read(await new ai.ToolLoopAgent(options).stream({ prompt })),
      }),
    };

    async function loop(call: string, prompt: string): Promise<CollectedRun> {
      const server = await startToolLoop();
      const inputSchema = zod.z.object({ city: zod.z.string() });
      const tool = (execute: unknown): unknown =>
        ai.tool({ description: 'Weather', inputSchema, execute });
      const tools = {
        weather: tool(() => ({ city: 'Oslo', celsius: 21 })),
        broken: tool(() => Promise.reject(new Error('tool went wrong'))),
      };
      const run = await collectSpans({ modules: { aiSdk: ai } }, async () => {
        const options = new Kit(server).options(prompt, { tools, stopWhen: ai.stepCountIs(3) });
        expect(await calls[call]?.(options)).toBe('It is 21 degrees in Oslo.');
      });
      await server.close();
      expect(server.bill()).toEqual({ prompt: 250, completion: 32 });
      expect(tokenSum(run.spans)).toEqual({ prompt: 250, completion: 32 });
      expect(traceIds(run.spans).size).toBe(1);
      return run;
    }

    it.each(Object.keys(calls))('by %s', async (call) => {
      const { spans } = await loop(call, 'weather in Oslo');
      const operation = call.toLowerCase().includes('stream') ? 'ai.streamText' : 'ai.generateText';
      const request = `${operation}.${operation === 'ai.streamText' ? 'doStream' : 'doGenerate'}`;
      expect(treeOf(spans)).toEqual(
        isNew
          ? [
              'weather-bot AGENT',
              '  step 0 CHAIN',
              '    chat req-model LLM',
              '    weather TOOL',
              '  step 1 CHAIN',
              '    chat req-model LLM',
            ]
          : [`${operation} AGENT`, `  ${request} LLM`, '  ai.toolCall TOOL', `  ${request} LLM`],
      );
      const [agent, tool] = ['AGENT', 'TOOL'].map((kind) =>
        spans.find(({ attributes }) => attributes['openinference.span.kind'] === kind),
      );
      expect(agent?.attributes).toMatchObject({
        'agent.name': 'weather-bot',
        'session.id': 's-1',
        'output.value': 'It is 21 degrees in Oslo.',
      });
      expect(String(agent?.attributes['input.value'])).toContain('weather in Oslo');
      expect(Object.keys(agent?.attributes ?? {}).join()).not.toContain('llm.token_count');
      expect(tool?.attributes).toMatchObject({
        'tool.name': 'weather',
        'tool_call.id': 'call_1',
        'input.value': '{"city":"Oslo"}',
        'output.value': '{"city":"Oslo","celsius":21}',
      });
      const [first, second] = spans.filter(
        ({ attributes }) => attributes['openinference.span.kind'] === 'LLM',
      );
      // Version 5 tells no details of a call that is not streamed.
      const hasDetails = version !== 'ai5' || operation === 'ai.streamText';
      expect(first?.attributes).toMatchObject({
        'llm.model_name': 'served-model-1',
        'llm.provider': 'acme',
        'llm.finish_reason': 'tool-calls',
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 20,
        'llm.token_count.total': 120,
        ...(hasDetails && {
          'llm.token_count.prompt_details.cache_read': 40,
          'llm.token_count.completion_details.reasoning': 5,
        }),
        'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call_1',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
        // Nor does it tell of thoughts.
        ...(version !== 'ai5' && {
          'llm.output_messages.0.message.contents.0.message_content.type': 'reasoning',
        }),
      });
      expect(second?.attributes).toMatchObject({
        'llm.finish_reason': 'stop',
        'llm.token_count.prompt': 150,
        'llm.token_count.completion': 12,
        'llm.token_count.total': 162,
        ...(hasDetails && { 'llm.token_count.prompt_details.cache_read': 100 }),
      });
      expect(Object.keys(second?.attributes ?? {})).not.toContain(
        'llm.token_count.completion_details.reasoning',
      );
    });

    it('with a tool that throws', async () => {
      const { spans } = await loop('generateText', 'break it');
      expect(failed(spans).map(({ name, status }) => [name, status.message])).toEqual([
        [isNew ? 'broken' : 'ai.toolCall', 'tool went wrong'],
      ]);
      expect(failed(spans)[0]?.events[0]?.name).toBe('exception');
    });
  });

  it('makes a tree of a stream, under a span of the application', async () => {
    const { spans } = await traced((kit) =>
      agentSpan({ agentName: 'outer', sessionId: 'outer-1' }, async () => {
        let text = '';
        const stream = ai.streamText(kit.options('tool please', kit.tools()));
        for await (const piece of stream.textStream) text += piece;
        return text;
      }),
    );
    expect(
      spans.filter((span) => span.attributes['openinference.span.kind'] === 'LLM'),
    ).toHaveLength(2);
    expect(only(spans, isNew ? 'weather-bot' : 'ai.streamText').parentSpanContext?.spanId).toBe(
      only(spans, 'outer.run').spanContext().spanId,
    );
  });

  it('shows a call that failed', async () => {
    const { spans } = await traced((kit) =>
      ai.generateText(kit.options('err401')).catch((error: unknown) => String(error)),
    );
    expect(treeOf(spans, ({ name, status }) => `${name} ${status.code}`)).toEqual([
      'application 0',
      `  ${root} 2`,
      ...(isNew ? ['    step 0 2', `      ${model} 2`] : [`    ${model} 2`]),
    ]);
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('token_count');
  });

  it('counts what is billed after a retry', async () => {
    const { spans } = await traced(
      async (kit) => (await ai.generateText(kit.options('once429', { maxRetries: 1 }))).text,
    );
    const llm = spans.filter(({ name }) => name === model);
    // Older versions make a span of each attempt.
    expect(llm.map(({ status }) => status.code)).toEqual(isNew ? [1] : [2, expect.any(Number)]);
  }, 20_000);

  it('shows structured output', async () => {
    const { spans } = await traced(async (kit) => {
      const schema = zod.z.object({ city: zod.z.string(), temp: zod.z.number() });
      return (await ai.generateObject({ ...kit.options('json'), schema })).object;
    });
    const call = spans.find((span) => span.attributes['openinference.span.kind'] === 'LLM');
    expect(call?.attributes['output.value']).toBe('{"city":"Paris","temp":18}');
  });

  it('shows embeddings and no vectors', async () => {
    const { spans } = await traced(async (kit) => {
      const embedding = kit.provider.textEmbeddingModel('small');
      const values = ['one', 'two'];
      const { embeddings } = await ai.embedMany({ model: embedding, values, ...telemetry() });
      return embeddings;
    });
    const call = spans.find((span) => span.attributes['openinference.span.kind'] === 'EMBEDDING');
    expect(call?.attributes).toMatchObject({
      'embedding.model_name': 'small',
      'embedding.embeddings.1.embedding.text': 'two',
      'llm.token_count.prompt': 7,
    });
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('0.1');
  });

  it('sends no content that is to be hidden', async () => {
    const { spans } = await traced(
      async (kit) => (await ai.generateText(kit.options('tool please', kit.tools()))).text,
      { privacy: { hideInputs: true, hideOutputs: true } },
    );
    const sent = JSON.stringify(spans.map(({ attributes }) => attributes));
    for (const content of ['tool please', 'It is 18', 'Paris', 'celsius']) {
      expect(sent).not.toContain(content);
    }
  });

  if (version !== 'ai5')
    it('shows an agent', async () => {
      const { spans } = await traced(async (kit) => {
        const agent = new ai.ToolLoopAgent({
          ...kit.options(''),
          prompt: undefined,
          ...kit.tools(),
        });
        return (await agent.generate({ prompt: 'tool please' })).text;
      });
      expect(only(spans, root).attributes).toMatchObject({
        'openinference.span.kind': 'AGENT',
        'agent.name': 'weather-bot',
      });
    });

  if (version !== 'ai5')
    it('shows a search that is put in order', async () => {
      const ranking = [
        { index: 1, relevanceScore: 0.9 },
        { index: 0, relevanceScore: 0.2 },
      ];
      // A provider's model, as the SDK's interface for providers has it.
      const ranker = {
        specificationVersion: 'v3',
        provider: 'acme.rerank',
        modelId: 'ranker',
        doRerank: () => Promise.resolve({ ranking }),
      };
      const { spans } = await traced(async () => {
        const documents = ['sun', 'rain'];
        const search = { model: ranker, query: 'umbrella', documents, topN: 2 };
        return (await ai.rerank({ ...search, ...telemetry() })).ranking;
      });
      const call = isNew ? 'rerank ranker' : 'ai.rerank.doRerank';
      expect(treeOf(spans)).toEqual([
        'application CHAIN',
        `  ${isNew ? 'weather-bot' : 'ai.rerank'} CHAIN`,
        `    ${call} RERANKER`,
      ]);
      expect(only(spans, call).attributes).toMatchObject({
        'reranker.model_name': 'ranker',
        // Version 6 tells nobody what was looked for.
        ...(isNew && { 'reranker.query': 'umbrella', 'reranker.top_k': 2 }),
        'reranker.input_documents.1.document.content': 'rain',
        'reranker.output_documents.0.document.id': '1',
        'reranker.output_documents.0.document.score': 0.9,
        'session.id': 's-1',
      });
    });

  if (isNew)
    describe('as version 7 tells of it', () => {
      it('nests steps, calls and tools', async () => {
        const { spans } = await traced(
          async (kit) => (await ai.generateText(kit.options('tool please', kit.tools()))).text,
        );
        // Both tools start at once.
        expect(treeOf(spans).toSorted()).toEqual(
          [
            'application CHAIN',
            '  weather-bot AGENT',
            '    step 0 CHAIN',
            '      chat req-model LLM',
            '      getWeather TOOL',
            '        look CHAIN',
            '      getTime TOOL',
            '    step 1 CHAIN',
            '      chat req-model LLM',
          ].toSorted(),
        );
      });

      it('shows a call that was aborted', async () => {
        const { spans } = await runTraced(
          async (server) => {
            const controller = new AbortController();
            const options = new Kit(server).options('slow', { abortSignal: controller.signal });
            for await (const piece of ai.streamText(options).textStream) {
              if (piece !== '') controller.abort();
            }
          },
          { modules: { aiSdk: ai } },
        );
        expect(only(spans, 'chat req-model').attributes).toMatchObject({
          'llm.finish_reason': 'abort',
        });
        expect(only(spans, 'weather-bot').attributes).toMatchObject({ 'agent.outcome': 'aborted' });
        expect(new Set(spans.map(({ status }) => status.code))).toEqual(new Set([0]));
      });

      it('closes at shutdown what nobody read to its end', async () => {
        const spans = await runToShutdown(
          async (server) => {
            const stream = ai.streamText(new Kit(server).options('slow'));
            for await (const piece of stream.textStream) if (piece !== '') break;
          },
          { modules: { aiSdk: ai } },
        );
        expect(only(spans, 'weather-bot').attributes).toMatchObject({
          'agent.outcome': 'abandoned',
        });
        expect(only(spans, 'step 0').attributes).toMatchObject({ 'agent.outcome': 'abandoned' });
        expect(only(spans, 'chat req-model').attributes).toMatchObject({
          metadata: '{"tenant":"acme","stream":"abandoned"}',
        });
      });

      it('traces each call once, whatever it is given, and none that opts out', async () => {
        const reused = createAISdkTelemetrySettings({ functionId: 'weather-bot' });
        const call = async (kit: Kit, settings: unknown): Promise<string> =>
          (await ai.generateText(kit.options('hello', { telemetry: settings }))).text;
        const { spans } = await traced(async (kit) => {
          await call(kit, createAISdkTelemetrySettings());
          await call(kit, reused);
        });
        expect(treeOf(spans).filter((line) => line.endsWith(' AGENT'))).toHaveLength(2);
        const { calls } = await runTraced((server) => call(new Kit(server), { isEnabled: false }), {
          modules: { aiSdk: ai },
        });
        expect(calls).toEqual([]);
      });

      it('leaves the call to @ai-sdk/otel where that is registered', async () => {
        const { spans } = await traced(async (kit) => {
          const integrations = Reflect.get(
            globalThis,
            'AI_SDK_TELEMETRY_INTEGRATIONS',
          ) as unknown[];
          integrations.push(new otel.OpenTelemetry());
          try {
            return (await ai.generateText(kit.options('hello'))).text;
          } finally {
            integrations.pop();
          }
        });
        expect(treeOf(spans)).toEqual([
          'application CHAIN',
          '  invoke_agent req-model AGENT',
          '    step 1 CHAIN',
          '      chat req-model LLM',
        ]);
      });

      it('is gone after shutdown()', async () => {
        const before = await traced(
          async (kit) => (await ai.generateText(kit.options('hello'))).text,
        );
        expect(before.results).toMatchObject([{ name: 'aiSdk', installed: true }]);
        expect(Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS')).toEqual([]);
      });
    });
});
