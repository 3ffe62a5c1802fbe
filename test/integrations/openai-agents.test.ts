import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, manualSpan, type SetupOptions } from '../../src/index.js';
import { installFramework } from './installations.js';
import { startProvider, type ProviderServer } from './provider-server.js';
import {
  runPlain,
  runToShutdown,
  runTraced,
  tokenSum,
  traceIds,
  type TracedRun,
} from './scenarios.js';
import { only, treeOf } from './span-tree.js';

type New = new (options: unknown) => unknown;
interface Agents {
  readonly Agent: New;
  readonly Runner: new (options: unknown) => Runner;
  readonly OpenAIProvider: New;
  tool(options: unknown): unknown;
  withTrace(name: string, fn: () => Promise<unknown>, options?: unknown): Promise<unknown>;
  setTraceProcessors(processors: readonly unknown[]): void;
  setTracingDisabled(isDisabled: boolean): void;
}
interface Runner {
  run(agent: unknown, input: string, options?: unknown): Promise<RunResult>;
}
interface RunResult {
  readonly finalOutput: unknown;
  readonly completed: Promise<void>;
  toTextStream(): AsyncIterable<unknown>;
}
interface Client {
  readonly chat: { readonly completions: { create(body: unknown): Promise<unknown> } };
}
interface Sdk {
  readonly agents: Agents;
  readonly openai: { readonly OpenAI: new (options: unknown) => Client };
  readonly zod: { readonly z: { object(shape: unknown): unknown; string(): unknown } };
}

const MODEL = 'gpt-4.1-mini';
const HELLO = { model: MODEL, messages: [{ role: 'user', content: 'hello' }] };

/** What the scenarios are made of, for one server. */
class Kit {
  readonly client: Client;
  readonly #sdk: Sdk;
  readonly #api: Api;

  constructor(sdk: Sdk, server: ProviderServer, api: Api) {
    this.client = new sdk.openai.OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 });
    this.#sdk = sdk;
    this.#api = api;
  }

  runner(options: object = {}): Runner {
    const { OpenAIProvider, Runner } = this.#sdk.agents;
    const useResponses = this.#api === 'responses';
    const modelProvider = new OpenAIProvider({ openAIClient: this.client, useResponses });
    return new Runner({ modelProvider, ...options });
  }

  agent(name: string, options: object = {}): unknown {
    return new this.#sdk.agents.Agent({
      name,
      model: MODEL,
      instructions: 'Be terse.',
      ...options,
    });
  }

  tool(name: string, execute: () => Promise<unknown>): unknown {
    const { z } = this.#sdk.zod;
    const parameters = z.object({ city: z.string() });
    return this.#sdk.agents.tool({ name, description: name, parameters, execute });
  }

  /** One calls a model by itself and opens a span, the other fails. */
  weatherTools(): readonly unknown[] {
    return [
      this.tool('getWeather', async () => {
        trace.getTracer('application').startSpan('look').end();
        await this.client.chat.completions.create(HELLO);
        return '18';
      }),
      this.tool('getTime', () => Promise.reject(new Error('no clock in Paris'))),
    ];
  }
}

type Api = 'responses' | 'chat';
type AgentScenario = (kit: Kit, server: ProviderServer) => Promise<unknown>;

const simple: AgentScenario = async (kit) =>
  (await kit.runner().run(kit.agent('Helper'), 'hello')).finalOutput;

const tools: AgentScenario = async (kit) => {
  const agent = kit.agent('Helper', { tools: kit.weatherTools() });
  return (await kit.runner({ workflowName: 'Weather' }).run(agent, 'tool please')).finalOutput;
};

const stream: AgentScenario = async (kit) => {
  const agent = kit.agent('Helper', { tools: kit.weatherTools() });
  const run = await kit
    .runner({ workflowName: 'Weather' })
    .run(agent, 'tool please', { stream: true });
  for await (const piece of run.toTextStream()) expect(piece).toBeTypeOf('string');
  await run.completed;
  return run.finalOutput;
};

