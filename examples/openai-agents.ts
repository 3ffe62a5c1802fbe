/**
 * A run of OpenAI Agents as one trace: workflow, agents, turns, model calls, tools, and the spans of
 * your own inside of them.
 *
 *     npm install @openai/agents zod
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… npx tsx examples/openai-agents.ts
 *
 * OpenAI Agents also sends its own traces to OpenAI. `setTraceProcessors([])` keeps it from that;
 * call it before `setup()`.
 */
import * as agents from '@openai/agents';
import { manualSpan, setup } from 'catalyst-tracing';
import { z } from 'zod';

const tracing = await setup({ serviceName: 'weather-desk', modules: { openaiAgents: agents } });

const getWeather = agents.tool({
  name: 'getWeather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }: { city: string }) =>
    manualSpan({ spanName: 'ask the station', input: city }, () => `It rains in ${city}.`),
});
const forecaster = new agents.Agent({
  name: 'Forecaster',
  model: 'gpt-4.1-mini',
  instructions: 'Tell the weather in one sentence.',
  tools: [getWeather],
});

// `groupId` becomes the session of the trace.
const runner = new agents.Runner({ workflowName: 'Weather desk', groupId: 'chat-17' });
const { finalOutput } = await runner.run(forecaster, 'Do I need an umbrella in Bergen?');
console.log(finalOutput);

await tracing.shutdown();
