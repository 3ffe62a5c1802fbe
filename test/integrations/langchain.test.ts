import { tmpdir } from 'node:os';
import { SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { setup } from '../../src/index.js';
import { instrumentLangChain } from '../../src/langchain.js';
import { instrumentLangGraph } from '../../src/langgraph.js';
import { installFrameworks, type FrameworkVersion } from './installations.js';
import type { ProviderServer } from './provider-server.js';
import { treeOf, type Tree } from './run-tree.js';
import { only } from './span-tree.js';
import {
  readAll,
  readOneAndBreak,
  runPlain,
  runToShutdown,
  runTraced,
  tokenSum,
  traceIds,
  type TracedRun,
} from './scenarios.js';

/** What the scenarios use of LangChain, in both majors. */
interface Runnable {
  invoke(input: unknown, config?: unknown): Promise<unknown>;
  stream(input: unknown, config?: unknown): Promise<AsyncIterable<unknown>>;
  streamEvents(input: unknown, config: unknown): AsyncIterable<unknown>;
  batch(inputs: readonly unknown[]): Promise<unknown>;
  pipe(next: unknown): Runnable;
  withFallbacks(others: readonly Runnable[]): Runnable;
  bindTools(tools: readonly unknown[]): Runnable;
}
type New = new (fields: unknown) => Runnable;
interface Graph {
  addNode(name: string, node: unknown): Graph;
  addEdge(from: string, to: string): Graph;
  addConditionalEdges(from: string, choose: (state: State) => string): Graph;
  compile(options: unknown): Runnable;
}
interface Message {
  readonly content: unknown;
  readonly tool_calls?: readonly unknown[];
}
interface State {
  readonly messages: readonly Message[];
}

interface Frameworks {
  readonly directory: string;
  readonly manager: unknown;
  readonly langgraph: unknown;
  readonly openai: { readonly OpenAI: new (options: unknown) => OpenAI };
  readonly anthropic: unknown;
  readonly OpenAI: New;
  readonly ChatOpenAI: New;
  readonly ChatAnthropic: New;
  readonly StringOutputParser: New;
  readonly InMemoryCache: new () => unknown;
  readonly RunnableLambda: { from(code: (input: never) => unknown): Runnable };
  readonly BaseRetriever: new () => Runnable;
  readonly ChatPromptTemplate: { fromMessages(messages: unknown): Runnable };
  readonly tool: (code: (input: never) => unknown, fields: unknown) => Runnable;
  readonly StateGraph: new (annotation: unknown) => Graph;
  readonly MessagesAnnotation: unknown;
  readonly MemorySaver: new () => unknown;
  readonly interrupt: (value: unknown) => unknown;
  readonly ToolNode: new (tools: readonly unknown[]) => unknown;
  readonly createAgent: ((options: unknown) => Runnable) | undefined;
  readonly z: { object(shape: unknown): unknown; string(): unknown };
}
interface OpenAI {
  readonly chat: { readonly completions: { create(body: unknown): Promise<unknown> } };
}

async function loadFrameworks(version: FrameworkVersion): Promise<Frameworks> {
  const { directory, load } = await installFrameworks(version);
  const of = async (specifier: string): Promise<object> => (await load(specifier)) as object;
  const langgraph = await of('@langchain/langgraph');
  return {
    directory,
    langgraph,
    manager: await of('@langchain/core/callbacks/manager'),
    openai: await of('openai'),
    anthropic: await of('@anthropic-ai/sdk'),
    createAgent: undefined,
    ...(await of('@langchain/openai')),
    ...(await of('@langchain/anthropic')),
    ...(await of('@langchain/core/output_parsers')),
    ...(await of('@langchain/core/runnables')),
    ...(await of('@langchain/core/retrievers')),
    ...(await of('@langchain/core/prompts')),
    ...(await of('@langchain/core/tools')),
    ...(await of('@langchain/core/caches')),
    ...langgraph,
    ...(await of('@langchain/langgraph/prebuilt')),
    ...(version === 'langchain1' && (await of('langchain'))),
    z: ((await of('zod')) as { z: Frameworks['z'] }).z,
  } as unknown as Frameworks;
}

const user = (content: string): readonly unknown[] => [{ role: 'user', content }];
const model = 'gpt-4.1-mini';

function chatModel(
  { ChatOpenAI }: Frameworks,
  { url }: ProviderServer,
  more: object = {},
): Runnable {
  return new ChatOpenAI({
    model,
    apiKey: 'k',
    maxRetries: 0,
    configuration: { baseURL: url },
    ...more,
  });
}

function claude({ ChatAnthropic }: Frameworks, { origin }: ProviderServer): Runnable {
  return new ChatAnthropic({
    model: 'claude',
    apiKey: 'k',
    maxRetries: 0,
    anthropicApiUrl: origin,
  });
}

function userSpan(name: string): void {
  trace.getTracer('application').startSpan(name).end();
}

/** Ids of messages are made up anew in each run, and those of runs. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, each: unknown) =>
      key === 'id' || key === 'lc_kwargs' ? undefined : each,
    ),
  );
}

function weatherTools(
  { tool, openai, z }: Frameworks,
  { url }: ProviderServer,
): readonly Runnable[] {
  const schema = z.object({ city: z.string() });
  const client = new openai.OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 });
  return [
    tool(async () => '18 degrees', { name: 'getWeather', description: 'Weather.', schema }),
    tool(
      async () => {
        userSpan('user-in-tool');
        await client.chat.completions.create({ model, messages: user('hello') });
        return 'noon';
      },
      { name: 'getTime', description: 'Time.', schema },
    ),
  ];
}

function weatherGraph(all: Frameworks, server: ProviderServer): Runnable {
  const tools = weatherTools(all, server);
  const llm = chatModel(all, server).bindTools(tools);
  return new all.StateGraph(all.MessagesAnnotation)
    .addNode('model', async ({ messages }: State) => ({ messages: [await llm.invoke(messages)] }))
    .addNode('tools', new all.ToolNode(tools))
    .addEdge('__start__', 'model')
    .addConditionalEdges('model', ({ messages }) =>
      (messages.at(-1)?.tool_calls?.length ?? 0) > 0 ? 'tools' : '__end__',
    )
    .addEdge('tools', 'model')
    .compile({ name: 'weather-graph' });
}

async function breakGraphStream(all: Frameworks, server: ProviderServer): Promise<unknown> {
  for await (const step of await weatherGraph(all, server).stream({
    messages: user('tool please'),
  })) {
    if (step !== undefined) break;
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return 'stopped';
}

const CHAT = 'ChatOpenAI LLM';
const IN_TOOL: Tree[number] = [
  'getTime TOOL',
  ['user-in-tool CHAIN', 'OpenAI Chat Completions LLM'],
];
const graph = (name: string): Tree => [
  [
    name,
    [
      '__start__ CHAIN',
      ['model CHAIN', [CHAT, 'RunnableLambda CHAIN']],
      ['tools CHAIN', ['getWeather TOOL', IN_TOOL]],
      ['model CHAIN', [CHAT, 'RunnableLambda CHAIN']],
    ],
  ],
];
/** LangGraph 0.4 tells of its steps between nodes as well. */
const WRITES = ['ChannelWrite<...> CHAIN', 'ChannelWrite<branch:to:model> CHAIN'] as const;
const OLD_GRAPH: Tree = [
  [
    'weather-graph CHAIN',
    [
      ['__start__ CHAIN', WRITES],
      ['model CHAIN', [CHAT, 'ChannelWrite<...> CHAIN', 'Branch<model> CHAIN']],
      ['tools CHAIN', ['getWeather TOOL', IN_TOOL, ...WRITES]],
      ['model CHAIN', [CHAT, 'ChannelWrite<...> CHAIN', 'Branch<model> CHAIN']],
    ],
  ],
];

interface Case {
  readonly name: string;
  readonly run: (all: Frameworks, server: ProviderServer) => Promise<unknown>;
  readonly tree: Tree;
  /** With LangGraph 0.4, where it is another one. */
  readonly oldTree?: Tree;
  readonly only?: FrameworkVersion;
}

/** A graph that waits for a human, and what happens in a tool that fails. */
async function waitAndFail(all: Frameworks): Promise<unknown> {
  const waiting = await new all.StateGraph(all.MessagesAnnotation)
    .addNode('ask', () => ({ messages: [all.interrupt('Really?')] }))
    .addEdge('__start__', 'ask')
    .addEdge('ask', '__end__')
    .compile({ name: 'ask-graph', checkpointer: new all.MemorySaver() })
    .invoke({ messages: user('hello') }, { configurable: { thread_id: 'thread-1' } });
  const schema = all.z.object({ city: all.z.string() });
  const failing = all.tool(
    () => {
      throw new RangeError('no clock in Paris');
    },
    { name: 'getTime', description: 'Time.', schema },
  );
  const failure: unknown = await failing.invoke({ city: 'Paris' }).catch((error: unknown) => error);
  return [waiting, String(failure)];
}

const CASES: readonly Case[] = [
  {
    name: 'a call',
    run: (all, server) => chatModel(all, server).invoke(user('hello')),
    tree: [CHAT],
  },
  {
    name: 'a call of Responses',
    run: (all, server) => chatModel(all, server, { useResponsesApi: true }).invoke(user('hello')),
    tree: [CHAT],
  },
  {
    name: 'a stream',
    run: async (all, server) => readAll(await chatModel(all, server).stream(user('tool please'))),
    tree: [CHAT],
  },
  {
    name: 'a stream of Responses',
    run: async (all, server) =>
      readAll(await chatModel(all, server, { useResponsesApi: true }).stream(user('hello'))),
    tree: [CHAT],
  },
  {
    name: 'a model of texts',
    run: (all, { url }) =>
      new all.OpenAI({ model: 'old', apiKey: 'k', configuration: { baseURL: url } }).invoke(
        'hello',
      ),
    tree: ['OpenAI LLM'],
  },
  {
    name: 'a call of Anthropic',
    run: (all, server) => claude(all, server).invoke(user('tool please')),
    tree: ['ChatAnthropic LLM'],
  },
  {
    name: 'a stream of Anthropic',
    run: async (all, server) => readAll(await claude(all, server).stream(user('hello'))),
    tree: ['ChatAnthropic LLM'],
  },
  {
    name: 'a refused key',
    run: (all, server) => chatModel(all, server).invoke(user('err401')),
    tree: [CHAT],
  },
  {
    name: 'a reader that stops',
    run: async (all, server) =>
      readOneAndBreak(await chatModel(all, server).stream(user('slow')), server),
    tree: [CHAT],
  },
  {
    name: 'a reader of a chain that stops',
    run: async (all, server) =>
      readOneAndBreak(
        await chatModel(all, server).pipe(new all.StringOutputParser({})).stream(user('slow')),
        server,
      ),
    tree: [['RunnableSequence CHAIN', [CHAT, 'StrOutputParser CHAIN']]],
  },
  {
    name: 'a reader of a graph that stops',
    run: breakGraphStream,
    tree: [
      [
        'weather-graph CHAIN',
        [
          '__start__ CHAIN',
          ['model CHAIN', [CHAT, 'RunnableLambda CHAIN']],
          ['tools CHAIN', ['getWeather TOOL', 'getTime TOOL']],
        ],
      ],
    ],
    // 0.4 works on in the background: see below.
    only: 'langchain1',
  },
  {
    name: 'a second model after the first failed',
    run: (all, server) => {
      const broken = chatModel(all, { ...server, url: 'http://127.0.0.1:1/v1' });
      return broken.withFallbacks([chatModel(all, server)]).invoke(user('hello'));
    },
    tree: [['RunnableWithFallbacks CHAIN', [CHAT, CHAT]]],
  },
  {
    name: 'two at once',
    run: (all, server) => chatModel(all, server).batch([user('hello'), user('json')]),
    tree: [CHAT, CHAT],
  },
  {
    name: 'an answer from the cache',
    run: async (all, server) => {
      const llm = chatModel(all, server, { cache: new all.InMemoryCache() });
      return [await llm.invoke(user('hello')), await llm.invoke(user('hello'))];
    },
    tree: [CHAT, CHAT],
  },
  {
    name: 'a chain',
    run: (all, server) =>
      all.ChatPromptTemplate.fromMessages([
        ['system', 'Be kind to {name}.'],
        ['human', '{question}'],
      ])
        .pipe(chatModel(all, server))
        .pipe(new all.StringOutputParser({}))
        .invoke({ name: 'Ann', question: 'hello' }),
    tree: [
      ['RunnableSequence CHAIN', ['ChatPromptTemplate PROMPT', CHAT, 'StrOutputParser CHAIN']],
    ],
  },
  {
    name: 'a lambda with a span of the application',
    run: (all, server) =>
      all.RunnableLambda.from(async (question: string) => {
        userSpan('user-in-lambda');
        return trace.getTracer('application').startActiveSpan('around', async (span) => {
          const answer = await chatModel(all, server).invoke(user(question));
          span.end();
          return answer;
        });
      }).invoke('hello'),
    tree: [['RunnableLambda CHAIN', ['user-in-lambda CHAIN', ['around CHAIN', [CHAT]]]]],
  },
  {
    name: 'a retriever',
    run: (all) => {
      class Library extends all.BaseRetriever {
        readonly lc_namespace = ['application'];
        _getRelevantDocuments(): Promise<unknown> {
          return Promise.resolve([
            { pageContent: 'Paris is warm.', metadata: { source: 'book', score: 0.9 }, id: 'd1' },
          ]);
        }
      }
      return new Library().invoke('weather');
    },
    tree: ['Library RETRIEVER'],
  },
  {
    name: 'a graph',
    run: (all, server) =>
      weatherGraph(all, server).invoke(
        { messages: user('tool please') },
        { configurable: { thread_id: 'thread-1' } },
      ),
    tree: graph('weather-graph CHAIN'),
    oldTree: OLD_GRAPH,
  },
  {
    name: 'a graph as a stream',
    run: async (all, server) =>
      readAll(await weatherGraph(all, server).stream({ messages: user('tool please') })),
    tree: graph('weather-graph CHAIN'),
    oldTree: OLD_GRAPH,
  },
  {
    name: 'a graph as a stream of events',
    run: async (all, server) => {
      const events = weatherGraph(all, server).streamEvents(
        { messages: user('tool please') },
        { version: 'v2' },
      );
      return (await readAll(events)).length;
    },
    tree: graph('weather-graph CHAIN'),
    oldTree: OLD_GRAPH,
  },
  {
    name: 'a graph that waits, and a tool that fails',
    run: waitAndFail,
    tree: [['ask-graph CHAIN', ['__start__ CHAIN', 'ask CHAIN']], 'getTime TOOL'],
    oldTree: [
      [
        'ask-graph CHAIN',
        [['__start__ CHAIN', [WRITES[0], 'ChannelWrite<branch:to:ask> CHAIN']], 'ask CHAIN'],
      ],
      'getTime TOOL',
    ],
  },
  {
    name: 'an agent',
    run: async (all, server) =>
      all
        .createAgent?.({
          model: chatModel(all, server),
          tools: weatherTools(all, server),
          name: 'weather',
        })
        .invoke({ messages: user('tool please') }),
    tree: [
      [
        'weather AGENT',
        [
          '__start__ CHAIN',
          ['model_request CHAIN', [CHAT, 'RunnableLambda CHAIN']],
          ['tools CHAIN', ['getWeather TOOL']],
          ['tools CHAIN', [IN_TOOL]],
          ['model_request CHAIN', [CHAT, 'RunnableLambda CHAIN']],
        ],
      ],
    ],
    only: 'langchain1',
  },
];

describe.each<FrameworkVersion>(['langchain1', 'langchain03'])('%s', (version) => {
  let all: Frameworks;
  beforeAll(async () => {
    all = await loadFrameworks(version);
    // An application runs where its packages are.
    process.chdir(all.directory);
  });

  function traced(run: Case['run']): Promise<TracedRun> {
    const { manager: langchain, langgraph, openai, anthropic } = all;
    return runTraced((server) => run(all, server), {
      modules: { langchain, langgraph, openai, anthropic },
    });
  }

  describe.each(CASES.filter((each) => each.only === undefined || each.only === version))(
    '$name',
    ({ run, tree, oldTree }) => {
      it('is counted once, in one trace, and comes out as without tracing', async () => {
        const plain = await runPlain((server) => run(all, server));
        const { outcome, spans, calls, bill, unhandled } = await traced(run);
        expect(withoutIds(outcome)).toEqual(withoutIds(plain));
        expect(unhandled).toEqual([]);
        expect(treeOf(calls)).toEqual(version === 'langchain03' ? (oldTree ?? tree) : tree);
        expect(tokenSum(spans)).toEqual(bill);
        expect(traceIds(spans).size).toBe(1);
      });
    },
  );

  it('says what was asked and answered, by whom', async () => {
    const { calls } = await traced((each, server) =>
      weatherGraph(each, server).invoke(
        { messages: user('tool please') },
        { configurable: { thread_id: 'thread-1' }, tags: ['demo'] },
      ),
    );
    const of = (name: string): Attributes =>
      calls.findLast((span) => span.name === name)?.attributes ?? {};
    expect(new Set(calls.map(({ attributes }) => attributes['session.id']))).toEqual(
      new Set(['thread-1']),
    );
    expect(of('ChatOpenAI')).toMatchObject({
      'llm.system': 'openai',
      'llm.provider': 'openai',
      'llm.model_name': 'gpt-4.1-mini-2025-04-14',
      'llm.request.model_name': model,
      'llm.finish_reason': 'stop',
      'llm.token_count.prompt_details.cache_read': 64,
      'llm.token_count.completion_details.reasoning': 8,
      'tag.tags': ['demo'],
      'input.value': 'tool please',
      'output.value': 'It is 18 degrees at noon.',
      'llm.input_messages.1.message.tool_calls.1.tool_call.id': 'call_BBB',
      'llm.input_messages.1.message.tool_calls.1.tool_call.function.arguments': '{"city":"Paris"}',
      'llm.input_messages.3.message.role': 'tool',
      'llm.input_messages.3.message.tool_call_id': 'call_BBB',
      'llm.input_messages.3.message.content': 'noon',
      'llm.output_messages.0.message.content': 'It is 18 degrees at noon.',
    });
    expect(of('ChatOpenAI')['llm.tools.1.tool.json_schema']).toContain('"getTime"');
    expect(of('getTime')).toMatchObject({
      'tool.name': 'getTime',
      'tool.description': 'Time.',
      'tool.parameters': '{"city":"Paris"}',
      'tool_call.id': 'call_BBB',
      'input.value': '{"city":"Paris"}',
      'input.mime_type': 'application/json',
      'output.value': 'noon',
    });
    expect(of('tools')).toMatchObject({
      'graph.node.id': 'tools',
      'graph.node.parent_id': 'model',
    });
    expect(of('model')).toMatchObject({
      'graph.node.id': 'model',
      'graph.node.parent_id': 'tools',
    });
    expect(of('weather-graph')).toMatchObject({
      'input.value': '{"messages":[{"role":"user","content":"tool please"}]}',
    });
    expect(JSON.stringify(calls.map(({ attributes }) => attributes))).not.toContain('constructor');
  });

  it('says how each kind of run went', async () => {
    const names = [
      'a chain',
      'a retriever',
      'an answer from the cache',
      'a refused key',
      'a reader that stops',
      'a stream of Anthropic',
    ];
    const { calls } = await traced(async (each, server) => {
      for (const name of names) {
        await CASES.find((one) => one.name === name)
          ?.run(each, server)
          .catch(() => {});
      }
    });
    const of = (name: string): ReadableSpan | undefined => calls.find((span) => span.name === name);
    expect(of('ChatPromptTemplate')?.attributes).toMatchObject({
      'llm.prompt_template.variables': '{"name":"Ann","question":"hello"}',
    });
    expect(of('RunnableSequence')?.attributes['output.value']).toBe('Hello from the local server.');
    expect(of('Library')?.attributes).toMatchObject({
      'input.value': 'weather',
      'retrieval.documents.0.document.id': 'd1',
      'retrieval.documents.0.document.content': 'Paris is warm.',
      'retrieval.documents.0.document.score': 0.9,
      'retrieval.documents.0.document.metadata': '{"source":"book","score":0.9}',
    });
    const [, , cached, refused, stopped] = calls.filter(({ name }) => name === 'ChatOpenAI');
    expect(cached?.attributes).toMatchObject({ metadata: '{"cache_hit":true}' });
    expect(cached?.attributes).not.toHaveProperty('llm.token_count.prompt');
    expect(refused?.status.code).toBe(2);
    expect(refused?.events[0]?.attributes).toMatchObject({
      'exception.type': 'AuthenticationError',
    });
    expect(stopped).toMatchObject({
      status: { code: 0 },
      attributes: { metadata: '{"stream":"abandoned"}', 'output.value': 'word word word word ' },
    });
    expect(of('ChatAnthropic')?.attributes).toMatchObject({
      'llm.provider': 'anthropic',
      'llm.token_count.prompt_details.cache_write': 1000,
    });
  });

  it('says what failed, and that nothing failed where a graph waits for a human', async () => {
    const { calls } = await traced(waitAndFail);
    const failed = calls.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name }) => name)).toEqual(['getTime']);
    expect(failed[0]?.status.message).toBe('no clock in Paris');
    expect(failed[0]?.events[0]?.attributes).toMatchObject({ 'exception.type': 'RangeError' });
  });

  it.each(['session_id', 'conversation_id'])('takes the session from %s', async (key) => {
    const { calls } = await traced((each, server) =>
      chatModel(each, server).invoke(user('hello'), {
        metadata: { [key]: 'chat-1', tier: 'gold' },
      }),
    );
    expect(calls[0]?.attributes).toMatchObject({
      'session.id': 'chat-1',
      metadata: `{"${key}":"chat-1","tier":"gold"}`,
    });
  });

  it('keeps content at home where it is hidden', async () => {
    const { manager: langchain, langgraph, openai } = all;
    const { calls } = await runTraced(
      async (server) => {
        await weatherGraph(all, server).invoke({ messages: user('tool canary-asked') });
        for (const name of ['a chain', 'a retriever', 'a refused key']) {
          await CASES.find((one) => one.name === name)
            ?.run(all, server)
            .catch(() => {});
        }
      },
      { modules: { langchain, langgraph, openai }, privacy: { captureMessageContent: false } },
    );
    const sent = JSON.stringify(
      calls.map(({ attributes, events, status }) => ({ attributes, events, status })),
    );
    for (const said of ['canary-asked', '18 degrees', 'Paris', 'Ann', 'It is', 'sk-secret']) {
      expect(sent).not.toContain(said);
    }
    expect(sent).toContain('llm.token_count.prompt');
  });

  it('marks a graph whose reader stopped, and closes it at shutdown where LangGraph works on', async () => {
    const { manager: langchain, langgraph, openai } = all;
    const spans = await runToShutdown((server) => breakGraphStream(all, server), {
      modules: { langchain, langgraph, openai },
    });
    const root = only(spans, 'weather-graph');
    // LangGraph 0.4 runs the graph to its end, and reports that to nobody.
    const isOld = version === 'langchain03';
    expect(root.attributes['agent.outcome']).toBe(isOld ? 'abandoned' : 'aborted');
    expect(root.status.code).toBe(0);
    if (isOld) expect(treeOf(spans)).toEqual(OLD_GRAPH);
  });

  it.each<readonly [string, (one: Frameworks) => void]>([
    ['instrumentLangGraph', ({ langgraph }) => instrumentLangGraph(langgraph)],
    ['instrumentLangChain', ({ manager }) => instrumentLangChain(manager)],
  ])('is connected by hand: %s', async (_, connect) => {
    const { calls } = await runTraced(async (server) => {
      connect(all);
      // The rest of the copy is loaded.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await weatherGraph(all, server).invoke({ messages: user('tool please') });
    }, {});
    const own = (version === 'langchain03' ? OLD_GRAPH : graph('weather-graph CHAIN'))[0];
    expect(JSON.stringify(treeOf(calls))).toBe(
      // Without the wrapper of `openai`.
      JSON.stringify([own]).replace(',"OpenAI Chat Completions LLM"', ''),
    );
  });

  it('is undone by a shutdown that comes before all of it is loaded', async () => {
    const { manager: langchain, openai } = all;
    const tracing = await setup({ autoInstrument: false, exporters: [new InMemorySpanExporter()] });
    instrumentLangChain(langchain);
    await tracing.shutdown();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { calls, spans, bill } = await runTraced(
      (server) => chatModel(all, server).invoke(user('hello')),
      { modules: { langchain, openai } },
    );
    expect(treeOf(calls)).toEqual([CHAT]);
    expect(tokenSum(spans)).toEqual(bill);
  });

  it('takes everything as one object where no files are to be found, as in a bundle', async () => {
    const { load } = await installFrameworks(version);
    const parts = await Promise.all(
      ['callbacks/manager', 'language_models/chat_models', 'singletons'].map((name) =>
        load(`@langchain/core/${name}`),
      ),
    );
    process.chdir(tmpdir());
    const { calls, spans, bill } = await runTraced(
      (server) => weatherGraph(all, server).invoke({ messages: user('tool please') }),
      {
        modules: { langchainCallbacksManager: Object.assign({}, ...parts), openai: all.openai },
      },
    );
    process.chdir(all.directory);
    const shape = version === 'langchain03' ? OLD_GRAPH : graph('weather-graph CHAIN');
    expect(treeOf(calls)).toEqual(shape);
    expect(tokenSum(spans)).toEqual(bill);
  });
});
