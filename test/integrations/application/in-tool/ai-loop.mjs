// The tool loop of the fixture, with any version of the AI SDK.
import { z } from 'zod';

export async function askAi(ai, createOpenAICompatible, telemetry) {
  const baseURL = process.env.TOOL_LOOP_URL;
  const provider = createOpenAICompatible({ name: 'acme', baseURL, apiKey: 'no-key' });
  const weather = ai.tool({
    description: 'Weather',
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => `${city}: 21`,
  });
  const options = { model: provider('req-model'), tools: { weather }, stopWhen: ai.stepCountIs(3) };
  return (await ai.generateText({ ...options, ...telemetry, prompt: 'weather in Oslo' })).text;
}
