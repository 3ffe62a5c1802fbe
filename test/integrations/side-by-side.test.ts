import { trace, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, type SetupOptions } from '../../src/index.js';
import { installFramework, installFrameworks, loadSdk } from './installations.js';
import { startLangSmith, type LangSmithServer } from './langsmith-server.js';
import type { ProviderServer } from './provider-server.js';
import {
  readAll,
  readOneAndBreak,
  runPlain,
  runTraced,
  shapeOf,
  tokenSum,
  traceIds,
  type TracedRun,
} from './scenarios.js';
import { only, treeOf } from './span-tree.js';

/** SDKs as JavaScript sees them: this is about what they do. */
type Names =
  | 'Agent'
  | 'Anthropic'
  | 'BaseRetriever'
  | 'ChatAnthropic'
  | 'ChatOpenAI'
  | 'ChatPromptTemplate'
  | 'OpenAI'
  | 'OpenAIProvider'
  | 'Runner'
  | 'asResponse'
  | 'beta'
  | 'chat'
  | 'completions'
  | 'create'
  | 'createAgent'
  | 'embeddings'
  | 'finalMessage'
  | 'finalOutput'
  | 'fromMessages'
  | 'invoke'
  | 'json'
  | 'messages'
  | 'object'
  | 'parse'
  | 'pipe'
  | 'responses'
  | 'run'
  | 'setTraceProcessors'
  | 'setTracingDisabled'
  | 'stream'
  | 'string'
  | 'tool'
  | 'traceable'
  | 'z';
interface SdkValue extends AsyncIterable<unknown> {
  (...args: readonly unknown[]): Sdk & PromiseLike<Sdk>;
  new (...args: readonly unknown[]): Sdk;
}
type Sdk = SdkValue & { readonly [name in Names]: Sdk };

const model = 'gpt-4.1-mini';
const COUNTED = { model, stream: true, stream_options: { include_usage: true } };
const user = (content: string): readonly unknown[] => [{ role: 'user', content }];
const FORMAT = {
  type: 'json_schema',
  name: 'weather',
  json_schema: { name: 'weather', schema: {} },
};
const CHAT = 'OpenAI Chat Completions LLM';

let openai: Sdk;
let anthropic: Sdk;
let langchain: Sdk;
let manager: unknown;
let langsmith: unknown;
let agents: Sdk;
let langSmith: LangSmithServer;
beforeAll(async () => {
  langSmith = await startLangSmith();
  anthropic = (await loadSdk('anthropic1', 'ESM')) as Sdk;
  const { directory, load } = await installFrameworks('langchain1');
  process.chdir(directory);
  const packages = [
    ...['output_parsers', 'prompts', 'retrievers', 'tools'].map(
      (name) => `@langchain/core/${name}`,
    ),
    '@langchain/openai',
    '@langchain/anthropic',
    'langchain',
    'langsmith/traceable',
    'zod',
  ];
  langchain = Object.assign({}, ...(await Promise.all(packages.map(load)))) as Sdk;
  manager = await load('@langchain/core/callbacks/manager');
  langsmith = await load('langsmith');
  // The copy that LangChain uses as well.
  openai = (await load('openai')) as Sdk;
  agents = (await (await installFramework('agents020'))('@openai/agents/dist/index.mjs')) as Sdk;
  agents.setTraceProcessors([]);
  agents.setTracingDisabled(false);
});
afterAll(() => langSmith.close());

/** What a row of the table is made of, for one server. */
class Kit {
  readonly server: ProviderServer;
  readonly client: Sdk;

