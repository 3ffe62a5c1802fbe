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

/** A session that its realtime model ends, and all that is sent of it. */
async function runFailingSession(privacy?: PrivacyOptions): Promise<string> {
  traced = await traceSessions(privacy === undefined ? {} : { privacy });
  const { tracing } = traced;
  const model = new ScriptedRealtimeModel({ responses: [] });
  await runRealtimeSession({
    agent: new voice.Agent({ instructions: 'Talk.' }),
    llm: model,
    onSession: (session) => tracing.observe(session),
    turns: [
      async (session) => {
        const closed = new Promise((resolve) =>
          session.once(voice.AgentSessionEventTypes.Close, resolve),
        );
        model.current?.emit('error', {
          type: 'realtime_model_error',
          timestamp: Date.now(),
          label: model.label(),
          error: new Error('canary-error'),
          recoverable: false,
        });
        await closed;
      },
    ],
  });
  const spans = await traced.arrived();
  expect(spans.only('agent_session').status.code).toBe(2);
  return inspect(spans.all, { depth: null, maxArrayLength: null, maxStringLength: null });
}

it('sends the message of the error that ended a session only where content may be sent', async () => {
  expect(await runFailingSession()).toContain('canary-error');
  await traced?.close();
  expect(await runFailingSession({ allowPii: false })).not.toContain('canary');
  await traced?.close();
  expect(await runFailingSession({ captureMessageContent: false })).not.toContain('canary');
});
