import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, manualSpan } from '../../src/index.js';
import { instrumentPiAi } from '../../src/pi-ai.js';
import { collectSpans, failed, type CollectedRun } from './collect-spans.js';
import { loadAgentSdk, loadAgentSdkDependency } from './installations.js';
import { tokenSum, traceIds } from './scenarios.js';
import { only, treeOf } from './span-tree.js';
import { listen } from '../support/everything-said.js';
import { startToolLoop } from './tool-loop-server.js';

type Json = Readonly<Record<string, unknown>>;
interface AssistantMessage {
  readonly content: readonly { readonly type: string; readonly id?: string }[];
  readonly stopReason: string;
}
interface Events extends AsyncIterable<unknown> {
  result(): Promise<AssistantMessage>;
}
type Stream = (model: unknown, context: unknown, options?: Json) => Events;
/** The calls of one generation, below one interface. */
interface Generation {
  readonly stream: Stream;
  readonly streamSimple: Stream;
  readonly model: (baseUrl: string) => unknown;
}

const MODEL = {
  id: 'req-model',
  name: 'Model',
  api: 'openai-completions',
  provider: 'acme',
  reasoning: false,
  input: ['text'],
  cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0 },
  contextWindow: 1000,
  maxTokens: 100,
};
const TOOL = {
  name: 'weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
const OPTIONS = { apiKey: 'secret-key', temperature: 0.5, maxRetries: 0 };
const user = (content: string): Json => ({ role: 'user', content, timestamp: 1 });
const asked = (content: string): Json => ({
  systemPrompt: 'Be brief.',
  messages: [user(content)],
  tools: [TOOL],
});

const VERSIONS = ['piAi073', 'piAi074', 'piAi1'] as const;
type Version = (typeof VERSIONS)[number];
const modules = new Map<Version, Record<string, unknown>>();
let openai: unknown;
let streams: Record<string, unknown>;

beforeAll(async () => {
  for (const name of VERSIONS)
    modules.set(name, (await loadAgentSdk(name)) as Record<string, unknown>);
  streams = (await loadAgentSdk('piAi1', 'dist/api/openai-completions.js')) as typeof streams;
  openai = await loadAgentSdkDependency('openai', 'index.mjs');
});

function generation(version: Version): Generation {
  const module = modules.get(version) as unknown as Generation &
    Record<string, (given?: unknown) => { setProvider(provider: unknown): void } & Generation>;
  const model = (baseUrl: string): unknown => ({ ...MODEL, baseUrl });
  if (version !== 'piAi1') return { ...module, model };
  const models = module['createModels']?.();
  const auth = {
    apiKey: { name: 'key', resolve: () => Promise.resolve({ auth: { apiKey: 'k' } }) },
  };
  const provider = module['createProvider']?.({ id: 'acme', auth, models: [MODEL], api: streams });
  models?.setProvider(provider);
  if (models === undefined) throw new Error('no collection');
  return {
    stream: (...args) => models.stream(...args),
    streamSimple: (...args) => models.streamSimple(...args),
    model,
  };
}

function run(
  version: Version,
  scenario: (pi: Generation, model: unknown) => Promise<unknown>,
  more: Json = {},
): Promise<CollectedRun> {
  return collectSpans({ modules: { piAi: modules.get(version), ...more } }, async () => {
    const server = await startToolLoop();
    const pi = generation(version);
    try {
      await scenario(pi, pi.model(server.url));
    } finally {
      await server.close();
    }
  });
}

async function toolLoop({ stream }: Generation, model: unknown): Promise<void> {
  await agentSpan({ agentId: 'a', sessionId: 's-1' }, async () => {
    const context = asked('weather in Oslo');
    const first = await stream(model, context, OPTIONS).result();
    const id = first.content.find(({ type }) => type === 'toolCall')?.id;
    const text = [{ type: 'text', text: '21' }];
    const result = {
      role: 'toolResult',
      toolCallId: id,
      toolName: 'weather',
      content: text,
      isError: false,
      timestamp: 1,
    };
    const messages = [...(context['messages'] as readonly unknown[]), first, result];
    await stream(model, { ...context, messages }, OPTIONS).result();
  });
}

const LOOP = ['a.run AGENT', '  acme req-model LLM', '  acme req-model LLM'];

describe.each(VERSIONS)('%s', (version) => {
  it('counts each call of a tool loop', async () => {
    const { spans, results } = await run(version, toolLoop);
    expect(results).toContainEqual({ name: 'piAi', status: 'installed', installed: true });
    expect(treeOf(spans)).toEqual(LOOP);
    expect(tokenSum(spans)).toEqual({ prompt: 250, completion: 32 });
    expect(traceIds(spans).size).toBe(1);
    const [first, second] = spans;
    expect(first?.attributes).toMatchObject({
      'session.id': 's-1',
      'llm.model_name': 'served-model-1',
      'llm.provider': 'acme',
      'llm.finish_reason': 'toolUse',
      'llm.token_count.prompt': 100,
      'llm.token_count.completion': 20,
      'llm.token_count.total': 120,
      'llm.token_count.prompt_details.cache_read': 40,
      'llm.cost.total': 0.000104,
      'llm.input_messages.0.message.content': 'Be brief.',
      'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call_1',
      'llm.invocation_parameters': '{"temperature":0.5}',
    });
    expect(second?.attributes).toMatchObject({
      'llm.finish_reason': 'stop',
      'llm.token_count.prompt': 150,
      'llm.token_count.completion': 12,
      'llm.token_count.prompt_details.cache_read': 100,
      'llm.cost.total': 0.000084,
      'llm.input_messages.3.message.role': 'tool',
      'llm.input_messages.3.message.content': '21',
      'output.value': 'It is 21 degrees in Oslo.',
    });
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('secret-key');
  });

  it('counts once with the provider below instrumented too', async () => {
    const { spans } = await run(version, toolLoop, { openai });
    expect(treeOf(spans)).toEqual(LOOP);
    expect(tokenSum(spans)).toEqual({ prompt: 250, completion: 32 });
  });

  it('says how calls go that fail, are aborted, or are not read', async () => {
    const outcomes: string[] = [];
    const { spans } = await run(version, async ({ streamSimple }, model) => {
      await manualSpan({ spanName: 'application' }, async () => {
        const failing = await streamSimple(model, asked('fail'), OPTIONS).result();
        const controller = new AbortController();
        const slow = streamSimple(model, asked('slow'), { ...OPTIONS, signal: controller.signal });
        setTimeout(() => controller.abort(), 50);
        const aborted = await slow.result();
        outcomes.push(failing.stopReason, aborted.stopReason);
        streamSimple(model, asked('hello'), OPTIONS);
        await new Promise((resolve) => setTimeout(resolve, 200));
      });
    });
    expect(outcomes).toEqual(['error', 'aborted']);
    expect(traceIds(spans).size).toBe(1);
    expect(tokenSum(spans)).toEqual({ prompt: 11, completion: 5 });
    const [failing, aborted, unread] = spans;
    expect(failing?.status.message).toContain('upstream exploded');
    expect(failed(spans)).toHaveLength(1);
    expect(Object.keys(failing?.attributes ?? {}).join()).not.toContain('token_count');
    expect(aborted?.attributes['llm.finish_reason']).toBe('aborted');
    expect(unread?.attributes['output.value']).toBe('Hello there.');
  });

  it('closes at shutdown what is still under way', async () => {
    const server = await startToolLoop();
    const listening = listen();
    const { spans } = await collectSpans({ modules: { piAi: modules.get(version) } }, async () => {
      const { stream, model } = generation(version);
      const events = stream(model(server.url), asked('slow'), OPTIONS)[Symbol.asyncIterator]();
      await events.next();
      stream(model(server.url), asked('hello'), OPTIONS);
    });
    // What comes later is no fault of the application's.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.close();
    listening.stop();
    expect(listening.text()).not.toContain('already ended');
    expect(spans.map(({ ended, attributes }) => [ended, attributes['agent.outcome']])).toEqual([
      [true, 'abandoned'],
      [true, 'abandoned'],
    ]);
  });
});

it('keeps nothing of a provider that is asked for again', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const provider = { stream: () => {}, streamSimple: () => {} };
  class Models {
    setProvider(): void {}
    getProvider(): unknown {
      return provider;
    }
  }
  await collectSpans({}, () => {
    const models = new Models();
    instrumentPiAi(models);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let call = 0; call < 100_000; call += 1) models.getProvider();
    collect();
    // It was 45 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    return Promise.resolve();
  });
});