  constructor(server: ProviderServer) {
    this.server = server;
    this.client = new openai.OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 });
  }

  claude(): Sdk {
    return new anthropic.Anthropic({ apiKey: 'k', baseURL: this.server.origin, maxRetries: 0 });
  }

  chatModel(options: object = {}): Sdk {
    const configuration = { baseURL: this.server.url };
    return new langchain.ChatOpenAI({
      model,
      apiKey: 'k',
      maxRetries: 0,
      configuration,
      ...options,
    });
  }

  /** Two tools; the second opens a span and asks OpenAI by itself. */
  tools(): readonly Sdk[] {
    const schema = langchain.z.object({ city: langchain.z.string() });
    return [
      langchain.tool(() => '18', { name: 'getWeather', description: 'Weather.', schema }),
      langchain.tool(() => this.lookUp(), { name: 'getTime', description: 'Time.', schema }),
    ];
  }

  async lookUp(): Promise<string> {
    trace.getTracer('application').startSpan('look up').end();
    await this.client.chat.completions.create({ model, messages: user('hello') });
    return 'noon';
  }

  runAgents(): PromiseLike<Sdk> {
    const modelProvider = new agents.OpenAIProvider({ openAIClient: this.client });
    const parameters = langchain.z.object({ city: langchain.z.string() });
    const tools = ['getWeather', 'getTime'].map((name) =>
      agents.tool({ name, description: name, parameters, execute: () => '18' }),
    );
    const agent = new agents.Agent({ name: 'Helper', model, instructions: 'Be terse.', tools });
    return new agents.Runner({ modelProvider }).run(agent, 'tool please');
  }
}

interface Row {
  readonly call: string;
  readonly run: (kit: Kit) => PromiseLike<unknown>;
  readonly check: (run: TracedRun, calls: readonly ReadableSpan[]) => void;
  readonly options?: () => SetupOptions;
  /** The provider charges, and the SDK tells nobody what. */
  readonly isUncounted?: true;
}

const attributes = (run: TracedRun, at = 0): Attributes => run.calls[at]?.attributes ?? {};
const COUNTS = 'llm.token_count.prompt';

