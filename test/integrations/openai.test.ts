import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSdk, type ModuleFormat, type SdkVersion } from './installations.js';
import type { ProviderServer } from './provider-server.js';
import {
  readAll,
  readOneAndBreak,
  runPlain,
  runTraced,
  shapeOf,
  tokenSum,
  traceIds,
  type Scenario,
  type TracedRun,
} from './scenarios.js';

/** What the scenarios use of the SDK, in every major. */
type Call = (body: unknown, options?: unknown) => ApiPromise;
interface ApiPromise extends Promise<AsyncIterable<unknown> & Stream & Answer> {
  withResponse(): Promise<{ data: unknown; request_id: string; response: Response }>;
  asResponse(): Promise<Response>;
}
interface Stream {
  readonly controller: AbortController;
  tee(): [AsyncIterable<unknown>, AsyncIterable<unknown>];
  toReadableStream(): ReadableStream<Uint8Array>;
}
interface Answer {
  readonly choices: readonly { readonly message: { readonly parsed?: unknown } }[];
  readonly output_parsed?: unknown;
}
interface Helper {
  finalChatCompletion(): Promise<unknown>;
  finalResponse(): Promise<unknown>;
  finalContent(): Promise<unknown>;
}
interface ChatCompletions {
  create: Call;
  parse?: Call;
  stream?(body: unknown): Helper;
  runTools?(body: unknown): Helper;
}
interface Client {
  chat: { completions: ChatCompletions };
  beta: { chat: { completions: ChatCompletions } };
  responses: { create: Call; parse: Call; stream(body: unknown): Helper };
  embeddings: { create: Call };
  completions: { create: Call };
}
interface OpenAIModule {
  readonly OpenAI: new (options: unknown) => Client;
  readonly APIPromise?: new (...args: never[]) => unknown;
}

const COPIES: readonly (readonly [SdkVersion, ModuleFormat])[] = [
  ['openai4', 'ESM'],
  ['openai4', 'CommonJS'],
  ['openai5', 'ESM'],
  ['openai5', 'CommonJS'],
  ['openai6', 'ESM'],
  ['openai6', 'CommonJS'],
  ['openai7', 'ESM'],
  ['openai7', 'CommonJS'],
];

const model = 'gpt-4.1-mini';
const COUNTED = { stream: true, stream_options: { include_usage: true } };
const CHAT = 'OpenAI Chat Completions LLM';
const RESPONSES = 'OpenAI Responses LLM';

const user = (content: unknown): readonly unknown[] => [{ role: 'user', content }];
const jsonFormat = { type: 'json_schema', json_schema: { name: 'weather', schema: {} } };
const tools = ['getWeather', 'getTime'].map((name) => ({
  type: 'function',
  function: {
    name,
    function: () => '18',
    parse: JSON.parse,
    parameters: { type: 'object', properties: {} },
  },
}));

/** `parse`, `stream` and `runTools` stood below `beta` up to 4. */
function helpers({ chat, beta }: Client): ChatCompletions {
  return chat.completions.parse === undefined ? beta.chat.completions : chat.completions;
}

interface Case {
  readonly name: string;
  readonly run: (client: Client, server: ProviderServer) => Promise<unknown>;
  /** Names and kinds of the spans of the SDK. */
  readonly spans: readonly string[];
  /** The provider charges, and the SDK shows nobody what. */
  readonly isUnknownToSdk?: true;
}

