import { llm, voice } from '@livekit/agents';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { ScriptedLLM, type ScriptedReply } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { Job } from '../support/traceable-job.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions | undefined;

afterEach(async () => {
  await traced?.close();
  traced = undefined;
});

/** One session of an agent: one turn, whose model calls a tool first. */
async function runSession(
  { tracing }: TracedSessions,
  agent: string,
  model: string,
  replies: readonly ScriptedReply[],
): Promise<void> {
  await runTextSession({
    agent: new voice.Agent({ id: agent, instructions: 'Help.' }),
    llm: new ScriptedLLM({ model, replies }),
    turns: [`A question to ${agent}`],
    onSession: (session) => tracing.observe(session),
    sessionOptions: {
      vad: null,
      userAwayTimeout: null,
      tools: [
        llm.tool({
          name: 'look_up',
          description: 'Looks it up.',
          parameters: z.object({}),
          execute: () => Promise.reject(new llm.ToolError('out of order')),
        }),
      ],
    },
  });
}

it('sums all sessions of a job on its span, and leaves each its own', async () => {
  traced = await traceSessions();
  const live = traced;
  const job = new Job();
  const call = { name: 'look_up', arguments: {} };
  await traced.tracing.job(job, {}, async () => {
    await runSession(live, 'receptionist', 'small', [
      { toolCalls: [call], usage: { prompt: 100, completion: 10 } },
      { text: 'One moment.', usage: { prompt: 200, completion: 20 } },
    ]);
    await runSession(live, 'specialist', 'large', [
      { delayMillis: 120, text: 'Here it is.', usage: { prompt: 1000, completion: 50 } },
    ]);
  });
  await job.end();
  const spans = await traced.arrived();
  const root = spans.only('voice.session');
  expect(root.attributes).toMatchObject({
    'voice.session.turns': 2,
    'agent.llm_call_count': 3,
    'agent.tool_call_count': 1,
    'voice.session.tool_errors': 1,
    'voice.session.agents': ['receptionist', 'specialist'],
    'voice.session.tokens_by_model':
      '{"small":{"input":300,"output":30},"large":{"input":1000,"output":50}}',
    'input.value': 'A question to receptionist',
    'output.value': 'Here it is.',
    'voice.session.close_reason': 'user_initiated',
  });
  // The slowest of the three calls is one of the second session.
  expect(root.attributes['voice.session.llm_ttft_p95_ms']).toBeGreaterThanOrEqual(100);
  expect(root.attributes['voice.session.llm_ttft_p50_ms']).toBeLessThan(100);
  const [first, second] = spans.named('agent_session');
  expect(first?.attributes).toMatchObject({
    'voice.session.turns': 1,
    'agent.llm_call_count': 2,
    'voice.session.tokens_by_model': '{"small":{"input":300,"output":30}}',
    'voice.session.agents': ['receptionist'],
    'output.value': 'One moment.',
  });
  expect(second?.attributes).toMatchObject({
    'voice.session.turns': 1,
    'agent.llm_call_count': 1,
    'voice.session.tool_errors': 0,
    'voice.session.tokens_by_model': '{"large":{"input":1000,"output":50}}',
    'voice.session.agents': ['specialist'],
  });
});
