/**
 * A tool that asks a model by itself. Its call is below the tool, with messages and tokens; the
 * calls that LiveKit makes stay LiveKit's, so that the trace's tokens are what the provider bills.
 *
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx openai-in-a-tool.ts
 */
import { initializeLogger, llm, voice } from '@livekit/agents';
import * as plugin from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';
import OpenAI from 'openai';
import { z } from 'zod';

initializeLogger({ pretty: true, level: 'warn' });
// This file imports `openai`, so `setup()` finds it.
const tracing = await setup({ serviceName: 'openai-in-a-tool' });
const openai = new OpenAI();

const summarise = llm.tool({
  name: 'summarise',
  description: 'Sum up a long text.',
  parameters: z.object({ text: z.string() }),
  execute: async ({ text }) => {
    const answer = await openai.chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: [
        { role: 'system', content: 'Sum up in one sentence.' },
        { role: 'user', content: text },
      ],
    });
    return answer.choices[0]?.message.content;
  },
});

const session = new voice.AgentSession({
  llm: new plugin.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
  turnHandling: { turnDetection: null },
});
const agent = new voice.Agent({ instructions: 'Use your tool.', tools: [summarise] });
await session.start({ agent });
await session.run({ userInput: 'Sum up the first article of the GDPR.' }).wait();
await session.close();

await tracing.shutdown();