const CASES: readonly Case[] = [
  {
    name: 'a completion',
    run: ({ chat }) => chat.completions.create({ model, messages: user('hello') }),
    spans: [CHAT],
  },
  {
    name: 'a stream with usage and parallel tool calls',
    run: async ({ chat }) =>
      readAll(await chat.completions.create({ model, ...COUNTED, messages: user('tool please') })),
    spans: [CHAT],
  },
  {
    name: 'a stream without usage',
    run: async ({ chat }) =>
      readAll(await chat.completions.create({ model, stream: true, messages: user('hello') })),
    spans: [CHAT],
    isUnknownToSdk: true,
  },
  {
    name: 'structured output',
    run: async (client) =>
      (
        await helpers(client).parse?.({
          model,
          messages: user('json'),
          response_format: jsonFormat,
        })
      )?.choices[0]?.message.parsed,
    spans: [CHAT],
  },
  {
    name: 'the stream helper',
    run: async (client) =>
      helpers(client)
        .stream?.({ model, ...COUNTED, messages: user('hello') })
        .finalChatCompletion(),
    spans: [CHAT],
  },
  {
    name: 'runTools()',
    run: async (client) =>
      helpers(client)
        .runTools?.({ model, messages: user('tool please'), tools })
        .finalContent(),
    spans: [CHAT, CHAT],
  },
  {
    name: 'withResponse()',
    run: async ({ chat }) => {
      const promise = chat.completions.create({ model, messages: user('hello') });
      const { data, request_id: id, response } = await promise.withResponse();
      return { data, id, status: response.status };
    },
    spans: [CHAT],
  },
  {
    name: 'asResponse()',
    run: async ({ chat }) => {
      const promise = chat.completions.create({ model, messages: user('hello') });
      return (await promise.asResponse()).json();
    },
    spans: [CHAT],
    isUnknownToSdk: true,
  },
  {
    name: 'asResponse() of structured output',
    run: async (client) => {
      const body = { model, messages: user('json'), response_format: jsonFormat };
      return (await helpers(client).parse?.(body).asResponse())?.json();
    },
    spans: [CHAT],
    isUnknownToSdk: true,
  },
  {
    name: 'a stream in two',
    run: async ({ chat }) => {
      const stream = await chat.completions.create({ model, ...COUNTED, messages: user('hello') });
      const [left, right] = stream.tee();
      return [await readAll(left), await readAll(right)];
    },
    spans: [CHAT],
  },
  {
    name: 'a stream as a ReadableStream',
    run: async ({ chat }) => {
      const stream = await chat.completions.create({ model, ...COUNTED, messages: user('hello') });
      return new Response(stream.toReadableStream()).text();
    },
    spans: [CHAT],
  },
  {
    name: 'a refused key',
    run: ({ chat }) => chat.completions.create({ model, messages: user('err401') }),
    spans: [CHAT],
  },
  {
    name: 'a refused key that nobody waits for at once',
    run: async ({ chat }) => {
      const promise = chat.completions.create({ model, messages: user('err401') });
      const caught = promise.catch((error: unknown) => (error as Error).constructor.name);
      return [await caught, await promise.asResponse().catch(() => 'refused')];
    },
    spans: [CHAT],
  },
  {
    name: 'a retry',
    run: ({ chat }) =>
      chat.completions.create({ model, messages: user('once429') }, { maxRetries: 1 }),
    spans: [CHAT],
  },
  {
    name: 'a connection that breaks',
    run: async ({ chat }) =>
      readAll(await chat.completions.create({ model, ...COUNTED, messages: user('drop') })),
    spans: [CHAT],
  },
  {
    name: 'a reader that stops',
    run: async ({ chat }, server) => {
      const body = { model, ...COUNTED, messages: user('slow') };
      return readOneAndBreak(await chat.completions.create(body), server);
    },
    spans: [CHAT],
  },
  {
    name: 'a stream that is aborted unread',
    run: async ({ chat }) => {
      const stream = await chat.completions.create({ model, ...COUNTED, messages: user('slow') });
      stream.controller.abort();
      return 'aborted';
    },
    spans: [CHAT],
  },
  {
    name: 'a call that is aborted',
    run: ({ chat }) => {
      const signal = AbortSignal.abort();
      return chat.completions.create({ model, messages: user('hello') }, { signal });
    },
    spans: [CHAT],
  },
  {
    name: 'no messages',
    run: ({ chat }) => chat.completions.create({ model, messages: undefined }),
    spans: [CHAT],
  },
  {
    name: 'a body that JSON cannot say',
    run: ({ chat }) => chat.completions.create({ model, messages: user('hello'), seed: 5n }),
    spans: [CHAT],
  },
  {
    name: 'no body at all',
    run: async ({ chat }) => chat.completions.create(undefined),
    spans: [CHAT],
  },
  {
    name: 'a response',
    run: ({ responses }) => responses.create({ model, instructions: 'Be terse.', input: 'hello' }),
    spans: [RESPONSES],
  },
  {
    name: 'a response with items as its input',
    run: ({ responses }) =>
      responses.create({
        model,
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'tool please' }] },
          { type: 'reasoning', id: 'rs_0', summary: [{ type: 'summary_text', text: 'Hm.' }] },
          { type: 'function_call', call_id: 'call_AAA', name: 'getWeather', arguments: '{}' },
          { type: 'function_call', call_id: 'call_BBB', name: 'getTime', arguments: '{}' },
          { type: 'function_call_output', call_id: 'call_AAA', output: '18' },
          { type: 'function_call_output', call_id: 'call_BBB', output: 'noon' },
        ],
      }),
    spans: [RESPONSES],
  },
  {
    name: 'a response as a stream, with tool calls',
    run: async ({ responses }) =>
      readAll(await responses.create({ model, stream: true, input: 'tool please' })),
    spans: [RESPONSES],
  },
  {
    name: 'a response with structured output',
    run: async ({ responses }) => {
      const text = { format: { type: 'json_schema', name: 'weather', schema: {} } };
      return (await responses.parse({ model, input: 'json', text })).output_parsed;
    },
    spans: [RESPONSES],
  },
  {
    name: 'the stream helper of a response',
    run: ({ responses }) => responses.stream({ model, input: 'think' }).finalResponse(),
    spans: [RESPONSES],
  },
  {
    name: 'a response that is cut off',
    run: async ({ responses }) =>
      readAll(await responses.create({ model, stream: true, input: 'len' })),
    spans: [RESPONSES],
  },
  {
    name: 'a response that fails',
    run: async ({ responses }) =>
      readAll(await responses.create({ model, stream: true, input: 'fail' })),
    spans: [RESPONSES],
  },
  {
    name: 'a response whose reader stops',
    run: async ({ responses }, server) =>
      readOneAndBreak(await responses.create({ model, stream: true, input: 'slow' }), server),
    spans: [RESPONSES],
  },
  {
    name: 'a completion of a text',
    run: ({ completions }) => completions.create({ model, prompt: 'hello' }),
    spans: ['OpenAI Completions LLM'],
  },
  {
    name: 'a completion of a text as a stream',
    run: async ({ completions }) =>
      readAll(await completions.create({ model, ...COUNTED, prompt: 'hello' })),
    spans: ['OpenAI Completions LLM'],
  },
  {
    name: 'embeddings',
    run: ({ embeddings }) => embeddings.create({ model: 'small', input: ['one', 'two'] }),
    spans: ['OpenAI Embeddings EMBEDDING'],
  },
];

