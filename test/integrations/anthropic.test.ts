import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSdk, type ModuleFormat, type SdkVersion } from './installations.js';
import type { ProviderServer } from './provider-server.js';
import {
  PROMPT,
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

/** What the scenarios use of the SDK, in every version. */
interface ApiPromise extends Promise<AsyncIterable<unknown>> {
  withResponse(): Promise<{ data: unknown; response: Response }>;
  asResponse(): Promise<Response>;
}
interface Helper extends AsyncIterable<unknown> {
  finalMessage(): Promise<unknown>;
  on(event: string, listener: (value: unknown) => void): Helper;
}
interface Messages {
  create(body: unknown, options?: unknown): ApiPromise;
  stream(body: unknown): Helper;
  parse?(body: unknown): Promise<{ readonly parsed_output: unknown }>;
}
interface Client {
  messages: Messages;
  beta: { messages: Messages };
}
interface AnthropicModule {
  readonly Anthropic: new (options: unknown) => Client;
}

const COPIES: readonly (readonly [SdkVersion, ModuleFormat])[] = [
  ['anthropic060', 'ESM'],
  ['anthropic060', 'CommonJS'],
  ['anthropic122', 'ESM'],
  ['anthropic122', 'CommonJS'],
  ['anthropic1', 'ESM'],
  ['anthropic1', 'CommonJS'],
];

const base = { model: 'claude-test', max_tokens: 100 };
const user = (content: unknown): readonly unknown[] => [{ role: 'user', content }];
const LLM = 'Anthropic Messages LLM';
const NATIVE = 'anthropic.messages.create CHAIN';

interface Case {
  readonly name: string;
  readonly run: (client: Client, server: ProviderServer) => Promise<unknown>;
  /** Default: one call. */
  readonly calls?: number;
  /** The provider charges, and the SDK shows nobody what. */
  readonly isUnknownToSdk?: true;
}

const ROUND_TRIP = [
  { role: 'user', content: 'tool please' },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Checking.' },
      { type: 'tool_use', id: 'toolu_AAA', name: 'getWeather', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'toolu_BBB', name: 'getTime', input: { city: 'Paris' } },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: 'toolu_AAA', content: '18' },
      {
        type: 'tool_result',
        tool_use_id: 'toolu_BBB',
        content: [{ type: 'text', text: 'noon' }],
      },
      { type: 'text', text: 'And?' },
    ],
  },
];

const CASES: readonly Case[] = [
  {
    name: 'a message',
    run: ({ messages }) =>
      messages.create({ ...base, system: 'Be terse.', messages: user('hello') }),
  },
  {
    name: 'a stream with tool calls',
    run: async ({ messages }) =>
      readAll(await messages.create({ ...base, stream: true, messages: user('tool please') })),
  },
  {
    name: 'the stream helper',
    run: ({ messages }) => messages.stream({ ...base, messages: user('think') }).finalMessage(),
  },
  {
    name: 'the stream helper, read by event',
    run: ({ messages }) => readAll(messages.stream({ ...base, messages: user('hello') })),
  },
  {
    name: 'a call in a listener of the stream helper',
    run: async ({ messages }) => {
      const stream = messages.stream({ ...base, messages: user('hello') });
      const inner: Promise<unknown>[] = [];
      stream.on('message', () => {
        inner.push(messages.create({ ...base, messages: user('hello') }));
      });
      return [await stream.finalMessage(), ...(await Promise.all(inner))];
    },
    calls: 2,
  },
  {
    name: 'a round trip through tools',
    run: ({ messages }) => messages.create({ ...base, messages: ROUND_TRIP }),
  },
  {
    name: 'a beta message',
    run: ({ beta }) => beta.messages.create({ ...base, messages: user('hello') }),
  },
  {
    name: 'the beta stream helper',
    run: ({ beta }) => beta.messages.stream({ ...base, messages: user('hello') }).finalMessage(),
  },
  {
    name: 'withResponse()',
    run: async ({ messages }) => {
      const promise = messages.create({ ...base, messages: user('hello') });
      const { data, response, ...ids } = await promise.withResponse();
      return { data, status: response.status, ids };
    },
  },
  {
    name: 'asResponse()',
    run: async ({ messages }) => {
      const promise = messages.create({ ...base, messages: user('hello') });
      return (await promise.asResponse()).json();
    },
    isUnknownToSdk: true,
  },
  {
    name: 'a refused key',
    run: ({ messages }) => messages.create({ ...base, messages: user('err401') }),
  },
  {
    name: 'a refused key in the stream helper',
    run: ({ messages }) => messages.stream({ ...base, messages: user('err401') }).finalMessage(),
  },
  {
    name: 'a retry',
    run: ({ messages }) =>
      messages.create({ ...base, messages: user('once429') }, { maxRetries: 1 }),
  },
  {
    name: 'a connection that breaks',
    run: async ({ messages }) =>
      readAll(await messages.create({ ...base, stream: true, messages: user('drop') })),
  },
  {
    name: 'an error event',
    run: async ({ messages }) =>
      readAll(await messages.create({ ...base, stream: true, messages: user('overloaded') })),
  },
  {
    name: 'a reader that stops',
    run: async ({ messages }, server) => {
      const body = { ...base, stream: true, messages: user('slow') };
      return readOneAndBreak(await messages.create(body), server);
    },
  },
  {
    name: 'no messages',
    run: ({ messages }) => messages.create({ ...base, messages: undefined }),
  },
  {
    name: 'a body that JSON cannot say',
    run: ({ messages }) => messages.create({ ...base, messages: user('hello'), top_k: 5n }),
  },
];

