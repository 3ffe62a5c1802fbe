// Imports `pi-agent-core` alone: the model calls go through the `pi-ai` that this brings along.
import { Agent } from '@earendil-works/pi-agent-core';
import { model, weather } from './pi-model.mjs';
import { runInTool } from './run-in-tool.mjs';

await runInTool(async () => {
  const initialState = { systemPrompt: 'Be brief.', model, tools: [weather] };
  const agent = new Agent({ initialState, getApiKey: () => 'no-key' });
  await agent.prompt('weather in Oslo');
  return agent.state.messages.at(-1).content.at(-1).text;
});