describe.each(COPIES)('%s, %s', (version, format) => {
  let module: OpenAIModule;
  beforeAll(async () => {
    module = (await loadSdk(version, format)) as OpenAIModule;
  });

  function scenario({ run }: Pick<Case, 'run'>): Scenario {
    return async (server) => {
      const options = { apiKey: 'no-key', baseURL: server.url, maxRetries: 0 };
      return run(new module.OpenAI(options), server);
    };
  }

  it.each(CASES)('$name: counted as billed, and nothing else changes', async (given) => {
    const plain = await runPlain(scenario(given));
    const traced = await runTraced(scenario(given), { modules: { openai: module } });
    expect(traced.outcome).toEqual(plain);
    expect(traced.unhandled).toEqual([]);
    expect(shapeOf(traced.calls)).toEqual(given.spans);
    expect(traceIds(traced.spans).size).toBe(1);
    const nothing = { prompt: 0, completion: 0 };
    expect(tokenSum(traced.spans)).toEqual(given.isUnknownToSdk ? nothing : traced.bill);
  });

  it('gives promises of the class that the SDK has', async () => {
    const { APIPromise } = module;
    const run = async ({ chat, responses, embeddings }: Client): Promise<unknown> => {
      const promises = [
        chat.completions.create({ model, messages: user('hello') }),
        responses.create({ model, input: 'hello' }),
        embeddings.create({ model, input: 'hello' }),
      ];
      await Promise.all(promises);
      return promises.map((promise) => [
        promise.constructor.name,
        APIPromise === undefined || promise instanceof APIPromise,
      ]);
    };
    const traced = await runTraced(scenario({ run }), { modules: { openai: module } });
    expect(traced.outcome).toEqual({
      value: Array.from({ length: 3 }, () => ['APIPromise', true]),
    });
  });

  it('rejects what nobody handles as it always did', async () => {
    const run = ({ chat }: Client): Promise<unknown> => {
      void chat.completions.create({ model, messages: user('err401') }).then(() => 'never');
      return new Promise((resolve) => process.once('unhandledRejection', resolve));
    };
    const traced = await runTraced(scenario({ run }), { modules: { openai: module } });
    expect(traced.unhandled).toMatchObject([{ status: 401 }]);
    expect(traced.calls[0]?.status.code).toBe(2);
  });

  it('is as it was after shutdown()', async () => {
    const call = scenario(CASES[0] ?? { run: () => Promise.resolve() });
    const options = { modules: { openai: module } };
    expect((await runTraced(call, options)).calls).toHaveLength(1);
    const without = await runTraced(call, {});
    expect(without.calls).toHaveLength(0);
    expect((await runTraced(call, options)).calls).toHaveLength(1);
  });
});

