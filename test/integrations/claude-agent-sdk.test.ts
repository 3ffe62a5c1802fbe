import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, manualSpan, setup, wrapClaudeAgentSdkQuery } from '../../src/index.js';
import { observeClaudeCode } from '../../src/claude-agent-sdk.js';
import { collectSpans, failed, type CollectedRun } from './collect-spans.js';
import { loadAgentSdk } from './installations.js';
import { tokenSum, traceIds } from './scenarios.js';
import { only, treeOf } from './span-tree.js';

type Json = Readonly<Record<string, unknown>>;
interface Query extends AsyncGenerator<Json, void> {
  interrupt(): Promise<void>;
  close(): void;
}
type QueryFunction = (params: { prompt: string | AsyncIterable<unknown>; options?: Json }) => Query;

const STUB = join(import.meta.dirname, 'claude-stub.mjs');
const SESSION = '11111111-2222-4333-8444-555555555555';
const OPTIONS = { pathToClaudeCodeExecutable: STUB, executable: 'node' };

let sdk: { readonly query: QueryFunction };
beforeAll(async () => {
  sdk = (await loadAgentSdk('claudeAgentSdk')) as typeof sdk;
});

function traced(scenario: (query: QueryFunction) => Promise<void>): Promise<CollectedRun> {
  return collectSpans({}, () => scenario(wrapClaudeAgentSdkQuery(sdk.query)));
}

