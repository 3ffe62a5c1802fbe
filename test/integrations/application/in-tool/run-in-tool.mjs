// A voice agent with a tool that runs another SDK, and then asks both providers itself.
import Anthropic from '@anthropic-ai/sdk';
import { initializeLogger, llm, voice } from '@livekit/agents';
import { LLM } from '@livekit/agents-plugin-openai';
import OpenAI from 'openai';
import { agentSpan, setup } from 'catalyst-tracing';
import { z } from 'zod';

const { CASE, PROVIDER_URL: baseURL, PROVIDER_ORIGIN: origin } = process.env;
const openai = new OpenAI({ apiKey: 'no-key', baseURL });
const anthropic = new Anthropic({ apiKey: 'no-key', baseURL: origin });
initializeLogger({ pretty: false, level: 'silent' });
const tracing = await setup();

/** Runs it as the tool of a session, or alone, and prints what became of it. */
export async function runInTool(runSdk) {
  const messages = [{ role: 'user', content: 'hello' }];
  let answer;
  const execute = async () => {
    answer = await runSdk();
    await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages });
    await anthropic.messages.create({ model: 'req-model', max_tokens: 99, messages });
    return answer;
  };
  const errors = [];
  if (CASE === 'alone') await agentSpan({ agentId: 'desk', sessionId: 'desk-1' }, execute);
  else await talk(execute, errors);
  await tracing.shutdown();
  console.log(JSON.stringify({ answer, errors, installResults: tracing.installResults }));
  process.exit(0);
}

async function talk(execute, errors) {
  const parameters = z.object({ city: z.string() });
  const tools = [
    llm.tool({ name: 'getWeather', description: 'Weather', parameters, execute }),
    llm.tool({ name: 'getTime', description: 'Time', parameters, execute: () => 'noon' }),
  ];
  const session = new voice.AgentSession({
    vad: null,
    userAwayTimeout: null,
    llm: new LLM({ model: 'gpt-4.1-mini', apiKey: 'no-key', baseURL }),
  });
  session.on('error', ({ error }) => errors.push(String(error?.message ?? error)));
  await session.start({ agent: new voice.Agent({ instructions: 'Help.', tools }) });
  await session.run({ userInput: 'tool please' }).wait();
  await session.close();
}