describe('the spans', () => {
  let module: OpenAIModule;
  beforeAll(async () => {
    module = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
  });

  async function traced(run: Case['run'], options = {}): Promise<TracedRun> {
    const scenario: Scenario = (server) =>
      run(new module.OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 }), server);
    return runTraced(scenario, { modules: { openai: module }, ...options });
  }

  async function attributesOf(run: Case['run'], options = {}): Promise<ReadableSpan['attributes']> {
    return (await traced(run, options)).calls[0]?.attributes ?? {};
  }

  it('hold a conversation with everything that was said and asked for', async () => {
    const attributes = await attributesOf(({ chat }) =>
      chat.completions.create({
        model,
        temperature: 0.5,
        messages: [
          { role: 'system', content: 'Be terse.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'hello' },
              { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
              { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
            ],
          },
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'A cat.' },
          { role: 'user', content: 'hello again' },
        ],
        tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
      }),
    );
    const input = 'llm.input_messages.';
    expect(attributes).toMatchObject({
      'llm.model_name': 'gpt-4.1-mini-2025-04-14',
      'llm.request.model_name': model,
      'llm.system': 'openai',
      'llm.token_count.prompt': 100,
      'llm.token_count.completion': 20,
      'llm.token_count.total': 120,
      'llm.token_count.prompt_details.cache_read': 64,
      'llm.token_count.completion_details.reasoning': 8,
      'llm.finish_reason': 'stop',
      'llm.invocation_parameters': '{"temperature":0.5}',
      'input.value': 'hello again',
      'output.value': 'Hello from the local server.',
      'llm.tools.0.tool.json_schema':
        '{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}',
      [`${input}0.message.role`]: 'system',
      [`${input}0.message.content`]: 'Be terse.',
      [`${input}1.message.contents.0.message_content.text`]: 'hello',
      [`${input}1.message.contents.1.message_content.image.image.url`]:
        'https://example.com/cat.png',
      [`${input}1.message.contents.2.message_content.audio.audio.url`]:
        'data:audio/wav;base64,UklGRg==',
      [`${input}2.message.tool_calls.0.tool_call.id`]: 'call_1',
      [`${input}2.message.tool_calls.0.tool_call.function.arguments`]: '{"at":1}',
      [`${input}3.message.role`]: 'tool',
      [`${input}3.message.tool_call_id`]: 'call_1',
      [`${input}3.message.content`]: 'A cat.',
      'llm.output_messages.0.message.content': 'Hello from the local server.',
    });
    // The host is nobody's that is known.
    expect(attributes).not.toHaveProperty(['llm.provider']);
    expect(attributes).not.toHaveProperty(['llm.token_count.prompt_details.audio']);
  });

  it('tell parallel tool calls of a stream apart', async () => {
    const attributes = await attributesOf(async ({ chat }) =>
      readAll(await chat.completions.create({ model, ...COUNTED, messages: user('mixed please') })),
    );
    const calls = 'llm.output_messages.0.message.tool_calls.';
    expect(attributes).toMatchObject({
      'llm.finish_reason': 'tool_calls',
      [`${calls}0.tool_call.id`]: 'call_AAA',
      [`${calls}0.tool_call.function.name`]: 'getWeather',
      [`${calls}0.tool_call.function.arguments`]: '{"city":"Paris"}',
      [`${calls}1.tool_call.id`]: 'call_BBB',
      [`${calls}1.tool_call.function.name`]: 'getTime',
      [`${calls}1.tool_call.function.arguments`]: '{"city":"Paris"}',
    });
    expect(JSON.parse(String(attributes['output.value']))).toHaveLength(2);
  });

  it('know the model of a stream that ends with what Azure’s filters found', async () => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4.1-served' };
    const found = { id: '', object: '', model: '', created: 0 };
    const chunks = [
      { ...found, choices: [], prompt_filter_results: [] },
      { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi.' } }] },
      { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { ...found, choices: [{ index: 0, content_filter_offsets: {} }] },
    ];
    const lines = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
    const body = lines.map((line) => `data: ${line}\n\n`).join('');
    const answer = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const client = new module.OpenAI({ apiKey: 'k', fetch: () => Promise.resolve(answer) });
    const attributes = await attributesOf(async () =>
      readAll(
        await client.chat.completions.create({ model, stream: true, messages: user('hello') }),
      ),
    );
    expect(attributes).toMatchObject({
      'llm.model_name': 'gpt-4.1-served',
      'llm.response.model_name': 'gpt-4.1-served',
      'gen_ai.response.id': 'chatcmpl-1',
      'llm.finish_reason': 'stop',
      'output.value': 'Hi.',
    });
  });

  it('hold every choice, refusals and what was spoken', async () => {
    const several = await attributesOf(({ chat }) =>
      chat.completions.create({ model, n: 2, messages: user('refuse') }),
    );
    expect(several).toMatchObject({
      'llm.output_messages.0.message.content': 'I will not.',
      'llm.output_messages.1.message.content': 'I will not.',
    });
    const spoken = await attributesOf(({ chat }) =>
      chat.completions.create({ model, messages: user('speak') }),
    );
    expect(Object.values(spoken)).toContain('Spoken words.');
  });

  it('make one message of what a response holds', async () => {
    const { calls } = await traced(async (client, server) => {
      await client.responses.create({ model, instructions: 'Be terse.', input: 'think' });
      await client.responses.stream({ model, input: 'tool please' }).finalResponse();
      const items = CASES.find(({ name }) => name === 'a response with items as its input');
      return items?.run(client, server);
    });
    const output = 'llm.output_messages.0.message.';
    expect(calls[0]?.attributes).toMatchObject({
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.0.message.content': 'Be terse.',
      'llm.input_messages.1.message.content': 'think',
      [`${output}contents.0.message_content.type`]: 'reasoning',
      [`${output}contents.0.message_content.text`]: 'I think.',
      [`${output}contents.1.message_content.text`]: 'Hello from the local server.',
      'llm.finish_reason': 'stop',
      'llm.token_count.prompt_details.cache_read': 128,
    });
    expect(calls[0]?.attributes).not.toHaveProperty(['llm.output_messages.1.message.role']);
    expect(calls[1]?.attributes).toMatchObject({
      [`${output}tool_calls.0.tool_call.id`]: 'call_AAA',
      [`${output}tool_calls.1.tool_call.id`]: 'call_BBB',
      'llm.finish_reason': 'tool_calls',
    });
    expect(calls[2]?.attributes).toMatchObject({
      'llm.input_messages.1.message.role': 'assistant',
      'llm.input_messages.1.message.tool_calls.1.tool_call.id': 'call_BBB',
      'llm.input_messages.2.message.role': 'tool',
      'llm.input_messages.2.message.tool_call_id': 'call_AAA',
      'llm.input_messages.3.message.content': 'noon',
    });
  });

  it('say how a call ended', async () => {
    const { calls } = await traced(async (client, server) => {
      for (const name of [
        'a refused key',
        'a connection that breaks',
        'a reader that stops',
        'a response that is cut off',
        'a response that fails',
        'asResponse()',
      ]) {
        await CASES.find((each) => each.name === name)
          ?.run(client, server)
          .catch(() => {});
      }
    });
    const [refused, broken, stopped, cutOff, failed, raw] = calls;
    expect(refused).toMatchObject({ status: { code: 2 }, attributes: {} });
    expect(refused?.events[0]?.attributes).toMatchObject({
      'exception.type': 'AuthenticationError',
    });
    expect(broken).toMatchObject({
      status: { code: 2, message: 'terminated' },
      attributes: { 'output.value': 'this ' },
    });
    expect(stopped).toMatchObject({
      status: { code: 0 },
      attributes: { metadata: '{"stream":"abandoned"}', 'output.value': 'word word word word ' },
    });
    expect(cutOff).toMatchObject({
      status: { code: 1 },
      attributes: { 'llm.finish_reason': 'max_output_tokens' },
    });
    expect(failed).toMatchObject({ status: { code: 2, message: 'The model broke.' } });
    expect(raw).toMatchObject({
      status: { code: 0 },
      attributes: { metadata: '{"response":"raw"}' },
    });
  });

  it('keep the metadata of the application beside their own', async () => {
    const stop = CASES.find(({ name }) => name === 'a reader that stops');
    const attributes = await attributesOf(
      (client, server) => stop?.run(client, server) ?? Promise.resolve(),
      { metadata: { tenant: 'acme' } },
    );
    expect(attributes['metadata']).toBe('{"tenant":"acme","stream":"abandoned"}');
  });

  it('hold the prompt and the continuation of a text', async () => {
    const { calls } = await traced(async ({ completions }) => {
      await completions.create({ model, prompt: 'hello' });
      await readAll(await completions.create({ model, ...COUNTED, prompt: 'hello' }));
    });
    for (const { attributes } of calls) {
      expect(attributes).toMatchObject({
        'input.value': 'hello',
        'output.value': 'Hello from the local server.',
        'llm.finish_reason': 'stop',
      });
    }
  });

  it('hold the texts of embeddings and no vectors', async () => {
    const { calls } = await traced(({ embeddings }) =>
      embeddings.create({ model: 'small', input: ['one', 'two'], dimensions: 3 }),
    );
    expect(calls[0]?.attributes).toMatchObject({
      'embedding.model_name': 'text-embedding-3-small',
      'embedding.invocation_parameters': '{"dimensions":3}',
      'embedding.embeddings.0.embedding.text': 'one',
      'embedding.embeddings.1.embedding.text': 'two',
      'llm.token_count.prompt': 7,
    });
    expect(JSON.stringify(calls[0]?.attributes)).not.toContain('0.1');
  });
});