async function read(messages: AsyncIterable<Json>): Promise<readonly Json[]> {
  const all: Json[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

async function ask(query: QueryFunction, prompt: string): Promise<readonly Json[]> {
  return read(query({ prompt, options: OPTIONS }));
}

const LOOP = [
  'claude.query AGENT',
  '  claude.message LLM',
  '  mcp__demo__weather TOOL',
  '  claude.message LLM',
];

describe('a query with a tool', () => {
  it('is a run with exact model calls and the tool', async () => {
    const { spans } = await traced(async (query) => {
      await ask(query, 'weather in Oslo');
    });
    expect(treeOf(spans)).toEqual(LOOP);
    expect(tokenSum(spans)).toEqual({ prompt: 398, completion: 32 });
    const [first, second] = spans.filter(({ name }) => name === 'claude.message');
    expect(first?.attributes).toMatchObject({
      'llm.model_name': 'claude-test-1',
      'llm.system': 'anthropic',
      'llm.provider': 'anthropic',
      'llm.finish_reason': 'tool_use',
      'llm.token_count.prompt': 148,
      'llm.token_count.completion': 20,
      'llm.token_count.total': 168,
      'llm.token_count.prompt_details.cache_read': 40,
      'llm.token_count.prompt_details.cache_write': 8,
      'llm.output_messages.0.message.content': 'Let me look.',
      'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'toolu_1',
    });
    expect(second?.attributes).toMatchObject({
      'llm.finish_reason': 'end_turn',
      'llm.token_count.prompt': 250,
      'llm.token_count.completion': 12,
      'llm.input_messages.0.message.content': 'weather in Oslo',
      'llm.input_messages.1.message.tool_calls.0.tool_call.function.name': 'mcp__demo__weather',
      'llm.input_messages.2.message.role': 'tool',
      'llm.input_messages.2.message.content': 'Oslo: 21',
    });
    expect(only(spans, 'mcp__demo__weather').attributes).toMatchObject({
      'tool.name': 'mcp__demo__weather',
      'tool_call.id': 'toolu_1',
      'input.value': '{"city":"Oslo"}',
      'output.value': 'Oslo: 21',
    });
    const run = only(spans, 'claude.query');
    expect(run.attributes).toMatchObject({
      'input.value': 'weather in Oslo',
      'output.value': 'It is 21 degrees in Oslo.',
      'llm.cost.total': 0.001708,
      'agent.outcome': 'success',
    });
    expect(Object.keys(run.attributes).filter((key) => key.includes('token_count'))).toEqual([]);
    expect(spans.map(({ attributes }) => attributes['session.id'])).toEqual(
      spans.map(() => SESSION),
    );
  });

  it('gives the application the same messages, and the same object', async () => {
    const plain = await ask(sdk.query, 'weather in Oslo');
    const options = { ...OPTIONS, includePartialMessages: true };
    const withEvents = await read(sdk.query({ prompt: 'weather in Oslo', options }));
    await traced(async (query) => {
      const types = (messages: readonly Json[]): readonly unknown[] =>
        messages.map((m) => m['type']);
      expect(types(await ask(query, 'weather in Oslo'))).toEqual(types(plain));
      const asked = await read(query({ prompt: 'weather in Oslo', options }));
      expect(types(asked)).toEqual(types(withEvents));
      const running = query({ prompt: 'hello', options: OPTIONS });
      expect(typeof running.interrupt).toBe('function');
      await read(running);
    });
  });

  it('has failed at once when the SDK throws instead of starting', async () => {
    const unable: QueryFunction = () => {
      throw new Error('no executable');
    };
    const refused = wrapClaudeAgentSdkQuery(unable);
    const { spans } = await collectSpans({}, async () => {
      expect(() => refused({ prompt: 'Anybody?' })).toThrow('no executable');
    });
    expect(spans).toHaveLength(1);
    expect(spans[0]?.status).toMatchObject({ code: 2, message: 'no executable' });
    expect(spans[0]?.attributes['input.value']).toBe('Anybody?');
  });

  it('says of a tool that failed what it said', async () => {
    const { spans } = await traced(async (query) => {
      await ask(query, 'broken');
    });
    expect(only(spans, 'mcp__demo__weather').status).toEqual({
      code: 2,
      message: 'tool went wrong',
    });
    expect(failed(spans)).toHaveLength(1);
  });

  it('belongs to the session around it', async () => {
    const { spans } = await traced(async (query) => {
      await agentSpan({ agentId: 'outer', sessionId: 's-1' }, () => ask(query, 'weather in Oslo'));
    });
    expect(treeOf(spans)).toEqual(['outer.run AGENT', ...LOOP.map((line) => `  ${line}`)]);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id']))).toEqual(
      new Set(['s-1']),
    );
    expect(traceIds(spans).size).toBe(1);
  });
});

describe('Claude Code 1, which has the same function', () => {
  it('is a run with the same tree and bill', async () => {
    const { query } = (await loadAgentSdk('claudeCode1')) as typeof sdk;
    const { spans } = await collectSpans({}, () =>
      ask(wrapClaudeAgentSdkQuery(query), 'weather in Oslo'),
    );
    expect(treeOf(spans)).toEqual(LOOP);
    expect(tokenSum(spans)).toEqual({ prompt: 398, completion: 32 });
    expect(only(spans, 'claude.query').attributes).toMatchObject({
      'input.value': 'weather in Oslo',
      'output.value': 'It is 21 degrees in Oslo.',
      'session.id': SESSION,
    });
  });
});

describe('other runs', () => {
  it('puts a sub-agent in the background below its tool, and adds up to the bill', async () => {
    const { spans } = await traced(async (query) => {
      await ask(query, 'delegate');
    });
    expect(treeOf(spans)).toEqual([
      'claude.query AGENT',
      '  claude.message LLM',
      '  Agent TOOL',
      '    helper AGENT',
      '      claude.message LLM',
      '      Read TOOL',
      '      claude.message LLM',
      '  claude.message LLM',
      '  claude.message LLM',
    ]);
    expect(tokenSum(spans)).toEqual({ prompt: 803, completion: 67 });
    expect(only(spans, 'helper').attributes).toMatchObject({
      'agent.name': 'helper',
      'input.value': 'weather in Oslo',
      'output.value': 'Oslo: 21',
    });
  });

  it('takes several prompts in one run', async () => {
    const { spans } = await traced(async (query) => {
      let answered: (() => void) | undefined;
      async function* prompts(): AsyncGenerator {
        for (const content of ['hello one', 'hello two']) {
          const wait = new Promise<void>((resolve) => (answered = resolve));
          yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null };
          await wait;
        }
      }
      const messages = query({ prompt: prompts(), options: OPTIONS });
      for await (const message of messages) if (message['type'] === 'result') answered?.();
    });
    expect(treeOf(spans)).toEqual([
      'claude.query AGENT',
      '  claude.message LLM',
      '  claude.message LLM',
    ]);
    expect(tokenSum(spans)).toEqual({ prompt: 14, completion: 6 });
    expect(only(spans, 'claude.query').attributes['input.value']).toBe('hello one');
  });

  it('counts what Claude Code asks for by itself', async () => {
    const { spans } = await traced(async (query) => {
      await ask(query, 'compact');
    });
    expect(treeOf(spans)).toEqual([
      'claude.query AGENT',
      '  claude.message LLM',
      '  claude.internal LLM',
    ]);
    expect(tokenSum(spans)).toEqual({ prompt: 97, completion: 12 });
  });

  it('is ERROR when the API fails, without a model call', async () => {
    const { spans } = await traced(async (query) => {
      await ask(query, 'fail').catch(() => {});
    });
    expect(treeOf(spans)).toEqual(['claude.query AGENT']);
    expect(spans[0]?.status).toEqual({ code: 2, message: 'API Error: 400' });
    expect(spans[0]?.attributes).toMatchObject({ 'agent.outcome': 'failure' });
  });

  it('is closed when the application stops to read, and at shutdown', async () => {
    const { spans } = await traced(async (query) => {
      for await (const message of query({ prompt: 'endless', options: OPTIONS }))
        if (message['type'] === 'assistant') break;
      query({ prompt: 'endless', options: OPTIONS });
    });
    const runs = spans.filter(({ name }) => name === 'claude.query');
    expect(runs.map(({ attributes }) => attributes['agent.outcome'])).toEqual([
      'abandoned',
      'abandoned',
    ]);
    expect(spans.every(({ ended }) => ended)).toBe(true);
  });

  it('is abandoned where nobody read on after the result of an earlier prompt', async () => {
    const { spans } = await traced(async (query) => {
      let hasAnswer = false;
      async function* prompts(): AsyncGenerator {
        for (const content of ['hello one', 'endless']) {
          yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null };
        }
        await new Promise(() => {});
      }
      for await (const { type } of query({ prompt: prompts(), options: OPTIONS })) {
        if (hasAnswer && type === 'assistant') break;
        hasAnswer ||= type === 'result';
      }
    });
    expect(only(spans, 'claude.query').attributes['agent.outcome']).toBe('abandoned');
  });

  it('leaves nothing open where it is not sampled', async () => {
    const open = (): number => {
      const kept: unknown = Reflect.get(globalThis, Symbol.for('catalyst-tracing.open-spans'));
      return kept instanceof Map ? kept.size : 0;
    };
    const { spans } = await collectSpans({ sampler: new AlwaysOffSampler() }, async () => {
      const before = open();
      await ask(wrapClaudeAgentSdkQuery(sdk.query), 'weather in Oslo');
      expect(open()).toBe(before);
    });
    expect(spans).toEqual([]);
  });

  it('hands its trace to Claude Code', async () => {
    let seen: unknown;
    const { spans } = await traced(async (query) => {
      const messages = await ask(query, 'environment');
      seen = messages.at(-1)?.['result'];
    });
    const { traceId, spanId } = only(spans, 'claude.query').spanContext();
    expect(seen).toBe(`00-${traceId}-${spanId}-01`);
  });

  it('leaves the counts to Claude Code where that sends spans by itself', async () => {
    const env = {
      ...process.env,
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
      CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
      OTEL_TRACES_EXPORTER: 'otlp',
    };
    const { spans } = await traced(async (query) => {
      await read(query({ prompt: 'weather in Oslo', options: { ...OPTIONS, env } }));
    });
    expect(treeOf(spans)).toEqual(LOOP);
    expect(tokenSum(spans)).toEqual({ prompt: 0, completion: 0 });
  });
});

