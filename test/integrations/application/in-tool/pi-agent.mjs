// Imports `pi-agent-core` alone: the model calls go through the `pi-ai` that this brings along.
import { Agent } from '@earendil-works/pi-agent-core';
import { runInTool } from './run-in-tool.mjs';

const model = {
  id: 'req-model',
  name: 'Model',
  api: 'openai-completions',
  provider: 'acme',
  baseUrl: process.env.TOOL_LOOP_URL,
  input: ['text'],
  cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0 },
  contextWindow: 1000,
  maxTokens: 100,
};
const weather = {
  name: 'weather',
  label: 'Weather',
  description: 'Weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  execute: () => Promise.resolve({ content: [{ type: 'text', text: 'Oslo: 21' }], details: {} }),
};
await runInTool(async () => {
  const initialState = { systemPrompt: 'Be brief.', model, tools: [weather] };
  const agent = new Agent({ initialState, getApiKey: () => 'no-key' });
  await agent.prompt('weather in Oslo');
  return agent.state.messages.at(-1).content.at(-1).text;
});