describe.each(COPIES)('%s, %s', (version, format) => {
  let module: AnthropicModule;
  beforeAll(async () => {
    module = (await loadSdk(version, format)) as AnthropicModule;
  });

  function scenario({ run }: Pick<Case, 'run'>): Scenario {
    return async (server) => {
      const options = { apiKey: 'no-key', baseURL: server.origin, maxRetries: 0 };
      return run(new module.Anthropic(options), server);
    };
  }

  it.each(CASES)('$name: counted as billed, and nothing else changes', async (given) => {
    const plain = await runPlain(scenario(given));
    const traced = await runTraced(scenario(given), { modules: { anthropic: module } });
    expect(traced.outcome).toEqual(plain);
    expect(traced.unhandled).toEqual([]);
    const count = given.calls ?? 1;
    const shape = shapeOf(traced.calls);
    expect(shape.filter((span) => span === LLM)).toHaveLength(count);
    expect(shape.filter((span) => span === NATIVE)).toHaveLength(
      version === 'anthropic1' ? count : 0,
    );
    expect(shape).toHaveLength(version === 'anthropic1' ? 2 * count : count);
    expect(traceIds(traced.spans).size).toBe(1);
    const nothing = { prompt: 0, completion: 0 };
    expect(tokenSum(traced.spans)).toEqual(given.isUnknownToSdk ? nothing : traced.bill);
  });

  it('parses structured output', async () => {
    const run = async ({ messages }: Client): Promise<unknown> =>
      (
        await messages.parse?.({
          ...base,
          messages: user('json'),
          output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
        })
      )?.parsed_output;
    const plain = await runPlain(scenario({ run }));
    const traced = await runTraced(scenario({ run }), { modules: { anthropic: module } });
    expect(traced.outcome).toEqual(plain);
    expect(tokenSum(traced.spans)).toEqual(traced.bill);
  });

  it('is as it was after shutdown()', async () => {
    const call = scenario(CASES[0] ?? { run: () => Promise.resolve() });
    const options = { modules: { anthropic: module } };
    const llmSpans = ({ calls }: TracedRun): number =>
      shapeOf(calls).filter((span) => span === LLM).length;
    expect(llmSpans(await runTraced(call, options))).toBe(1);
    expect(llmSpans(await runTraced(call, {}))).toBe(0);
    expect(llmSpans(await runTraced(call, options))).toBe(1);
  });
});

