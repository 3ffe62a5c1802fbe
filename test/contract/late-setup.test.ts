import * as livekitAgents from '@livekit/agents';
import { type tts, voice } from '@livekit/agents';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runTextSession } from '../support/sessions.js';

let live: LiveSpans | undefined;
const warnings: string[] = [];

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(String(text)));
});

afterEach(async () => {
  await live?.close();
  live = undefined;
  vi.restoreAllMocks();
});

function said(): readonly string[] {
  return warnings.filter((line) => line.includes('before tracing was set up'));
}

async function start(): Promise<LiveSpans> {
  live = await startLiveSpans({ modules: { livekitAgents } });
  return live;
}

// The order matters: what is said, is said once in a process.

it('says nothing of a whole session, nor of models that are used without one', async () => {
  const spans = await start();
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
    turns: ['Hi'],
  });
  await spans.close();
  const alone = await start();
  const speech: tts.ChunkedStream = new ScriptedTTS().synthesize('Hello.');
  for await (const _ of speech);
  await vi.waitFor(async () => expect(await alone.all()).not.toEqual([]));
  expect((await alone.all()).map(({ name }) => name)).toContain('tts_request');
  expect(said()).toEqual([]);
});

it('says once what is missing of a session that had started', async () => {
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }] }),
    turns: ['First', async () => void (await start()), 'Second', 'Third'],
  });
  const spans = (await live?.all()) ?? [];
  expect(spans.filter(({ name }) => name === 'agent_turn')).toHaveLength(2);
  expect(spans.filter(({ name }) => name === 'agent_session')).toEqual([]);
  expect(said()).toHaveLength(1);
  expect(said()[0]).toMatch(/agent_session.*missing.*setup\(\) before session\.start\(\)/);
  // What is left is found under one session.
  expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
});
