import { context, trace, type Attributes } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSpan } from '../../src/index.js';
import { installFrameworks } from './installations.js';
import { startLangSmith, type LangSmithServer } from './langsmith-server.js';
import type { ProviderServer } from './provider-server.js';
import { readAll, runPlain, runTraced, tokenSum, traceIds, type TracedRun } from './scenarios.js';
import { treeOf, type Tree } from './run-tree.js';
import { only } from './span-tree.js';

type Code = (...args: never[]) => unknown;
interface OpenAI {
  readonly chat: { readonly completions: { create(body: unknown): Promise<never> } };
}
interface Frameworks {
  readonly langsmith: unknown;
  readonly manager: unknown;
  readonly openai: { readonly OpenAI: new (options: unknown) => OpenAI };
  readonly traceable: (code: Code, options: unknown) => (...args: unknown[]) => Promise<unknown>;
  readonly wrapOpenAI: (client: OpenAI) => OpenAI;
  readonly anthropic: unknown;
  readonly ChatOpenAI: ChatModel;
  readonly ChatAnthropic: ChatModel;
}
type ChatModel = new (fields: unknown) => {
  invoke(input: unknown): Promise<unknown>;
  stream(input: unknown): Promise<AsyncIterable<unknown>>;
};

const model = 'gpt-4.1-mini';
const user = (content: string): readonly unknown[] => [{ role: 'user', content }];
const STREAM = { model, stream: true, stream_options: { include_usage: true } };

let all: Frameworks;
let langSmith: LangSmithServer;

function connectLangSmith(mode: string): void {
  beforeAll(async () => {
    langSmith = await startLangSmith();
    Object.assign(process.env, langSmith.env, { LANGSMITH_TRACING_MODE: mode });
    const { directory, load } = await installFrameworks('langchain1');
    process.chdir(directory);
    const of = async (specifier: string): Promise<object> => (await load(specifier)) as object;
    all = {
      langsmith: await of('langsmith'),
      manager: await of('@langchain/core/callbacks/manager'),
      openai: await of('openai'),
      ...(await of('langsmith/traceable')),
      ...(await of('langsmith/wrappers')),
      anthropic: await of('@anthropic-ai/sdk'),
      ...(await of('@langchain/openai')),
      ...(await of('@langchain/anthropic')),
    } as unknown as Frameworks;
  });
  afterAll(() => langSmith.close());
}

function clientOf({ openai }: Frameworks, { url }: ProviderServer): OpenAI {
  return new openai.OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 });
}

function userSpan(name: string): void {
  trace.getTracer('application').startSpan(name).end();
}

async function agentOf(server: ProviderServer): Promise<unknown> {
  const { traceable, wrapOpenAI, ChatOpenAI } = all;
  const client = wrapOpenAI(clientOf(all, server));
  const lookUp = traceable(() => [{ page_content: 'Paris is warm.', metadata: { page: 1 } }], {
    name: 'lookUp',
    run_type: 'retriever',
  });
  const getWeather = traceable(
    async ({ city }: { city: string }) => {
      userSpan('user-in-tool');
      await clientOf(all, server).chat.completions.create({ model, messages: user('hello') });
      return `18 degrees in ${city}`;
    },
    { name: 'getWeather', run_type: 'tool' },
  );
  const llm = new ChatOpenAI({ model, apiKey: 'k', configuration: { baseURL: server.url } });
  const agent = traceable(
    async (question: string) => {
      userSpan('user-in-agent');
      await lookUp(question);
      await getWeather({ city: 'Paris' });
      await client.chat.completions.create({ model, messages: user(question) });
      await readAll(await client.chat.completions.create({ ...STREAM, messages: user(question) }));
      await llm.invoke(question);
      return 'done';
    },
    { name: 'agent', metadata: { session_id: 'session-1' }, tags: ['demo'] },
  );
  return agent('hello');
}

const AGENT: Tree[number] = [
  'agent CHAIN',
  [
    'user-in-agent CHAIN',
    'lookUp RETRIEVER',
    ['getWeather TOOL', ['user-in-tool CHAIN', 'OpenAI Chat Completions LLM']],
    'ChatOpenAI LLM',
    'ChatOpenAI LLM',
    'ChatOpenAI LLM',
  ],
];