const ROWS: readonly Row[] = [
  {
    call: 'chat.completions.parse, responses.parse: as without tracing',
    run: async ({ client: { chat, responses } }) => [
      await chat.completions.parse({ model, messages: user('json'), response_format: FORMAT }),
      await responses.parse({ model, input: 'json', text: { format: { ...FORMAT, schema: {} } } }),
    ],
    check: ({ outcome, calls }) => {
      expect(outcome).not.toHaveProperty('error');
      expect(shapeOf(calls)).toEqual([CHAT, 'OpenAI Responses LLM']);
    },
  },
  {
    call: 'chat stream with usage: all of it',
    run: async ({ client }) =>
      readAll(await client.chat.completions.create({ ...COUNTED, messages: user('hello') })),
    check: (run) => {
      expect(run.calls[0]?.status.code).toBe(1);
      expect(attributes(run)).toMatchObject({
        'llm.model_name': 'gpt-4.1-mini-2025-04-14',
        'llm.finish_reason': 'stop',
        'output.value': 'Hello from the local server.',
        [COUNTS]: 100,
        'llm.token_count.prompt_details.cache_read': 64,
        'llm.token_count.completion_details.reasoning': 8,
      });
    },
  },
  {
    call: 'parallel tool calls in a stream: each whole',
    run: async ({ client }) =>
      readAll(await client.chat.completions.create({ ...COUNTED, messages: user('mixed') })),
    check: (run) => {
      const call = (at: number, name: string): unknown =>
        attributes(run)[`llm.output_messages.0.message.tool_calls.${at}.tool_call.${name}`];
      expect([call(0, 'id'), call(1, 'id')]).toEqual(['call_AAA', 'call_BBB']);
      expect([call(0, 'function.name'), call(1, 'function.name')]).toEqual([
        'getWeather',
        'getTime',
      ]);
      expect(call(1, 'function.arguments')).toBe('{"city":"Paris"}');
      expect(JSON.stringify(attributes(run))).not.toContain('tool_call.json');
    },
  },
  {
    call: 'asResponse(): the caller reads it, raw and without counts',
    run: async ({ client }) => {
      const call = client.chat.completions.create({ model, messages: user('hello') });
      return (await call.asResponse()).json();
    },
    check: (run) => {
      expect(run.outcome).not.toHaveProperty('error');
      expect(attributes(run)['metadata']).toBe('{"response":"raw"}');
    },
    isUncounted: true,
  },
  {
    call: 'a refused key: ERROR with the class',
    run: async (kit) => {
      const asked = { model, messages: user('err401') };
      await Promise.allSettled([
        kit.client.chat.completions.create(asked),
        kit.claude().messages.create({ ...asked, max_tokens: 9 }),
      ]);
    },
    check: ({ calls }) => {
      const failed = calls.filter(({ name }) => !name.startsWith('anthropic.'));
      expect(failed.map(({ status }) => status.code)).toEqual([2, 2]);
      for (const { events } of failed)
        expect(events[0]?.attributes).toMatchObject({ 'exception.type': 'AuthenticationError' });
    },
  },
  {
    call: 'a connection that breaks: ERROR with the partial text, no counts',
    run: async (kit) => {
      const body = { model, stream: true, max_tokens: 9, messages: user('drop') };
      const read = async (stream: PromiseLike<Sdk>): Promise<unknown> => readAll(await stream);
      await Promise.allSettled([
        read(kit.client.chat.completions.create({ ...COUNTED, messages: user('drop') })),
        read(kit.claude().messages.create(body)),
      ]);
    },
    check: ({ calls }) => {
      const failed = calls.filter(({ name }) => !name.startsWith('anthropic.'));
      expect(failed.map(({ status }) => status.code)).toEqual([2, 2]);
      for (const { attributes: of } of failed)
        expect(String(of['output.value'])).toMatch(/^this /u);
    },
  },
  {
    call: 'break: abandoned, with the partial text, and the request stops',
    run: async ({ client, server }) =>
      readOneAndBreak(
        await client.chat.completions.create({ ...COUNTED, messages: user('slow') }),
        server,
      ),
    check: (run) => {
      expect(run.outcome).toEqual({ value: { count: 5, live: 0 } });
      expect(run.calls[0]?.status.code).toBe(0);
      expect(attributes(run)).toMatchObject({ metadata: '{"stream":"abandoned"}' });
      expect(String(attributes(run)['output.value'])).toMatch(/^(?:word )+$/u);
    },
  },
  {
    call: 'Responses with a list and a thought: items, one assistant message with its parts',
    run: ({ client }) =>
      client.responses.create({
        model,
        instructions: 'Be terse.',
        input: [
          { role: 'user', content: 'think' },
          { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
          { type: 'function_call_output', call_id: 'call_1', output: '18' },
        ],
      }),
    check: (run) => {
      const at = (key: string): unknown => attributes(run)[`llm.${key}`];
      const roles = [0, 1, 2, 3].map((each) => at(`input_messages.${each}.message.role`));
      expect(roles).toEqual(['system', 'user', 'assistant', 'tool']);
      expect(at('output_messages.0.message.contents.0.message_content.type')).toBe('reasoning');
      expect(at('output_messages.1.message.role')).toBeUndefined();
      expect(at('finish_reason')).toBe('stop');
    },
  },
  {
    call: 'a body that JSON cannot say: the SDK’s error, and an ERROR span',
    run: ({ client }) => client.chat.completions.create({ model, messages: user('hi'), seed: 5n }),
    check: ({ outcome, calls }) => {
      expect(outcome.error).toMatchObject({ class: 'TypeError' });
      expect(calls.map(({ status }) => status.code)).toEqual([2]);
    },
  },
  {
    call: 'embeddings: EMBEDDING without vectors',
    run: ({ client }) => client.embeddings.create({ model: 'small', input: ['one', 'two'] }),
    check: (run) => {
      expect(shapeOf(run.calls)).toEqual(['OpenAI Embeddings EMBEDDING']);
      expect(JSON.stringify(attributes(run))).not.toContain('vector');
    },
  },
  {
    call: 'Anthropic, and its beta messages: one trace, one LLM span with the SDK’s own below',
    run: async (kit) => {
      const { messages, beta } = kit.claude();
      const body = { model, max_tokens: 9, system: 'Be terse.', messages: user('hello') };
      await messages.create(body);
      await readAll(await messages.create({ ...body, stream: true }));
      await messages.stream(body).finalMessage();
      await beta.messages.create(body);
    },
    check: (run) => {
      const one = ['Anthropic Messages LLM', '  anthropic.messages.create CHAIN'];
      expect(treeOf(run.calls)).toEqual([...one, ...one, ...one, ...one]);
      const call = run.calls.find(({ name }) => name === 'Anthropic Messages');
      expect(call?.attributes).toMatchObject({
        'llm.input_messages.0.message.role': 'system',
        'llm.token_count.prompt_details.cache_write': 1000,
      });
    },
  },
  {
    call: 'LangChain: once, in one trace',
    run: (kit) => kit.chatModel().invoke('hello'),
    check: ({ calls }) => expect(treeOf(calls)).toEqual(['ChatOpenAI LLM']),
  },
  {
    call: 'createAgent: AGENT, one trace, each call once, spans of the application in its tools',
    run: (kit) =>
      langchain
        .createAgent({ model: kit.chatModel(), tools: kit.tools(), name: 'weather' })
        .invoke({ messages: user('tool please') }),
    check: ({ calls }) =>
      expect(treeOf(calls)).toEqual([
        'weather AGENT',
        '  __start__ CHAIN',
        '  model_request CHAIN',
        '    ChatOpenAI LLM',
        '    RunnableLambda CHAIN',
        '  tools CHAIN',
        '    getWeather TOOL',
        '  tools CHAIN',
        '    getTime TOOL',
        '      look up CHAIN',
        `      ${CHAT}`,
        '  model_request CHAIN',
        '    ChatOpenAI LLM',
        '    RunnableLambda CHAIN',
      ]),
  },
  {
    call: 'LangChain without the provider’s wrapper: all of it, with its embedded copies',
    options: () => ({ modules: { langchain: manager } }),
    run: async (kit) => {
      class Library extends langchain.BaseRetriever {
        readonly lc_namespace = ['application'];
        _getRelevantDocuments(): Promise<unknown> {
          return Promise.resolve([{ pageContent: 'Paris is warm.', metadata: {} }]);
        }
      }
      await new Library({}).invoke('weather');
      const prompt = langchain.ChatPromptTemplate.fromMessages([['human', '{question}']]);
      await prompt.pipe(kit.chatModel()).invoke({ question: 'hello' });
      await new langchain.ChatAnthropic({
        model: 'claude',
        apiKey: 'k',
        anthropicApiUrl: kit.server.origin,
      }).invoke('hello');
      await readOneAndBreak(await kit.chatModel().stream('slow'), kit.server);
    },
    check: ({ calls }) => {
      expect(treeOf(calls)).toEqual([
        'Library RETRIEVER',
        'RunnableSequence CHAIN',
        '  ChatPromptTemplate PROMPT',
        '  ChatOpenAI LLM',
        'ChatAnthropic LLM',
        'ChatOpenAI LLM',
      ]);
      expect(only(calls, 'Library').attributes).toMatchObject({
        'retrieval.documents.0.document.content': 'Paris is warm.',
      });
      const [whole, stopped] = calls.filter(({ name }) => name === 'ChatOpenAI');
      expect(whole?.attributes).toMatchObject({
        'llm.model_name': 'gpt-4.1-mini-2025-04-14',
        'llm.finish_reason': 'stop',
        'llm.token_count.prompt_details.cache_read': 64,
        'llm.token_count.completion_details.reasoning': 8,
      });
      expect(stopped?.attributes['metadata']).toBe('{"stream":"abandoned"}');
    },
  },
  {
    call: 'OpenAI Agents inside agentSpan: the full tree, one trace, and the truth in installResults',
    run: (kit) => agentSpan({ agentName: 'Desk' }, async () => (await kit.runAgents()).finalOutput),
    check: ({ calls, results }) => {
      expect(treeOf(calls)).toEqual([
        'Desk.run AGENT',
        '  Agent workflow AGENT',
        '    Helper AGENT',
        '      turn 1 CHAIN',
        '        response LLM',
        '        getWeather TOOL',
        '        getTime TOOL',
        '      turn 2 CHAIN',
        '        response LLM',
      ]);
      expect(results).toContainEqual({
        name: 'openaiAgents',
        status: 'installed',
        installed: true,
      });
    },
  },
  {
    call: 'installResults of what is not OpenAI Agents: not installed',
    options: () => ({ modules: { openaiAgents: openai } }),
    run: () => Promise.resolve(),
    check: ({ results }) => {
      const row = results.find(({ name }) => name === 'openaiAgents');
      expect(row).toMatchObject({ installed: false, status: 'failed' });
    },
  },
  {
    call: 'LangSmith in its OpenTelemetry mode: typed, once',
    run: (kit) =>
      langchain.traceable(
        async () => {
          await langchain.traceable(() => kit.lookUp(), { name: 'getTime', run_type: 'tool' })();
          await kit.chatModel().invoke('hello');
        },
        { name: 'agent' },
      )(),
    check: ({ calls }) =>
      expect(treeOf(calls)).toEqual([
        'agent CHAIN',
        '  getTime TOOL',
        '    look up CHAIN',
        `    ${CHAT}`,
        '  ChatOpenAI LLM',
      ]),
  },
  {
    call: 'LangChain below LangSmith’s OpenTelemetry mode inside agentSpan: intact, once',
    run: (kit) =>
      agentSpan({ agentName: 'Desk' }, async (span) => {
        await kit.chatModel().invoke('hello');
        span.setOutput('all done');
      }),
    check: ({ calls }) => {
      expect(treeOf(calls)).toEqual(['Desk.run AGENT', '  ChatOpenAI LLM']);
      const outer = only(calls, 'Desk.run').attributes;
      expect(outer['output.value']).toBe('all done');
      expect(Object.keys(outer).filter((key) => key.startsWith('langsmith'))).toEqual([]);
    },
  },
];

/** What a library for one SDK, or with all of them patched at once, gets wrong: see each row. */
describe('side by side with other libraries', () => {
  const all = (): SetupOptions => ({
    modules: { openai, anthropic, langchain: manager, langsmith, openaiAgents: agents },
  });

  it.each(ROWS)('$call', async ({ call, run, check, options = all, isUncounted }) => {
    const isLangSmith = call.includes('LangSmith');
    const env = isLangSmith ? { ...langSmith.env, LANGSMITH_TRACING_MODE: 'otel' } : {};
    Object.assign(process.env, env);
    try {
      const plain = await runPlain((server) => Promise.resolve(run(new Kit(server))));
      const traced = await runTraced((server) => Promise.resolve(run(new Kit(server))), options());
      expect(withoutIds(traced.outcome)).toEqual(withoutIds(plain));
      expect(traced.unhandled).toEqual([]);
      expect(traceIds(traced.spans).size).toBe(1);
      const sum = tokenSum(traced.spans);
      expect(sum).toEqual(isUncounted ? { prompt: 0, completion: 0 } : traced.bill);
      check(traced, traced.calls);
    } finally {
      for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    }
  });

  it.each(['1', 'true'])('OPENINFERENCE_HIDE_INPUTS=%s: honoured', async (value) => {
    process.env['OPENINFERENCE_HIDE_INPUTS'] = value;
    try {
      const { calls } = await runTraced(async (server) => {
        const kit = new Kit(server);
        await kit.client.chat.completions.create({ model, messages: user('hello secret') });
        await kit.chatModel().invoke('hello secret');
      }, all());
      expect(shapeOf(calls)).toEqual([CHAT, 'ChatOpenAI LLM']);
      expect(JSON.stringify(calls.map((span) => span.attributes))).not.toContain('secret');
    } finally {
      delete process.env['OPENINFERENCE_HIDE_INPUTS'];
    }
  });
});

/** Ids are made up anew in each run. */
function withoutIds(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (key, each: unknown) =>
    key === 'id' || key === 'lc_kwargs' ? undefined : each,
  );
  return JSON.parse(text);
}
