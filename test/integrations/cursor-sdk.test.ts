import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSpan } from '../../src/index.js';
import { collectSpans, failed, type CollectedRun } from './collect-spans.js';
import { startCursor, type CursorServer } from './cursor-server.js';
import { loadAgentSdk } from './installations.js';
import { tokenSum, traceIds } from './scenarios.js';
import { only, treeOf } from './span-tree.js';

interface CursorRun {
  stream(): AsyncGenerator<{ readonly type: string }, void>;
  wait(): Promise<{ readonly status: string; readonly result?: string }>;
}
interface CursorAgent {
  readonly agentId: string;
  send(message: string): Promise<CursorRun>;
}
interface CursorModule {
  readonly Agent: {
    create(options: unknown): Promise<CursorAgent>;
    prompt(message: string, options: unknown): Promise<{ readonly status: string }>;
  };
}

const OPTIONS = { apiKey: 'k', cloud: { repos: [{ url: 'https://example.test/r' }] } };
const SETTLE_MILLIS = 150;

let server: CursorServer;
beforeEach(async () => {
  server = await startCursor();
  process.env['CURSOR_BACKEND_URL'] = server.url;
});
afterEach(async () => {
  await server.close();
  delete process.env['CURSOR_BACKEND_URL'];
});

describe('an agent of Cursor', () => {
  async function run(
    scenario: (sdk: CursorModule['Agent']) => Promise<void>,
  ): Promise<CollectedRun> {
    const cursorSdk = (await loadAgentSdk('cursorSdk')) as CursorModule;
    return collectSpans({ modules: { cursorSdk } }, () => scenario(cursorSdk.Agent));
  }
  const TREE = ['cursor.run AGENT', '  cursor.model LLM', '  shell TOOL', '  read TOOL'];

  it('is a run with its tools, streamed and waited for', async () => {
    let agentId: string | undefined;
    const types: string[] = [];
    const { spans, results } = await run(async (Agent) => {
      const agent = await Agent.create(OPTIONS);
      ({ agentId } = agent);
      const sent = await agent.send('use a tool');
      for await (const { type } of sent.stream()) types.push(type);
      expect(await sent.wait()).toMatchObject({ status: 'finished', result: 'There is one file.' });
    });
    expect(results).toContainEqual({ name: 'cursorSdk', status: 'installed', installed: true });
    expect(types).toContain('assistant');
    expect(treeOf(spans)).toEqual(TREE);
    expect(only(spans, 'cursor.run').attributes).toMatchObject({
      'input.value': 'use a tool',
      'output.value': 'There is one file.',
      'agent.id': agentId,
      'session.id': agentId,
      'agent.outcome': 'success',
    });
    expect(only(spans, 'shell').attributes).toMatchObject({
      'tool_call.id': 'call_1',
      'input.value': '{"command":"ls"}',
      'output.value': '{"stdout":"a.txt"}',
    });
    expect(failed(spans).map(({ name, status }) => [name, status.message])).toEqual([
      ['read', 'no such file'],
    ]);
    expect(tokenSum(spans)).toEqual({ prompt: 250, completion: 32 });
  });

  it('is ERROR when a run resolves that failed', async () => {
    const { spans } = await run(async (Agent) => {
      const sent = await (await Agent.create(OPTIONS)).send('fail');
      expect(await sent.wait()).toMatchObject({ status: 'error' });
    });
    expect(failed(spans).map(({ name }) => name)).toEqual(['cursor.run']);
  });

  it('ends a run that nobody reads, and those of Agent.prompt', async () => {
    const { spans } = await run(async (Agent) => {
      await agentSpan({ agentId: 'outer', sessionId: 's-1' }, async () => {
        await (await Agent.create(OPTIONS)).send('use a tool');
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));
        expect(await Agent.prompt('use a tool', OPTIONS)).toMatchObject({ status: 'finished' });
      });
    });
    const runs = spans.filter(({ name }) => name === 'cursor.run');
    expect(runs.map(({ attributes }) => attributes['agent.outcome'])).toEqual([
      'success',
      'success',
    ]);
    expect(traceIds(spans).size).toBe(1);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id']))).toEqual(
      new Set(['s-1']),
    );
  });

  it('is closed at shutdown when it is still running', async () => {
    const { spans } = await run(async (Agent) => {
      await (await Agent.create(OPTIONS)).send('slow');
    });
    expect(spans.map(({ ended, attributes }) => [ended, attributes['agent.outcome']])).toEqual([
      [true, 'abandoned'],
    ]);
  });
});
