// A graph whose tool asks OpenAI itself: alone, below agentSpan, or as a tool of a voice agent.
import { initializeLogger, llm, voice } from '@livekit/agents';
import { LLM } from '@livekit/agents-plugin-openai';
import { MessagesAnnotation, StateGraph } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { tool } from '@langchain/core/tools';
import OpenAI from 'openai';
import { agentSpan, setup } from 'catalyst-tracing';
import { z } from 'zod';

const baseURL = process.env.PROVIDER_URL;
const model = 'gpt-4.1-mini';
initializeLogger({ pretty: false, level: 'silent' });
const tracing = await setup();
const client = new OpenAI({ apiKey: 'no-key', baseURL });
const schema = z.object({ city: z.string() });
const tools = [
  tool(() => '18 degrees', { name: 'getWeather', description: 'Weather.', schema }),
  tool(
    async () => {
      const messages = [{ role: 'user', content: 'hello' }];
      await client.chat.completions.create({ model, messages });
      return 'noon';
    },
    { name: 'getTime', description: 'Time.', schema },
  ),
];
const chat = new ChatOpenAI({ model, apiKey: 'no-key', configuration: { baseURL } });
const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({
    messages: [await chat.bindTools(tools).invoke(messages)],
  }))
  .addNode('tools', new ToolNode(tools))
  .addEdge('__start__', 'model')
  .addConditionalEdges('model', ({ messages }) =>
    messages.at(-1).tool_calls?.length > 0 ? 'tools' : '__end__',
  )
  .addEdge('tools', 'model')
  .compile({ name: 'weather-graph' });

async function ask(content) {
  const config = { configurable: { thread_id: 'thread-1' } };
  const { messages } = await graph.invoke({ messages: [{ role: 'user', content }] }, config);
  return messages.at(-1).content;
}

async function inVoiceAgent() {
  const askGraph = llm.tool({
    name: 'getWeather',
    description: 'Weather.',
    parameters: schema,
    execute: () => ask('tool please'),
  });
  const session = new voice.AgentSession({
    vad: null,
    userAwayTimeout: null,
    llm: new LLM({ model, apiKey: 'no-key', baseURL }),
  });
  const agent = new voice.Agent({ instructions: 'Help.', tools: [askGraph] });
  await session.start({ agent });
  await session.run({ userInput: 'tool please' }).wait();
  await session.close();
}

if (process.env.CASE === 'voice') await inVoiceAgent();
else if (process.env.CASE === 'agentSpan') {
  await agentSpan({ agentId: 'support', agentName: 'Support', sessionId: 'session-1' }, () =>
    ask('tool please'),
  );
} else await ask('tool please');
await tracing.shutdown();
console.log(JSON.stringify({ errors: [], installResults: tracing.installResults }));
process.exit(0);
