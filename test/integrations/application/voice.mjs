// A voice agent on LiveKit's own OpenAI plugin, as an application writes it: nothing is said of SDKs.
import { initializeLogger, llm, voice } from '@livekit/agents';
import { LLM } from '@livekit/agents-plugin-openai';
import OpenAI from 'openai';
import { setup } from 'catalyst-tracing';
import { z } from 'zod';

const baseURL = process.env.PROVIDER_URL;
const model = 'gpt-4.1-mini';
const client = new OpenAI({ apiKey: 'no-key', baseURL });
initializeLogger({ pretty: false, level: 'silent' });
const tracing = await setup();

async function summarise() {
  const messages = [{ role: 'user', content: 'hello' }];
  const { choices } = await client.chat.completions.create({ model, messages });
  return choices[0].message.content;
}

const tools = ['getWeather', 'getTime'].map((name) =>
  llm.tool({
    name,
    description: name,
    parameters: z.object({ city: z.string() }),
    execute: () => (process.env.CASE === 'tool' ? summarise() : '18'),
  }),
);

/** A node of its own that asks OpenAI itself. */
class OwnNode extends voice.Agent {
  async llmNode() {
    return new ReadableStream({
      async start(controller) {
        controller.enqueue(await summarise());
        controller.close();
      },
    });
  }
}

const agent =
  process.env.CASE === 'llmNode'
    ? new OwnNode({ instructions: 'Help.' })
    : new voice.Agent({ instructions: 'Help.', tools });
const session = new voice.AgentSession({
  vad: null,
  userAwayTimeout: null,
  llm: new LLM({ model, apiKey: 'no-key', baseURL }),
});
const errors = [];
session.on('error', ({ error }) => errors.push(String(error?.message ?? error)));
await session.start({ agent });
await session.run({ userInput: 'tool please' }).wait();
await session.close();
await tracing.shutdown();
console.log(JSON.stringify({ errors, installResults: tracing.installResults }));
process.exit(0);
