/**
 * Two agents in one session: `agent.name` on each span is the agent that is speaking.
 *
 *     npm install catalyst-tracing @opentelemetry/api @livekit/agents @livekit/rtc-node @livekit/agents-plugin-openai zod tsx
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx handoff.ts
 */
import { initializeLogger, llm, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';
import { z } from 'zod';

initializeLogger({ pretty: true, level: 'warn' });
const tracing = await setup({ serviceName: 'handoff' });

const transferToBilling = llm.tool({
  name: 'transferToBilling',
  description: 'Hand the caller to billing.',
  parameters: z.object({}),
  execute: async () =>
    llm.handoff({
      agent: new voice.Agent({ id: 'billing', instructions: 'You answer questions about bills.' }),
      returns: 'Transferred to billing.',
    }),
});
const reception = new voice.Agent({
  id: 'reception',
  instructions: 'You send callers with a question about a bill to billing.',
  tools: [transferToBilling],
});

const session = new voice.AgentSession({
  llm: new openai.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
  turnHandling: { turnDetection: null },
});
await session.start({ agent: reception });
await session.run({ userInput: 'My bill is wrong.' }).wait();
await session.run({ userInput: 'I was charged twice.' }).wait();
await session.close();

await tracing.shutdown();