describe('Claude Code', () => {
  const start = (prompt: string, more: readonly string[]) => (env: NodeJS.ProcessEnv) =>
    spawn(process.execPath, [STUB, '-p', prompt, ...more], { env }).stdout;

  it.each([['--include-partial-messages'], ['--verbose']])('is observed by %s', async (flag) => {
    const prompt = 'weather in Oslo';
    const { spans } = await traced(async () => {
      await manualSpan({ spanName: 'application' }, async () =>
        read(observeClaudeCode(start(prompt, [flag]), { prompt })),
      );
    });
    expect(treeOf(spans)).toEqual(['application CHAIN', ...LOOP.map((line) => `  ${line}`)]);
    expect(tokenSum(spans)).toEqual({ prompt: 398, completion: 32 });
    expect(traceIds(spans).size).toBe(1);
  });

  it('joins the trace, and is ERROR when it ends without a result', async () => {
    let messages: readonly Json[] = [];
    const { spans } = await traced(async () => {
      messages = await read(observeClaudeCode(start('environment', [])));
      await read(observeClaudeCode(start('crash', [])));
    });
    const [joined, crashed] = spans.filter(({ name }) => name === 'claude.query');
    expect(messages.at(-1)?.['result']).toContain(joined?.spanContext().traceId);
    expect(crashed?.status.code).toBe(2);
  });
});

describe('a module that is given', () => {
  it('has a row that says what to do', async () => {
    const tracing = await setup({ autoInstrument: false, modules: { claudeAgentSdk: sdk } });
    const [row] = tracing.installResults.filter(({ name }) => name === 'claudeAgentSdk');
    await tracing.shutdown();
    expect(row).toMatchObject({ installed: false });
    expect(row?.reason).toContain('wrapClaudeAgentSdkQuery');
  });
});