interface Case {
  readonly name: string;
  readonly run: (server: ProviderServer) => Promise<unknown>;
  readonly tree: Tree;
}
const CASES: readonly Case[] = [
  { name: 'an agent', run: agentOf, tree: [AGENT] },
  {
    name: 'an agent inside agentSpan',
    run: (server) =>
      agentSpan({ agentId: 'support', agentName: 'Support' }, async (span) => {
        const answer = await agentOf(server);
        await new all.ChatOpenAI({
          model,
          apiKey: 'k',
          configuration: { baseURL: server.url },
        }).invoke('hello');
        span.setOutput('all done');
        return answer;
      }),
    tree: [['Support.run AGENT', [AGENT, 'ChatOpenAI LLM']]],
  },
  {
    name: 'a stream that nobody calls',
    run: async (server) =>
      readAll(
        await all.wrapOpenAI(clientOf(all, server)).chat.completions.create({
          ...STREAM,
          messages: user('tool please'),
        }),
      ),
    tree: ['ChatOpenAI LLM'],
  },
  {
    name: 'a model of the application that says no usage',
    run: (server) =>
      all.traceable(
        async (question: string) => {
          const answer: { choices: readonly { message: { content: string } }[] } = await clientOf(
            all,
            server,
          ).chat.completions.create({ model, messages: user(question) });
          return answer.choices[0]?.message.content;
        },
        { name: 'ask', run_type: 'llm' },
      )('hello'),
    tree: ['ask LLM'],
  },
  {
    name: 'what models of LangChain answer',
    run: async ({ url, origin }) => {
      const fields = { model, apiKey: 'k', configuration: { baseURL: url } };
      const models = [
        new all.ChatOpenAI(fields),
        new all.ChatOpenAI({ ...fields, useResponsesApi: true }),
        new all.ChatAnthropic({ model: 'claude', apiKey: 'k', anthropicApiUrl: origin }),
      ];
      for (const each of models) {
        await each.invoke('hello');
        await readAll(await each.stream('hello'));
      }
    },
    tree: [
      ...Array.from({ length: 4 }, () => 'ChatOpenAI LLM'),
      ...Array.from({ length: 2 }, () => 'ChatAnthropic LLM'),
    ],
  },
  {
    name: 'a generator, read to its end and not',
    run: async (server) => {
      const words = all.traceable(
        async function* words() {
          userSpan('user-in-generator');
          await clientOf(all, server).chat.completions.create({ model, messages: user('hello') });
          yield 'one';
          yield 'two';
        },
        { name: 'words' },
      ) as unknown as () => Promise<AsyncIterable<unknown>>;
      const read = await readAll(await words());
      for await (const word of await words()) if (word === 'one') break;
      return read;
    },
    tree: [
      ['words CHAIN', ['user-in-generator CHAIN', 'OpenAI Chat Completions LLM']],
      ['words CHAIN', ['user-in-generator CHAIN', 'OpenAI Chat Completions LLM']],
    ],
  },
  {
    name: 'an error',
    run: (server) => {
      const bad = all.traceable(
        async () => {
          await clientOf(all, server).chat.completions.create({ model, messages: user('err401') });
        },
        { name: 'bad', run_type: 'tool' },
      );
      return bad();
    },
    tree: [['bad TOOL', ['OpenAI Chat Completions LLM']]],
  },
];

function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, each: unknown) => (key === 'id' ? undefined : each)),
  );
}

/** LangSmith's clients keep the mode of their process: each has a test file of its own. */
export function describeMode(mode: 'langsmith' | 'otel'): void {
  describe(`LangSmith in mode ${mode}`, () => modeTests(mode));
}

