import { voice } from '@livekit/agents';
import { afterEach, expect, it } from 'vitest';
import { agentSpan, manualSpan } from '../../src/index.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions | undefined;

afterEach(async () => {
  await traced?.close();
  traced = undefined;
});

it('says what model calls are for, on their spans and on the token counters', async () => {
  traced = await traceSessions({ metrics: true });
  await agentSpan({ agentId: 'support', useCase: 'support', callSite: 'entry' }, async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Be brief.' }),
      llm: new ScriptedLLM({
        replies: [{ text: 'Hello.', usage: { prompt: 30, completion: 6 } }],
      }),
      turns: ['Hi.'],
    });
    await manualSpan(
      { spanName: 'greet', spanKind: 'LLM', useCase: 'voice.greeting', callSite: ' ' },
      (span) => span.recordTokens({ prompt: 7, completion: 2 }),
    );
  });
  const spans = await traced.arrived();
  expect(spans.only('llm_request').attributes).toMatchObject({
    'llm.use_case': 'support',
    'llm.call_site': 'entry',
  });
  // The nearer one wins, and blank is unset.
  expect(spans.only('greet').attributes).toMatchObject({
    'llm.use_case': 'voice.greeting',
    'llm.call_site': 'entry',
  });
  const metrics = await traced.measured();
  const ofSession = { 'llm.use_case': 'support', 'llm.call_site': 'entry' };
  expect(metrics.sum('llm.tokens.input', ofSession)).toBe(30);
  expect(metrics.sum('llm.tokens.output', ofSession)).toBe(6);
  expect(metrics.sum('llm.tokens.input', { 'llm.use_case': 'voice.greeting' })).toBe(7);
  expect(metrics.sum('llm.tokens.output', { 'llm.use_case': 'voice.greeting' })).toBe(2);
});
