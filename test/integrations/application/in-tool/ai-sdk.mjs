import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import * as ai from 'ai';
import { z } from 'zod';
import { runInTool } from './run-in-tool.mjs';

const baseURL = process.env.TOOL_LOOP_URL;
const provider = createOpenAICompatible({ name: 'acme', baseURL, apiKey: 'no-key' });
const weather = ai.tool({
  description: 'Weather',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `${city}: 21`,
});
await runInTool(async () => {
  const options = { model: provider('req-model'), tools: { weather }, stopWhen: ai.stepCountIs(3) };
  return (await ai.generateText({ ...options, prompt: 'weather in Oslo' })).text;
});
