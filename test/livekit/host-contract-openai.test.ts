import { llm, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type CompletionReply,
  type OpenAIServer,
  startOpenAIServer,
} from '../support/openai-server.js';
import { runTextSession } from '../support/sessions.js';
import { captureSpans, type SpanCapture } from '../support/span-capture.js';

/** What LiveKit records of the real OpenAI plugin, over real HTTP. */
let capture: SpanCapture;
let server: OpenAIServer | undefined;
beforeAll(() => {
  capture = captureSpans();
});
afterEach(async () => {
  capture.clear();
  await server?.close();
});
afterAll(() => capture.shutdown());

async function model(replies: readonly CompletionReply[]): Promise<openai.LLM> {
  server = await startOpenAIServer(replies);
  return new openai.LLM({ model: 'gpt-4.1-mini', apiKey: 'no-key', baseURL: server.baseUrl });
}

describe('the OpenAI plugin', () => {
  it('is asked with the history and recorded with its usage', async () => {
    const getWeather = llm.tool({
      name: 'getWeather',
      description: 'Get the weather for a city',
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, temp: 18 }),
    });
    const { errors } = await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.', tools: [getWeather] }),
      llm: await model([
        {
          toolCalls: [{ id: 'call_1', name: 'getWeather', arguments: '{"city":"Paris"}' }],
          usage: { prompt: 50, completion: 10 },
        },
        { text: 'It is 18 degrees.', usage: { prompt: 70, completion: 6, cached: 50 } },
      ]),
      turns: ['Weather in Paris?'],
    });

    expect(errors).toEqual([]);
    expect(server?.requests).toHaveLength(2);
    expect(server?.requests[1]?.messages.map((message) => message['role'])).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
    ]);
    const usage = capture
      .named('llm_request')
      .map((span) => [
        span.attributes['gen_ai.usage.input_tokens'],
        span.attributes['gen_ai.usage.output_tokens'],
      ]);
    expect(usage).toEqual([
      [50, 10],
      [70, 6],
    ]);
    // The plugin names the host of its base URL, not a provider.
    expect(capture.named('llm_request')[0]?.attributes['gen_ai.provider.name']).toBe(
      new URL(server?.baseUrl ?? '').host,
    );
  });

  it('never has the finish reason of the provider', async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: await model([{ text: 'It is', finishReason: 'length' }]),
      turns: ['Weather in Paris?'],
    });
    expect(capture.only('llm_request').attributes['gen_ai.response.finish_reasons']).toEqual([
      'stop',
    ]);
  });

  it('has the status of a refused call on the attempt', async () => {
    const { errors } = await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: await model([{ status: 401 }]),
      turns: ['Hi'],
    });
    expect(errors).toHaveLength(1);
    expect(capture.only('llm_request_run').attributes['error.type']).toBe('401');
  });

  it('tries a dropped connection no second time once something was said', async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: await model([{ text: 'It is', drop: true }, { text: 'never asked for' }]),
      turns: ['Hi'],
    });
    expect(server?.requests).toHaveLength(1);
    expect(capture.only('llm_request_run').status.code).toBe(2);
  });
});