function modeTests(mode: 'langsmith' | 'otel'): void {
  connectLangSmith(mode);

  function traced(run: Case['run']): Promise<TracedRun> {
    const { manager: langchain, langsmith, openai, anthropic } = all;
    return runTraced(run, { modules: { langchain, langsmith, openai, anthropic } });
  }

  it.each(CASES)('has $name counted once, in one trace', async ({ run, tree }) => {
    const plain = await runPlain(run);
    const { outcome, spans, calls, bill, unhandled } = await traced(run);
    expect(withoutIds(outcome)).toEqual(withoutIds(plain));
    expect(unhandled).toEqual([]);
    expect(treeOf(calls)).toEqual(tree);
    expect(tokenSum(spans)).toEqual(bill);
    expect(traceIds(spans).size).toBe(1);
  });

  it.each(CASES)('has $name counted once where LangChain is not connected', async ({ run }) => {
    const { langsmith, openai, anthropic } = all;
    const { spans, bill } = await runTraced(run, { modules: { langsmith, openai, anthropic } });
    expect(tokenSum(spans)).toEqual(bill);
    expect(traceIds(spans).size).toBe(1);
  });

  it('says what was asked and answered, by whom', async () => {
    const { calls } = await traced(agentOf);
    const of = (name: string): Attributes => only(calls, name).attributes;
    expect(of('agent')).toMatchObject({
      'session.id': 'session-1',
      'tag.tags': ['demo'],
      'input.value': 'hello',
      'output.value': 'done',
    });
    expect(new Set(calls.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
    expect(of('lookUp')).toMatchObject({
      'input.value': 'hello',
      'retrieval.documents.0.document.content': 'Paris is warm.',
      'retrieval.documents.0.document.metadata': '{"page":1}',
    });
    expect(of('getWeather')).toMatchObject({
      'tool.name': 'getWeather',
      'tool.parameters': '{"city":"Paris"}',
      'output.value': '18 degrees in Paris',
    });
    for (const { attributes } of calls.filter(({ name }) => name === 'ChatOpenAI')) {
      expect(attributes).toMatchObject({
        'llm.system': 'openai',
        'llm.provider': 'openai',
        'llm.model_name': 'gpt-4.1-mini-2025-04-14',
        'llm.finish_reason': 'stop',
        'llm.token_count.prompt_details.cache_read': 64,
        'llm.input_messages.0.message.content': 'hello',
        'llm.output_messages.0.message.content': 'Hello from the local server.',
      });
    }
  });

  it('counts an answer that JSON cannot say', async () => {
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };
    const content = [{ type: 'score', value: 10n }];
    const answer = { role: 'assistant', content, usage_metadata: usage };
    const { calls } = await traced(() =>
      all.traceable(() => answer, { name: 'ask', run_type: 'llm' })('hello'),
    );
    expect(tokenSum(calls)).toEqual({ prompt: 5, completion: 2 });
  });

  it('says what failed', async () => {
    const { calls } = await traced((server) => CASES.at(-1)?.run(server) ?? Promise.resolve());
    expect(only(calls, 'bad')).toMatchObject({ status: { code: 2 } });
    expect(only(calls, 'bad').events[0]?.attributes).toMatchObject({
      'exception.message': expect.stringContaining('Incorrect API key'),
    });
  });

  it('keeps content at home where it is hidden', async () => {
    const { manager: langchain, langsmith, openai } = all;
    const { calls } = await runTraced(
      async (server) => {
        await agentOf(server);
        await CASES.at(-1)
          ?.run(server)
          .catch(() => {});
      },
      { modules: { langchain, langsmith, openai }, privacy: { captureMessageContent: false } },
    );
    const sent = JSON.stringify(
      calls.map(({ attributes, events, status }) => ({ attributes, events, status })),
    );
    for (const said of ['hello', 'Hello', 'Paris', '18 degrees', 'done', 'sk-secret']) {
      expect(sent).not.toContain(said);
    }
    expect(sent).toContain('llm.token_count.prompt');
  });

  it('is posted to as without tracing', async () => {
    const before = langSmith.posts;
    await traced(agentOf);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // In mode `otel` LangSmith posts nothing by itself.
    if (mode === 'otel') expect(langSmith.posts).toBe(before);
    else expect(langSmith.posts).toBeGreaterThan(before);
  });
}

export function describeNative(): void {
  describe('LangSmith that makes spans of its own', nativeTests);
}

function nativeTests(): void {
  connectLangSmith('otel');
  const keys = { trace: Symbol.for('ls:otel_trace'), context: Symbol.for('ls:otel_context') };
  beforeAll(() => {
    // What its `initializeOTEL()` does.
    Reflect.set(globalThis, keys.trace, trace);
    Reflect.set(globalThis, keys.context, context);
  });
  afterAll(() => {
    for (const key of Object.values(keys)) Reflect.deleteProperty(globalThis, key);
  });

  it('has them mapped and counted once, and ends nobody else’s', async () => {
    const { manager: langchain, langsmith, openai } = all;
    const { spans, bill } = await runTraced(
      async (server) => {
        await agentSpan({ agentId: 'support', agentName: 'Support' }, async (span) => {
          await agentOf(server);
          await new Promise((resolve) => setTimeout(resolve, 500));
          span.setOutput('all done');
        });
      },
      { modules: { langchain, langsmith, openai } },
    );
    const of = (name: string): Attributes =>
      spans.find((span) => span.name === name)?.attributes ?? {};
    expect(of('Support.run')).toMatchObject({ 'output.value': 'all done' });
    expect(Object.keys(of('Support.run')).filter((key) => key.startsWith('langsmith'))).toEqual([]);
    expect(of('lookUp')).toMatchObject({
      'openinference.span.kind': 'RETRIEVER',
      'retrieval.documents.0.document.content': 'Paris is warm.',
    });
    expect(of('getWeather')).toMatchObject({ 'openinference.span.kind': 'TOOL' });
    expect(tokenSum(spans)).toEqual(bill);
    expect(traceIds(spans).size).toBe(1);
  });
}
