import { join } from 'node:path';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapClaudeAgentSdkQuery, type PrivacyOptions } from '../../src/index.js';
import { collectSpans } from './collect-spans.js';
import { startCursor, type CursorServer } from './cursor-server.js';
import { startAgentServer, type AgentServer } from './elevenlabs-server.js';
import { loadAgentSdk } from './installations.js';
import { startToolLoop, type ToolLoopServer } from './tool-loop-server.js';

type Json = Readonly<Record<string, unknown>>;
type Call = (...args: readonly unknown[]) => Promise<Record<string, Call>>;

/** Words of the prompts, answers, tools and errors of all of these runs. */
const WORDS = /Oslo|degrees|weather in|thanks|Sure\.|tool went wrong|one file|a\.txt|no such/u;

let loop: ToolLoopServer;
let cursor: CursorServer;
let agent: AgentServer;
beforeAll(async () => {
  loop = await startToolLoop();
  cursor = await startCursor();
  agent = await startAgentServer();
  process.env['CURSOR_BACKEND_URL'] = cursor.url;
  Reflect.set(globalThis, 'WebSocket', agent.WebSocket);
});
afterAll(async () => {
  await loop.close();
  await cursor.close();
  agent.close();
  delete process.env['CURSOR_BACKEND_URL'];
});

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

async function runAll(
  privacy: PrivacyOptions,
  raw: ReadableSpan[] = [],
): Promise<readonly ReadableSpan[]> {
  const piAi = (await loadAgentSdk('piAi073')) as {
    stream: (...args: readonly unknown[]) => { result(): Promise<unknown> };
  };
  const elevenlabs = (await loadAgentSdk('elevenlabsClient')) as {
    Conversation: { startSession: Call };
  };
  const cursorSdk = (await loadAgentSdk('cursorSdk')) as { Agent: { prompt: Call } };
  const claude = (await loadAgentSdk('claudeAgentSdk')) as {
    query: (params: Json) => AsyncIterable<unknown>;
  };
  const modules = { piAi, elevenlabs, cursorSdk };
  const { spans } = await collectSpans({ modules, privacy }, async ({ provider }) => {
    if (!('addSpanProcessor' in provider) || typeof provider.addSpanProcessor !== 'function')
      throw new Error('the provider takes no processors');
    provider.addSpanProcessor({
      onStart: () => {},
      onEnd: (span: ReadableSpan) => raw.push(span),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    });
    const query = wrapClaudeAgentSdkQuery(claude.query);
    const stub = join(import.meta.dirname, 'claude-stub.mjs');
    for (const prompt of ['weather in Oslo', 'broken'])
      for await (const message of query({
        prompt,
        options: { pathToClaudeCodeExecutable: stub, executable: 'node' },
      }))
        expect(message).toBeDefined();
    const model = {
      id: 'm',
      api: 'openai-completions',
      provider: 'acme',
      baseUrl: loop.url,
      input: ['text'],
      cost: {},
      maxTokens: 9,
    };
    const messages = [{ role: 'user', content: 'weather in Oslo', timestamp: 1 }];
    await piAi
      .stream(model, { systemPrompt: 'weather in Oslo', messages }, { apiKey: 'k' })
      .result();
    const talk = await elevenlabs.Conversation.startSession({
      agentId: 'a',
      connectionType: 'websocket',
      textOnly: true,
      origin: agent.origin,
      clientTools: {
        weather: () => '21 degrees',
        broken: () => Promise.reject(new Error('tool went wrong')),
      },
    });
    for (const text of ['weather in Oslo', 'break', 'thanks']) {
      void Reflect.apply(Reflect.get(talk, 'sendUserMessage'), talk, [text]);
      await settle();
    }
    await Reflect.apply(Reflect.get(talk, 'endSession'), talk, []);
    await cursorSdk.Agent.prompt('weather in Oslo', { apiKey: 'k', cloud: {} });
  });
  return spans;
}

function textOf(spans: readonly ReadableSpan[]): string {
  return JSON.stringify(
    spans.map(({ attributes, events, name, status }) => ({ attributes, events, name, status })),
  );
}

describe('what was said to agents and by them', () => {
  it('is on the spans where nothing is hidden', async () => {
    expect(textOf(await runAll({}))).toMatch(WORDS);
  });

  it.each<PrivacyOptions>([{ allowPii: false }, { captureMessageContent: false }])(
    'stays at home under %o',
    async (privacy) => {
      const text = textOf(await runAll(privacy));
      expect(WORDS.exec(text)).toBeNull();
      expect(text).toContain('llm.token_count.prompt');
    },
  );

  it('loses what models and tools said, in later requests too, where outputs are hidden', async () => {
    const said = /degrees|Sure\.|one file/u;
    expect(textOf(await runAll({}))).toMatch(said);
    const text = textOf(await runAll({ hideOutputs: true }));
    expect(said.exec(text)).toBeNull();
    expect(text).toContain('weather in');
  });

  it('waits on the live span under keys that LiveKit deletes', async () => {
    const seen: ReadableSpan[] = [];
    await runAll({}, seen);
    const keys = seen.flatMap(({ attributes }) =>
      Object.keys(attributes).filter((key) => WORDS.test(String(attributes[key]))),
    );
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith('catalyst.pii.'))).toEqual([]);
  });
});
