/**
 * Calls of the Vercel AI SDK as one trace. Version 7 needs nothing at the call: `setup()` is enough.
 * Versions 5 and 6 take `experimental_telemetry`, and so does 7.
 *
 *     npm install ai @ai-sdk/openai zod
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… npx tsx examples/ai-sdk.ts
 *
 * Offline: OPENAI_BASE_URL names another server that speaks OpenAI's Responses API.
 */
import { openai } from '@ai-sdk/openai';
import * as ai from 'ai';
import { manualSpan, setup } from 'catalyst-tracing';
import { createAISdkTelemetrySettings } from 'catalyst-tracing/ai-sdk';
import { z } from 'zod';

const tracing = await setup({ serviceName: 'weather-desk' });

const getWeather = ai.tool({
  description: 'The weather in a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }: { city: string }) =>
    manualSpan({ spanName: 'ask the station', input: city }, () => `It rains in ${city}.`),
});

const { text } = await ai.generateText({
  model: openai('gpt-4.1-mini'),
  prompt: 'Do I need an umbrella in Bergen?',
  tools: { getWeather },
  stopWhen: ai.stepCountIs(3),
  // `metadata` names the session up to version 6; since 7 that is `runtimeContext`.
  experimental_telemetry: createAISdkTelemetrySettings({
    functionId: 'weather-desk',
    metadata: { sessionId: 'chat-17' },
    includeRuntimeContext: { sessionId: true },
  }),
  runtimeContext: { sessionId: 'chat-17' },
});
console.log(text);

await tracing.shutdown();