describe('what is given as modules.openai', () => {
  it.each(['namespace', 'class', '{ OpenAI }', '{ default }', 'CommonJS exports'])(
    'may be the %s',
    async (kind) => {
      const esm = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
      const cjs = (await loadSdk('openai6', 'CommonJS')) as OpenAIModule;
      const { OpenAI } = kind === 'CommonJS exports' ? cjs : esm;
      const given = {
        namespace: esm,
        class: OpenAI,
        '{ OpenAI }': { OpenAI },
        '{ default }': { default: OpenAI },
        'CommonJS exports': cjs,
      }[kind];
      const { calls, results } = await runTraced(
        (server) =>
          new OpenAI({ apiKey: 'k', baseURL: server.url }).embeddings.create({ model, input: 'a' }),
        { modules: { openai: given } },
      );
      expect(results).toEqual([{ name: 'openai', status: 'installed', installed: true }]);
      expect(calls).toHaveLength(1);
    },
  );

  it('is exactly the copy that is instrumented', async () => {
    const esm = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
    const cjs = (await loadSdk('openai6', 'CommonJS')) as OpenAIModule;
    const { calls } = await runTraced(
      async (server) => {
        for (const { OpenAI } of [esm, cjs]) {
          const client = new OpenAI({ apiKey: 'k', baseURL: server.url });
          await client.chat.completions.create({ model, messages: user('hello') });
        }
      },
      { modules: { openai: cjs } },
    );
    expect(calls).toHaveLength(1);
  });
});
