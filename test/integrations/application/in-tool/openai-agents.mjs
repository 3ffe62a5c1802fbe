import './without-openai-traces.mjs';
import * as agents from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { runInTool } from './run-in-tool.mjs';

const client = new OpenAI({ apiKey: 'no-key', baseURL: process.env.TOOL_LOOP_URL });
const weather = agents.tool({
  name: 'weather',
  description: 'Weather',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `${city}: 21`,
});
await runInTool(async () => {
  const model = new agents.OpenAIChatCompletionsModel(client, 'req-model');
  const agent = new agents.Agent({ name: 'Weather', model, tools: [weather] });
  return (await agents.run(agent, 'weather in Oslo')).finalOutput;
});