describe('the spans', () => {
  let module: AnthropicModule;
  beforeAll(async () => {
    module = (await loadSdk('anthropic1', 'ESM')) as AnthropicModule;
  });

  async function callsOf(run: Case['run'], isWrapped = true): Promise<readonly ReadableSpan[]> {
    const scenario: Scenario = (server) =>
      run(new module.Anthropic({ apiKey: 'k', baseURL: server.origin, maxRetries: 0 }), server);
    return (await runTraced(scenario, isWrapped ? { modules: { anthropic: module } } : {})).calls;
  }

  async function attributesOf(run: Case['run']): Promise<ReadableSpan['attributes']> {
    const calls = await callsOf(run);
    return calls.find(({ name }) => name === 'Anthropic Messages')?.attributes ?? {};
  }

  it('hold a conversation with its tools, results, thoughts and pictures', async () => {
    const image = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
    const attributes = await attributesOf(({ messages }) =>
      messages.create({
        ...base,
        temperature: 0,
        system: [{ type: 'text', text: 'Be terse.', cache_control: { type: 'ephemeral' } }],
        messages: [
          { role: 'user', content: [{ type: 'image', source: image }] },
          ...ROUND_TRIP.slice(1),
        ],
        tools: [{ name: 'getWeather', input_schema: { type: 'object' } }],
      }),
    );
    const input = 'llm.input_messages.';
    expect(attributes).toMatchObject({
      'llm.model_name': 'claude-sonnet-4-5-20250929',
      'llm.request.model_name': 'claude-test',
      'llm.system': 'anthropic',
      'llm.token_count.prompt': 3050,
      'llm.token_count.completion': 40,
      'llm.token_count.total': 3090,
      'llm.token_count.prompt_details.cache_read': 2000,
      'llm.token_count.prompt_details.cache_write': 1000,
      'llm.finish_reason': 'end_turn',
      'llm.invocation_parameters': '{"max_tokens":100,"temperature":0}',
      'llm.tools.0.tool.json_schema': '{"name":"getWeather","input_schema":{"type":"object"}}',
      [`${input}0.message.role`]: 'system',
      [`${input}0.message.content`]: 'Be terse.',
      [`${input}1.message.contents.0.message_content.image.image.url`]:
        'data:image/png;base64,iVBORw0KGgo=',
      [`${input}2.message.content`]: 'Checking.',
      [`${input}2.message.tool_calls.1.tool_call.id`]: 'toolu_BBB',
      [`${input}2.message.tool_calls.1.tool_call.function.arguments`]: '{"city":"Paris"}',
      [`${input}3.message.role`]: 'tool',
      [`${input}3.message.tool_call_id`]: 'toolu_AAA',
      [`${input}3.message.content`]: '18',
      [`${input}4.message.tool_call_id`]: 'toolu_BBB',
      [`${input}4.message.content`]: 'noon',
      [`${input}5.message.role`]: 'user',
      [`${input}5.message.content`]: 'And?',
    });
  });

  it('put the blocks of a stream together', async () => {
    const thought = await attributesOf(async ({ messages }) =>
      readAll(await messages.create({ ...base, stream: true, messages: user('think') })),
    );
    const output = 'llm.output_messages.0.message.';
    expect(thought).toMatchObject({
      [`${output}contents.0.message_content.type`]: 'reasoning',
      [`${output}contents.0.message_content.text`]: 'I think.',
      [`${output}contents.0.message_content.signature`]: 'sig',
      'output.value': 'Hello from the local server.',
    });
    const called = await attributesOf(async ({ messages }) =>
      readAll(await messages.create({ ...base, stream: true, messages: user('tool please') })),
    );
    expect(called).toMatchObject({
      [`${output}content`]: 'Checking.',
      [`${output}tool_calls.0.tool_call.function.arguments`]: '{"city":"Paris"}',
      'llm.finish_reason': 'tool_use',
    });
  });

  it('say how a call ended', async () => {
    const calls = await callsOf(async (client, server) => {
      for (const name of ['a refused key', 'an error event', 'a reader that stops']) {
        await CASES.find((each) => each.name === name)
          ?.run(client, server)
          .catch(() => {});
      }
    });
    const [refused, overloaded, stopped] = calls.filter(
      ({ name }) => name === 'Anthropic Messages',
    );
    expect(refused?.status.code).toBe(2);
    expect(refused?.events[0]?.attributes?.['exception.type']).toBe('AuthenticationError');
    expect(overloaded).toMatchObject({
      status: { code: 2 },
      attributes: { 'output.value': 'Hello' },
    });
    expect(stopped).toMatchObject({
      status: { code: 0 },
      attributes: { metadata: '{"stream":"abandoned"}' },
    });
    for (const span of [refused, overloaded, stopped]) {
      expect(span?.attributes).not.toHaveProperty([PROMPT]);
    }
  });

  it('of the SDK itself stand below ours and count nothing', async () => {
    const calls = await callsOf(({ messages }) =>
      messages.stream({ ...base, messages: user('hello') }).finalMessage(),
    );
    const ours = calls.find(({ name }) => name === 'Anthropic Messages');
    const native = calls.find(({ name }) => name === 'anthropic.messages.create');
    expect(native?.parentSpanContext?.spanId).toBe(ours?.spanContext().spanId);
    const keys = Object.keys(native?.attributes ?? {});
    expect(keys.filter((key) => key.startsWith('gen_ai.usage.'))).toEqual([]);
    expect(keys).not.toContain('gen_ai.operation.name');
    expect(keys).toContain('anthropic.request.id');
    expect(keys).toContain('gen_ai.response.time_to_first_chunk');
  });

  it('of the SDK itself are the model calls where nothing wraps it', async () => {
    const calls = await callsOf(
      ({ messages }) => messages.create({ ...base, messages: user('hello') }),
      false,
    );
    expect(shapeOf(calls)).toEqual(['anthropic.messages.create LLM']);
    expect(calls[0]?.attributes).toMatchObject({
      'llm.model_name': 'claude-sonnet-4-5-20250929',
      'llm.provider': 'anthropic',
      'llm.token_count.prompt': 3050,
      'llm.token_count.completion': 40,
      'llm.token_count.prompt_details.cache_read': 2000,
      'llm.finish_reason': 'end_turn',
    });
  });
});
