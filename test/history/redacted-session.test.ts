import { telemetry, voice } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { setup } from '../../src/setup.js';
import { messagesOf } from '../mapping/conversation-atoms.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterEach(() => trace.disable());
afterAll(() => receiver.close());

it('masks a session with every model call, and counts every value that it masked', async () => {
  const tracing = await setup({
    endpoint: receiver.endpoint,
    modules: { livekitAgents: { telemetry } },
    privacy: { redactPatterns: 'default', redactBudgetMillis: 60_000 },
  });
  const turns = ['I am alice@example.com', 'hello', 'my number is 415 555 2671', 'that is all'];
  const replies = turns.map((_, turn) => ({ text: `answer ${turn} to bob@example.com` }));
  const agent = new voice.Agent({ instructions: 'Be brief.' });
  await runTextSession({ agent, llm: new ScriptedLLM({ replies }), turns });
  await tracing.shutdown();

  const calls = receiver.spans().filter(({ name }) => name === 'llm_request');
  const said = calls.map(({ attributes }) =>
    messagesOf(attributes, 'llm.input_messages').map((message) => message['message.content']),
  );
  const masked = [
    'Be brief.',
    'I am [REDACTED:email]',
    'answer 0 to [REDACTED:email]',
    'hello',
    'answer 1 to [REDACTED:email]',
    'my number is [REDACTED:phone]',
    'answer 2 to [REDACTED:email]',
    'that is all',
  ];
  expect(said).toEqual(turns.map((_, turn) => masked.slice(0, 2 * turn + 2)));

  const values = receiver.spans().flatMap(({ attributes }) => Object.values(attributes));
  const counted = values.filter((value) => String(value).includes('[REDACTED:'));
  expect(tracing.stats().privacy).toMatchObject({ rewritten: counted.length, failed: 0 });
  expect(values.join()).not.toMatch(/@example|2671/);
});
