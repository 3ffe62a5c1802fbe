/**
 * An agent as a worker runs it, with a span around the job: two turns, a tool that works and one
 * that fails, a model call that works at its second attempt.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAgent, llm, log, voice } from '@livekit/agents';
import { z } from 'zod';
import { addTraceContextToLogs, manualSpan, setup } from '../../src/index.js';
import { ENTRY_DONE } from './job-process.js';
import { retryableError, ScriptedLLM } from './scripted-llm.js';

const tracing = await setup();

const tool = (name: string, execute: () => Promise<unknown>) =>
  llm.tool({ name, description: name, parameters: z.object({}), execute });

const model = new ScriptedLLM({
  replies: [
    { error: retryableError() },
    {
      toolCalls: [
        { name: 'works', arguments: {} },
        { name: 'fails', arguments: {} },
      ],
      usage: { prompt: 100, completion: 10 },
    },
    { text: 'First answer.', usage: { prompt: 200, completion: 20 } },
    { text: 'Second answer.', usage: { prompt: 300, completion: 30 } },
  ],
});

/** Lines that tell what the ids do to a logger. */
function logWithIds(): void {
  const child = log().child({ component: 'desk' });
  log().info('before');
  // Twice, as in an application that sets up in two places.
  addTraceContextToLogs(log());
  addTraceContextToLogs(log());
  child.info('of a child that was there');
  log().info({ trace_id: 'mine' }, 'with an id of its own');
}

/** Holds the event loop up for 0.7 s, and gives LiveKit's monitor of it a moment. */
async function blockEventLoop(): Promise<void> {
  const end = Date.now() + 700;
  while (Date.now() < end);
  await sleep(300);
}

const agent: ReturnType<typeof defineAgent> = defineAgent({
  entry: (ctx) =>
    tracing.job(
      ctx,
      {
        agentId: 'front_desk',
        agentName: 'Front desk',
        tenantId: 'acme',
        userId: 'user-1',
        tags: ['night'],
        metadata: { plan: 'gold' },
      },
      async () => {
        try {
          if (process.env['LOGS'] === 'yes') logWithIds();
          const session = new voice.AgentSession({
            vad: null,
            userAwayTimeout: null,
            llm: model,
            connOptions: { llmConnOptions: { maxRetry: 2, retryIntervalMs: 5, timeoutMs: 5_000 } },
            tools: [
              tool('works', () => Promise.resolve('done')),
              tool('fails', () => Promise.reject(new llm.ToolError('out of order'))),
            ],
          });
          session.on(voice.AgentSessionEventTypes.Error, () => {});
          if (process.env['OBSERVE'] === 'yes') tracing.observe(session);
          await session.start({ agent: new voice.Agent({ id: 'clerk', instructions: 'Help.' }) });
          await manualSpan({ spanName: 'voice.deliver_initial_greeting' }, () => {
            log().info('greeted');
          });
          await session.run({ userInput: 'First question' }).wait();
          await session.run({ userInput: 'Second question' }).wait();
          if (process.env['BLOCK'] === 'yes') await blockEventLoop();
          if (process.env['FAIL'] === 'yes') throw new Error('the entry function failed');
        } finally {
          console.log(ENTRY_DONE);
        }
      },
    ),
});

export default agent;
