import { inspect } from 'node:util';
import { llm, voice } from '@livekit/agents';
import { afterEach, expect, it, vi } from 'vitest';
import type { PrivacyOptions } from '../../src/options/setup-options.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedRealtimeModel } from '../support/scripted-realtime.js';
import { runRealtimeSession, runTextSession } from '../support/sessions.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await traced?.close();
});

/** Everything that only events tell, each with a canary in it. */
async function runCanarySessions(privacy?: PrivacyOptions): Promise<string> {
  traced = await traceSessions(privacy === undefined ? {} : { privacy });
  const { tracing } = traced;
  const tool = llm.tool({ description: 'Looks up', execute: async () => 'canary-result' });
  await runRealtimeSession({
    agent: new voice.Agent({ instructions: 'Talk.', tools: { tool } }),
    llm: new ScriptedRealtimeModel({
      responses: [
        { toolCalls: [{ name: 'tool', arguments: { of: 'canary-argument' } }] },
        { text: 'canary-answer' },
      ],
    }),
    onSession: (session) => tracing.observe(session),
    turns: [
      'canary-words',
      (session) => vi.waitUntil(() => session.history.items.at(-1)?.type === 'message'),
    ],
  });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Help.' }),
    llm: new ScriptedLLM({ replies: [] }),
    onSession: (session) => tracing.observe(session),
    turns: [
      async (session) => session.say('canary-said').waitForPlayout(),
      async (session) => {
        session.shutdown({ reason: 'canary-reason' });
        await new Promise((resolve) => session.once(voice.AgentSessionEventTypes.Close, resolve));
      },
    ],
  });
  const spans = await traced.arrived();
  expect(spans.named('agent_session')).toHaveLength(2);
  return inspect(spans.all, { depth: null, maxArrayLength: null, maxStringLength: null });
}

const LEARNT = ['words', 'answer', 'argument', 'result', 'said', 'reason'] as const;

it('sends what events tell when nothing is hidden', async () => {
  const sent = await runCanarySessions();
  for (const canary of LEARNT) expect(sent).toContain(`canary-${canary}`);
});

it.each([{ allowPii: false }, { captureMessageContent: false }])(
  'sends no word of it with %j',
  async (privacy) => {
    expect(await runCanarySessions(privacy)).not.toContain('canary');
  },
);

it('hides inputs that only events tell by the environment alone', async () => {
  vi.stubEnv('OPENINFERENCE_HIDE_INPUTS', 'true');
  vi.stubEnv('OPENINFERENCE_HIDE_OUTPUTS', '1');
  expect(await runCanarySessions()).not.toContain('canary');
});