describe.each(['agents011', 'agents020'] as const)('%s', (version) => {
  let sdk: Sdk;
  beforeAll(async () => {
    const load = await installFramework(version);
    sdk = {
      agents: (await load('@openai/agents/dist/index.mjs')) as Agents,
      openai: (await load('openai/index.mjs')) as Sdk['openai'],
      zod: (await load('zod/index.js')) as Sdk['zod'],
    };
    // They are off where NODE_ENV is `test`, and would go to OpenAI.
    sdk.agents.setTraceProcessors([]);
    sdk.agents.setTracingDisabled(false);
  });

  const isOld = version === 'agents011';
  /** Turns came with a later version. */
  const turns = (tree: readonly string[]): readonly string[] => {
    if (!isOld) return tree;
    const lines: string[] = [];
    let around: readonly number[] = [];
    for (const line of tree) {
      const at = line.search(/\S/u);
      around = around.filter((depth) => depth < at);
      if (line.trim().startsWith('turn ')) around = [...around, at];
      else lines.push(line.slice(2 * around.length));
    }
    return lines;
  };

  describe.each(['responses', 'chat'] as const)('with %s', (api) => {
    const call = api === 'responses' ? 'response LLM' : 'generation LLM';
    const helper = ['    Helper AGENT', '      turn 1 CHAIN', `        ${call}`];

    async function traced(scenario: AgentScenario, options: SetupOptions = {}): Promise<TracedRun> {
      const { agents: openaiAgents, openai } = sdk;
      const run = (server: ProviderServer): Promise<unknown> =>
        scenario(new Kit(sdk, server, api), server);
      const plain = await runPlain(run);
      const result = await runTraced(run, { modules: { openaiAgents, openai }, ...options });
      expect(result.outcome).toEqual(plain);
      expect(tokenSum(result.spans)).toEqual(result.bill);
      expect(traceIds(result.spans).size).toBe(1);
      expect(result.unhandled).toEqual([]);
      return result;
    }

    async function tree(scenario: AgentScenario): Promise<readonly string[]> {
      return treeOf((await traced(scenario)).spans);
    }

    it('makes a tree of a run', async () => {
      const { spans } = await traced(simple);
      expect(treeOf(spans)).toEqual(
        turns(['application CHAIN', '  Agent workflow AGENT', ...helper]),
      );
      for (const name of ['Agent workflow', 'Helper']) {
        expect(only(spans, name).attributes).toMatchObject({
          'input.value': 'hello',
          'output.value': 'Hello from the local server.',
        });
      }
      expect(only(spans, 'Helper').attributes).toMatchObject({
        'agent.name': 'Helper',
        'graph.node.id': 'Helper',
      });
      const counts = api === 'responses' ? [200, 30] : [100, 20];
      const attributes = spans.find(({ name }) => call.startsWith(name))?.attributes;
      expect(attributes).toMatchObject({
        'llm.model_name': 'gpt-4.1-mini-2025-04-14',
        'llm.system': 'openai',
        'llm.finish_reason': 'stop',
        'llm.token_count.prompt': counts[0],
        'llm.token_count.completion': counts[1],
        'llm.input_messages.0.message.role': 'system',
        'llm.input_messages.0.message.content': 'Be terse.',
        'llm.input_messages.1.message.content': 'hello',
        'llm.output_messages.0.message.content': 'Hello from the local server.',
      });
    });

    const toolTree = (): readonly string[] => [
      'application CHAIN',
      '  Weather AGENT',
      ...helper,
      '        getWeather TOOL',
      '          look CHAIN',
      '          OpenAI Chat Completions LLM',
      '        getTime TOOL',
      '      turn 2 CHAIN',
      `        ${call}`,
    ];

    it.each([
      ['tools', tools],
      ['a stream with tools', stream],
    ])('nests what the application does in %s', async (_, scenario) => {
      const { spans } = await traced(scenario);
      expect(treeOf(spans).toSorted()).toEqual([...turns(toolTree())].toSorted());
      expect(only(spans, 'getWeather').attributes).toMatchObject({
        'tool.name': 'getWeather',
        'tool_call.id': 'call_AAA',
        'input.value': '{"city":"Paris"}',
        'output.value': '18',
      });
      expect(parentOf(spans, only(spans, 'look'))).toBe('getWeather');
      expect(parentOf(spans, only(spans, 'OpenAI Chat Completions'))).toBe('getWeather');
      expect(only(spans, 'getTime')).toMatchObject({
        status: { code: 2 },
        attributes: { 'tool_call.id': 'call_BBB' },
      });
      const [first, second] = spans.filter(({ name }) => call.startsWith(name));
      expect(first?.attributes).toMatchObject({
        'llm.finish_reason': 'tool_calls',
        'llm.output_messages.0.message.tool_calls.1.tool_call.id': 'call_BBB',
      });
      expect(second?.attributes).toMatchObject({
        'llm.input_messages.2.message.tool_calls.0.tool_call.id': 'call_AAA',
        'llm.input_messages.3.message.role': 'tool',
        'llm.input_messages.3.message.tool_call_id': 'call_AAA',
        'llm.input_messages.3.message.content': '18',
      });
    });

    it('puts agents that hand over side by side', async () => {
      const { spans } = await traced(async (kit) => {
        const specialist = kit.agent('Specialist');
        const triage = kit.agent('Triage', { handoffs: [specialist] });
        return (await kit.runner().run(triage, 'handoff')).finalOutput;
      });
      expect(treeOf(spans)).toEqual(
        turns([
          'application CHAIN',
          '  Agent workflow AGENT',
          '    Triage AGENT',
          '      turn 1 CHAIN',
          `        ${call}`,
          '        handoff to Specialist TOOL',
          '    Specialist AGENT',
          '      turn 2 CHAIN',
          `        ${call}`,
        ]),
      );
      expect(only(spans, 'Specialist').attributes).toMatchObject({
        'graph.node.parent_id': 'Triage',
        'agent.name': 'Specialist',
      });
    });

    it('ends everything of a run that fails', async () => {
      const { spans } = await traced((kit) => kit.runner().run(kit.agent('Helper'), 'err401'));
      expect(treeOf(spans, ({ name, status }) => `${name} ${status.code}`)).toEqual(
        turns([
          'application 0',
          '  Agent workflow 2',
          '    Helper 2',
          '      turn 1 2',
          `        ${call.split(' ')[0]} 2`,
        ]),
      );
      expect(only(spans, 'Agent workflow').events[0]?.attributes).toMatchObject({
        'exception.type': 'AuthenticationError',
      });
    });

    it('shows the guardrail that stopped a run', async () => {
      const guardrail = {
        name: 'no rain',
        execute: () => Promise.resolve({ outputInfo: {}, tripwireTriggered: true }),
      };
      const { spans } = await traced(async (kit) =>
        kit.runner().run(kit.agent('Helper', { inputGuardrails: [guardrail] }), 'hello'),
      );
      expect(only(spans, 'no rain').attributes).toMatchObject({
        'openinference.span.kind': 'GUARDRAIL',
        'output.value': '{"triggered":true}',
      });
      expect(parentOf(spans, only(spans, 'no rain'))).toBe('Helper');
      expect(only(spans, 'Helper').status.code).toBe(2);
      expect(only(spans, 'Agent workflow').status.code).toBe(2);
    });

    it('shows tools that a server offers', async () => {
      // The SDK's interface for MCP servers (`mcp.ts`), without a transport.
      const server = {
        name: 'clock',
        cacheToolsList: false,
        connect: () => Promise.resolve(),
        close: () => Promise.resolve(),
        invalidateToolsCache: () => Promise.resolve(),
        listTools: () =>
          Promise.resolve([{ name: 'getTime', inputSchema: { type: 'object', properties: {} } }]),
        callTool: () => Promise.resolve([{ type: 'text', text: 'noon' }]),
      };
      const { spans } = await traced(async (kit) => {
        const weather = kit.tool('getWeather', () => Promise.resolve('18'));
        const agent = kit.agent('Helper', { mcpServers: [server], tools: [weather] });
        return (await kit.runner().run(agent, 'tool please')).finalOutput;
      });
      const listed = spans.filter(({ name }) => name === 'list MCP tools');
      expect(listed[0]?.attributes).toMatchObject({
        'openinference.span.kind': 'TOOL',
        'input.value': 'clock',
        'output.value': '["getTime"]',
      });
      expect(only(spans, 'getTime').attributes['tool_call.id']).toBe('call_BBB');
    });

    it('keeps groupId as the session, unless it runs inside of one', async () => {
      const { spans } = await traced(async (kit) => {
        const runner = kit.runner({ groupId: 'chat-1', traceMetadata: { tenant: 'acme' } });
        const agent = kit.agent('Helper', { tools: kit.weatherTools() });
        await runner.run(agent, 'tool please');
        await agentSpan({ agentName: 'outer', sessionId: 's-1' }, () =>
          runner.run(kit.agent('Inner'), 'hello'),
        );
      });
      const session = (name: string): unknown => only(spans, name).attributes['session.id'];
      expect(session('Helper')).toBe('chat-1');
      expect(session('look')).toBe('chat-1');
      expect(session('Inner')).toBe('s-1');
      expect(only(spans, 'Helper').attributes['metadata']).toBe('{"tenant":"acme"}');
      expect(parentOf(spans, only(spans, 'outer.run'))).toBe('application');
    });

    it('nests a run in a span of the application in a tool', async () => {
      const lines = await tree(async (kit) => {
        const inner = kit.tool('getWeather', () =>
          manualSpan(
            { spanName: 'ask another' },
            async () => (await kit.runner().run(kit.agent('Inner'), 'hello')).finalOutput,
          ),
        );
        const other = kit.tool('getTime', () => Promise.resolve('noon'));
        const agent = kit.agent('Helper', { tools: [inner, other] });
        return (await kit.runner().run(agent, 'tool please')).finalOutput;
      });
      const wanted = turns([
        '        getWeather TOOL',
        '          ask another CHAIN',
        '            Inner AGENT',
        '              turn 1 CHAIN',
        `                ${call}`,
      ]);
      const at = lines.findIndex((line) => line.includes('getWeather'));
      const depth = (lines[at] ?? '').search(/\S/u);
      expect(lines.slice(at, at + wanted.length).map((line) => line.slice(depth))).toEqual(
        wanted.map((line) => line.slice(8)),
      );
    });

    it('counts a call after a run, and several runs of one trace', async () => {
      expect(
        await tree((kit) =>
          sdk.agents.withTrace('Both', async () => {
            await simple(kit, undefined as never);
            await simple(kit, undefined as never);
          }),
        ),
      ).toEqual(turns(['application CHAIN', '  Both AGENT', ...helper, ...helper]));
      expect(
        await tree(async (kit, server) => {
          await simple(kit, server);
          await kit.client.chat.completions.create(HELLO);
        }),
      ).toEqual([
        ...turns(['application CHAIN', '  Agent workflow AGENT', ...helper]),
        '  OpenAI Chat Completions LLM',
      ]);
    });

    it('nests an agent that is a tool of another', async () => {
      const lines = await tree(async (kit) => {
        const inner = kit.agent('Inner') as { asTool(options: unknown): unknown };
        const ask = inner.asTool({ toolName: 'ask', toolDescription: 'Weather.' });
        const agent = kit.agent('Helper', { tools: [ask] });
        return (await kit.runner().run(agent, 'handoff')).finalOutput;
      });
      expect(lines).toEqual(
        turns([
          'application CHAIN',
          '  Agent workflow AGENT',
          ...helper,
          '        ask TOOL',
          '          Inner AGENT',
          '            turn 1 CHAIN',
          `              ${call}`,
          '      turn 2 CHAIN',
          `        ${call}`,
        ]),
      );
    });

    it('leaves calls to the provider where the SDK traces nothing', async () => {
      sdk.agents.setTracingDisabled(true);
      const { calls } = await traced(simple);
      sdk.agents.setTracingDisabled(false);
      expect(treeOf(calls)).toEqual([
        api === 'responses' ? 'OpenAI Responses LLM' : 'OpenAI Chat Completions LLM',
      ]);
    });

    it('leaves the processors of others where they are', async () => {
      const seen: string[] = [];
      const idle = async (): Promise<void> => {};
      sdk.agents.setTraceProcessors([
        {
          onTraceStart: async () => void seen.push('start'),
          onTraceEnd: async () => void seen.push('end'),
          onSpanStart: idle,
          onSpanEnd: idle,
          forceFlush: idle,
          shutdown: idle,
        },
      ]);
      const { calls } = await traced(simple);
      // Once without tracing of ours, once with it.
      expect(seen).toEqual(['start', 'end', 'start', 'end']);
      expect(calls).toHaveLength(isOld ? 3 : 4);
      sdk.agents.setTraceProcessors([]);
    });

    it('sends no content of a run that leaves it out', async () => {
      const { spans } = await traced(async (kit) => {
        const getWeather = kit.tool('getWeather', () => Promise.resolve('SECRET weather'));
        const getTime = kit.tool('getTime', () => Promise.reject(new Error('SECRET clock')));
        const agent = kit.agent('Helper', { instructions: 'SECRET', tools: [getWeather, getTime] });
        const runner = kit.runner({ traceIncludeSensitiveData: false });
        await runner.run(agent, 'tool SECRET');
        const run = await runner.run(agent, 'hello SECRET', { stream: true });
        await run.completed;
        await runner.run(agent, 'err401 SECRET').catch(() => {});
      });
      const sent = JSON.stringify(
        spans.map(({ attributes, events, status }) => ({ attributes, events, status })),
      );
      for (const content of ['SECRET', 'Paris', 'local server', 'sk-secret']) {
        expect(sent).not.toContain(content);
      }
    });

    it('sends no content that is to be hidden', async () => {
      const { spans } = await traced(tools, { privacy: { hideInputs: true, hideOutputs: true } });
      const sent = JSON.stringify(spans.map(({ attributes }) => attributes));
      for (const content of ['tool please', 'Be terse', 'Paris', 'It is 18']) {
        expect(sent).not.toContain(content);
      }
    });

    it('closes at shutdown what nobody read to its end', async () => {
      const spans = await runToShutdown(
        async (server) => {
          const kit = new Kit(sdk, server, api);
          const run = await kit.runner().run(kit.agent('Helper'), 'slow', { stream: true });
          for await (const piece of run.toTextStream()) if (piece !== '') break;
        },
        { modules: { openaiAgents: sdk.agents } },
      );
      for (const name of ['Agent workflow', 'Helper']) {
        expect(only(spans, name).attributes).toMatchObject({ 'agent.outcome': 'abandoned' });
      }
      expect(spans.some(({ name }) => call.startsWith(name))).toBe(true);
    });

    it('is gone after shutdown()', async () => {
      await traced(simple);
      const server = await startProvider();
      await expect(simple(new Kit(sdk, server, api), server)).resolves.toContain('Hello');
      await server.close();
      expect((await traced(simple)).calls).toHaveLength(isOld ? 3 : 4);
    });

    it('needs no instrumentation of the provider', async () => {
      const { spans } = await traced(simple, { modules: { openaiAgents: sdk.agents } });
      expect(treeOf(spans)).toHaveLength(isOld ? 4 : 5);
    });
  });
});

function parentOf(spans: readonly ReadableSpan[], child: ReadableSpan): string | undefined {
  return spans.find((span) => span.spanContext().spanId === child.parentSpanContext?.spanId)?.name;
}
