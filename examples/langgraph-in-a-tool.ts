/**
 * A tool that runs a graph. The graph is below the tool, with its nodes, its model calls and its
 * own tools; every model call counts its tokens once, whoever makes it.
 *
 *     npm install @langchain/core @langchain/langgraph @langchain/openai
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… npx tsx examples/langgraph-in-a-tool.ts
 */
import { tool } from '@langchain/core/tools';
import { MessagesAnnotation, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { initializeLogger, llm, voice } from '@livekit/agents';
import * as plugin from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';
import { z } from 'zod';

initializeLogger({ pretty: true, level: 'warn' });
// This file imports LangChain and LangGraph, so set-up finds them: nothing has to be said.
const tracing = await setup({ serviceName: 'langgraph-in-a-tool' });

const city = z.object({ city: z.string() });
const tools = [
  tool(({ city: name }) => `18 degrees in ${name}`, {
    name: 'getTemperature',
    description: 'Temperature in a city.',
    schema: city,
  }),
];
const model = new ChatOpenAI({ model: 'gpt-4.1-mini' }).bindTools(tools);
const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addNode('tools', new ToolNode(tools))
  .addEdge('__start__', 'model')
  .addConditionalEdges('model', toolsCondition)
  .addEdge('tools', 'model')
  .compile({ name: 'weather-graph' });

const askWeather = llm.tool({
  name: 'askWeather',
  description: 'Answers questions on the weather.',
  parameters: z.object({ question: z.string() }),
  execute: async ({ question }) => {
    const { messages } = await graph.invoke({ messages: [{ role: 'user', content: question }] });
    return messages.at(-1)?.text;
  },
});

const session = new voice.AgentSession({
  llm: new plugin.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
  turnHandling: { turnDetection: null },
});
const agent = new voice.Agent({ instructions: 'Use your tool.', tools: [askWeather] });
await session.start({ agent });
await session.run({ userInput: 'How warm is it in Paris?' }).wait();
await session.close();

await tracing.shutdown();