describe('an agent of pi-agent-core', () => {
  it.each(['piAgent073', 'piAgent1'] as const)('%s is a run with its tools', async (name) => {
    const core = (await loadAgentSdk(name)) as {
      Agent: new (options: unknown) => Json & { prompt(text: string): Promise<void> };
    };
    // The copy that the agent uses: before 1.0 its own, then what it is given.
    const piAi =
      name === 'piAgent1'
        ? modules.get('piAi1')
        : await loadAgentSdkDependency('@mariozechner/pi-ai', 'dist/index.js');
    const { spans } = await collectSpans({ modules: { piAi } }, async () => {
      expect(instrumentPiAi(core)).toMatchObject({ installed: true });
      const server = await startToolLoop();
      const execute = (): Promise<unknown> =>
        Promise.resolve({ content: [{ type: 'text', text: 'Oslo: 21' }], details: {} });
      const agent = new core.Agent({
        initialState: {
          systemPrompt: 'Be brief.',
          model: { ...MODEL, baseUrl: server.url },
          tools: [{ ...TOOL, label: 'Weather', execute }],
        },
        getApiKey: () => 'k',
        sessionId: 'pi-1',
        ...(name === 'piAgent1' && { streamFn: generation('piAi1').streamSimple }),
      });
      await agent.prompt('weather in Oslo');
      await server.close();
    });
    const calls = spans.filter(({ name: spanName }) => spanName === 'acme req-model');
    expect(treeOf(spans)).toEqual([
      'pi.agent AGENT',
      '  acme req-model LLM',
      '  weather TOOL',
      '  acme req-model LLM',
    ]);
    expect(calls).toHaveLength(2);
    expect(tokenSum(spans)).toEqual({ prompt: 250, completion: 32 });
    expect(only(spans, 'weather').attributes).toMatchObject({
      'tool_call.id': 'call_1',
      'input.value': '{"city":"Oslo"}',
      'output.value': 'Oslo: 21',
    });
    expect(only(spans, 'pi.agent').attributes).toMatchObject({
      'session.id': 'pi-1',
      'input.value': 'weather in Oslo',
      'output.value': 'It is 21 degrees in Oslo.',
    });
  });
});
