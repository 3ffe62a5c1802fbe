import { cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { installApplication } from './installations.js';
import { named, rowOf, runApplication, tokenSum, type ApplicationRun } from './run-application.js';

/** CPU of `setup()` with both SDKs installed and not used, over `setup()` without them. */
const MAX_SEARCH_MILLIS = 3;
const ROUNDS = 7;

let directory: string;
beforeAll(async () => {
  directory = await installApplication();
});

const run = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = directory,
): Promise<ApplicationRun> => runApplication(cwd, args, env);

/** The same application where the SDKs are not installed. */
async function withoutSdks(): Promise<string> {
  const bare = await mkdtemp(join(tmpdir(), 'bare-'));
  const modules = join(bare, 'node_modules');
  await mkdir(modules);
  for (const name of ['catalyst-tracing', '@livekit']) {
    await symlink(join(directory, 'node_modules', name), join(modules, name));
  }
  await cp(join(directory, 'idle.mjs'), join(bare, 'idle.mjs'));
  return bare;
}

describe('an application that says nothing of its SDKs', () => {
  it.each(['script.mjs', 'script.cjs', 'both-copies.mjs'])(
    'has all its calls counted once: %s',
    async (file) => {
      const { report, spans, bill, requests, stderr } = await run([file]);
      expect(stderr).toBe('');
      expect(rowOf(report, 'openai')).toEqual({
        name: 'openai',
        status: 'installed',
        installed: true,
        version: '6.49.0',
      });
      expect(rowOf(report, 'anthropic')).toMatchObject({ status: 'installed', version: '1.14.0' });
      expect(named(spans, 'OpenAI Chat Completions')).toHaveLength(requests - 1);
      expect(named(spans, 'Anthropic Messages')).toHaveLength(1);
      expect(tokenSum(spans)).toEqual(bill);
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    },
  );

  it('may connect them by hand, through two copies of this package', async () => {
    const { report, spans, bill, requests } = await run(['sub-path.mjs']);
    expect(rowOf(report, 'openai')).toMatchObject({ status: 'installed' });
    expect(rowOf(report, 'anthropic')).toMatchObject({ status: 'installed' });
    expect(requests).toBe(4);
    expect(named(spans, 'OpenAI Chat Completions')).toHaveLength(1);
    expect(named(spans, 'Anthropic Messages')).toHaveLength(1);
    expect(tokenSum(spans).prompt).toBeLessThan(bill.prompt);
  });
});

describe('an application that uses none of the SDKs that it has', () => {
  it('loads none of them', async () => {
    const log = join(await mkdtemp(join(tmpdir(), 'loads-')), 'log');
    const { report } = await run(['--import', './log-loads.mjs', 'idle.mjs'], { LOAD_LOG: log });
    const loads = await readFile(log, 'utf8');
    expect(loads).toContain('catalyst-tracing');
    expect(loads).not.toMatch(/node_modules\/(?:openai|@anthropic-ai|@livekit)\//u);
    for (const name of ['openai', 'anthropic']) {
      expect(rowOf(report, name)).toMatchObject({
        status: 'unavailable',
        installed: false,
        reason: expect.stringContaining(`modules.${name}`),
      });
    }
  });

  it(`pays at most ${MAX_SEARCH_MILLIS} ms for the search`, async () => {
    const bare = await withoutSdks();
    const millis: Record<'with' | 'without', number[]> = { with: [], without: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [kind, cwd] of [['with', directory] as const, ['without', bare] as const]) {
        const { report } = await run(['idle.mjs'], {}, cwd);
        millis[kind].push(report.millis ?? Number.NaN);
      }
    }
    // The best of several: other processes share the machine.
    const search = Math.min(...millis.with) - Math.min(...millis.without);
    expect(search).toBeLessThan(MAX_SEARCH_MILLIS);
  });
});

describe('an application that leaves streams of both providers', () => {
  it.each(['end', 'exit'])('has them closed when its process comes to its %s', async (CASE) => {
    const { spans } = await run(['leave-streams.mjs'], { CASE });
    for (const name of ['OpenAI Chat Completions', 'Anthropic Messages']) {
      const [call, ...more] = named(spans, name);
      expect(more).toEqual([]);
      expect(call?.attributes).toMatchObject({
        'agent.outcome': 'abandoned',
        'input.value': 'hello',
        metadata: '{"stream":"abandoned"}',
      });
      expect(Object.keys(call?.attributes ?? {})).not.toContain('catalyst.incomplete');
    }
  });
});

describe('a voice agent on the OpenAI plugin', () => {
  it('has the tree and the counts of LiveKit, and no second model span', async () => {
    const { report, spans, bill, requests, stderr } = await run(['voice.mjs']);
    expect(stderr).toBe('');
    expect(report.errors).toEqual([]);
    expect(rowOf(report, 'openai')).toMatchObject({ status: 'installed' });
    expect(rowOf(report, 'livekitAgents')).toMatchObject({ status: 'installed' });
    expect(requests).toBe(2);
    expect(named(spans, 'OpenAI Chat Completions')).toEqual([]);
    expect(named(spans, 'llm_request')).toHaveLength(2);
    expect(tokenSum(spans)).toEqual(bill);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('has a model that a tool calls counted beside', async () => {
    const { report, spans, bill, requests } = await run(['voice.mjs'], { CASE: 'tool' });
    expect(report.errors).toEqual([]);
    expect(requests).toBe(4);
    const tools = named(spans, 'function_tool').map(({ spanId }) => spanId);
    const calls = named(spans, 'OpenAI Chat Completions');
    expect(calls.map(({ parentSpanId }) => parentSpanId).toSorted()).toEqual(tools.toSorted());
    expect(tokenSum(spans)).toEqual(bill);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('has the call of a node of its own counted once', async () => {
    const { report, spans, bill, requests } = await run(['voice.mjs'], { CASE: 'llmNode' });
    expect(report.errors).toEqual([]);
    expect(requests).toBe(1);
    expect(named(spans, 'llm_request')).toEqual([]);
    const [call] = named(spans, 'OpenAI Chat Completions');
    const [node] = named(spans, 'llm_node');
    expect(call?.parentSpanId).toBe(node?.spanId);
    expect(tokenSum(spans)).toEqual(bill);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });
});

describe('a graph of LangGraph', () => {
  it.each(['alone', 'agentSpan', 'voice'])('is one part of one trace: %s', async (CASE) => {
    const { report, spans, bill, stderr } = await run(['graph.mjs'], { CASE });
    expect(stderr).toBe('');
    for (const name of ['langchain', 'langgraph', 'openai']) {
      expect(rowOf(report, name)).toMatchObject({ status: 'installed' });
    }
    expect(tokenSum(spans)).toEqual(bill);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const [graph] = named(spans, 'weather-graph');
    const above = spans.find(({ spanId }) => spanId === graph?.parentSpanId);
    expect(above?.name).toBe({ agentSpan: 'Support.run', voice: 'function_tool' }[CASE]);
    const [inTool] = named(spans, 'OpenAI Chat Completions');
    expect(named(spans, 'getTime').map(({ spanId }) => spanId)).toEqual([inTool?.parentSpanId]);
    const sessions = new Set(spans.map(({ attributes }) => attributes['session.id']));
    expect(sessions.size).toBe(1);
    if (CASE === 'alone') expect([...sessions]).toEqual(['thread-1']);
  });
});
