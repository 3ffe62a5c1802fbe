import { setTimeout as sleep } from 'node:timers/promises';
import { llm, voice } from '@livekit/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  connectionError,
  nonRetryableError,
  retryableError,
  ScriptedLLM,
} from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { captureSpans, type SpanCapture } from '../support/span-capture.js';

/**
 * What the mapping relies on and only LiveKit decides. A failure here is a LiveKit that changed,
 * not a bug of ours, and says which rule to look at again.
 */
let capture: SpanCapture;
beforeAll(() => {
  capture = captureSpans();
});
afterEach(() => capture.clear());
afterAll(() => capture.shutdown());

const weather = llm.tool({
  name: 'getWeather',
  description: 'Get the weather for a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, temp: 18 }),
});
const booking = llm.tool({
  name: 'bookTable',
  description: 'Book a table',
  parameters: z.object({ people: z.number() }),
  execute: async () => {
    throw new llm.ToolError('no table is free');
  },
});

describe('a text session', () => {
  it('is one trace with a turn, a model call and its usage', async () => {
    const model = new ScriptedLLM({
      replies: [{ text: 'Hello there.', usage: { prompt: 12, completion: 3, cached: 4 } }],
    });
    const { errors, closeReason } = await runTextSession({
      agent: new voice.Agent({ id: 'greeter', instructions: 'Greet.' }),
      llm: model,
      turns: ['Hi'],
    });

    expect(errors).toEqual([]);
    expect(closeReason).toBe(voice.CloseReason.USER_INITIATED);
    expect(model.unplayed).toBe(0);
    expect(new Set(capture.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(capture.spans().map((span) => span.instrumentationScope.name)).toEqual(
      capture.spans().map(() => 'livekit-agents'),
    );
    const request = capture.only('llm_request');
    expect(request.attributes).toMatchObject({
      'gen_ai.request.model': 'scripted-model-1',
      'gen_ai.provider.name': 'scripted.provider',
      'gen_ai.usage.input_tokens': model.usage.prompt,
      'gen_ai.usage.output_tokens': model.usage.completion,
      'gen_ai.usage.cache_read.input_tokens': 4,
    });
    expect(String(request.attributes['gen_ai.input.messages'])).toContain('Hi');
    expect(String(request.attributes['gen_ai.output.messages'])).toContain('Hello there.');
    expect(capture.only('agent_turn').attributes).toMatchObject({
      'gen_ai.agent.name': 'greeter',
      'lk.pii.user_input': 'Hi',
      'lk.pii.response.text': 'Hello there.',
    });
  });

  it('closes an empty user turn that nobody spoke', async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Listen.' }),
      llm: new ScriptedLLM({ replies: [] }),
      turns: [],
    });
    expect(capture.only('user_turn').attributes['lk.pii.user_transcript']).toBe('');
  });

  it('opens one function_tool per call and leaves the status of a failed one unset', async () => {
    const model = new ScriptedLLM({
      replies: [
        {
          toolCalls: [
            { name: 'getWeather', arguments: { city: 'Paris' }, callId: 'call_a' },
            { name: 'bookTable', arguments: { people: 2 }, callId: 'call_b' },
          ],
          usage: { prompt: 20, completion: 8 },
        },
        { text: 'It is 18 degrees, and no table is free.', usage: { prompt: 40, completion: 9 } },
      ],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.', tools: [weather, booking] }),
      llm: model,
      turns: ['Weather in Paris, and a table for two?'],
    });

    const tools = capture.named('function_tool');
    expect(new Set(tools.map((span) => span.attributes['gen_ai.tool.call.id']))).toEqual(
      new Set(['call_a', 'call_b']),
    );
    const failed = tools.find((span) => span.attributes['gen_ai.tool.name'] === 'bookTable');
    expect(failed?.attributes).toMatchObject({
      'lk.function_tool.is_error': true,
      'lk.pii.function_tool.output': 'no table is free',
    });
    expect(failed?.status.code).toBe(0);
    expect(capture.named('agent_turn')).toHaveLength(2);
    expect(model.calls.map((call) => call.toolNames)).toEqual([
      ['getWeather', 'bookTable'],
      ['getWeather', 'bookTable'],
    ]);
  });

  it('names the agent in charge on both sides of a handoff', async () => {
    const model = new ScriptedLLM({
      replies: [
        { toolCalls: [{ name: 'toBilling', arguments: {} }], usage: { prompt: 9, completion: 2 } },
        { text: 'Billing here.', usage: { prompt: 11, completion: 3 } },
      ],
    });
    const billing = new voice.Agent({ id: 'billing_agent', instructions: 'Bill.' });
    const toBilling = llm.tool({
      name: 'toBilling',
      description: 'Hand over to billing',
      // Without `returns`: with one, the old agent would answer once more before it goes.
      execute: async () => llm.handoff({ agent: billing }),
    });
    const { errors } = await runTextSession({
      agent: new voice.Agent({ id: 'triage_agent', instructions: 'Triage.', tools: [toBilling] }),
      llm: model,
      turns: ['I have a question about my bill', 'Why is it so high?'],
    });

    expect(errors).toEqual([]);
    expect(model.unplayed).toBe(0);
    expect(
      capture.named('start_agent_activity').map((span) => span.attributes['gen_ai.agent.name']),
    ).toEqual(['triage_agent', 'billing_agent']);
    expect(capture.named('agent_turn').map((span) => span.attributes['gen_ai.agent.name'])).toEqual(
      ['triage_agent', 'billing_agent'],
    );
  });

  it('marks attempts, never the request: a retry that succeeds', async () => {
    const model = new ScriptedLLM({
      replies: [
        { error: retryableError() },
        { text: 'Second try.', usage: { prompt: 5, completion: 2 } },
      ],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Try.' }),
      llm: model,
      turns: ['Hi'],
    });
    expect(capture.named('llm_request_run').map((span) => span.status.code)).toEqual([2, 0]);
    expect(capture.only('llm_request').status.code).toBe(0);
  });

  it('gives up on an error that is not worth a retry and says so only on the attempt', async () => {
    const model = new ScriptedLLM({ replies: [{ error: nonRetryableError() }] });
    const { errors } = await runTextSession({
      agent: new voice.Agent({ instructions: 'Try.' }),
      llm: model,
      turns: ['Hi'],
    });
    expect(errors).toHaveLength(1);
    expect(capture.only('llm_request_run').status.code).toBe(2);
    expect(capture.only('llm_request').attributes['gen_ai.usage.input_tokens']).toBe(0);
  });

  it('ends the request of an interrupted reply as cancelled', async () => {
    const model = new ScriptedLLM({
      replies: [{ text: 'One two three four five six.', pieceDelayMillis: 40 }],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Count.' }),
      llm: model,
      turns: [
        async (session) => {
          const speech = session.generateReply({ userInput: 'Count to six' });
          await sleep(100);
          await session.interrupt().await;
          await speech.waitForPlayout();
        },
      ],
    });
    expect(model.calls[0]?.aborted).toBe(true);
    expect(capture.only('agent_turn').attributes['lk.interrupted']).toBe(true);
    expect(capture.only('llm_request').attributes['gen_ai.response.finish_reasons']).toEqual([
      'error',
    ]);
  });

  it('joins what both attempts said and keeps the usage of the last', async () => {
    const model = new ScriptedLLM({
      replies: [
        { text: 'The answer is', usage: { prompt: 10, completion: 3 }, error: connectionError() },
        { text: ' forty-two.', usage: { prompt: 10, completion: 4 } },
      ],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Answer.' }),
      llm: model,
      turns: ['What is it?'],
    });
    const request = capture.only('llm_request').attributes;
    expect(String(request['gen_ai.output.messages'])).toContain('The answer is forty-two.');
    expect(request['gen_ai.usage.output_tokens']).toBe(4);
    expect(model.usage).toEqual({ prompt: 20, completion: 7, total: 27, cached: 0 });
  });

  it('ends every span of a call that hangs until it is aborted', async () => {
    const model = new ScriptedLLM({ replies: [{ text: 'One moment', hang: true }] });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Answer.' }),
      llm: model,
      turns: [speakAndDrop],
    });
    expect(model.calls[0]?.aborted).toBe(true);
    expect(capture.named('llm_request_run')).toHaveLength(1);
  });

  it('never ends the attempt of a provider that ignores the abort', async () => {
    const model = new ScriptedLLM({
      replies: [{ text: 'One moment', hang: true, ignoreAbort: true }],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Answer.' }),
      llm: model,
      turns: [speakAndDrop],
    });
    expect(capture.named('agent_turn')).toHaveLength(1);
    expect(capture.named('llm_request_run')).toEqual([]);
  });

  it('tries nothing twice when nobody listens for errors', async () => {
    const model = new ScriptedLLM({ replies: [{ error: retryableError() }, { text: 'Never.' }] });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Answer.' }),
      llm: model,
      turns: ['Hi'],
      listenForErrors: false,
    });
    expect(model.unplayed).toBe(1);
    expect(capture.named('llm_request_run')).toHaveLength(1);
  });

  it('never ends the session span of a session that is not closed', async () => {
    const { session } = await runTextSession({
      agent: new voice.Agent({ instructions: 'Answer.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
      turns: ['Hi'],
      close: false,
    });
    expect(capture.named('agent_turn')).toHaveLength(1);
    expect(capture.named('agent_session')).toEqual([]);
    await session.close();
    expect(capture.named('agent_session')).toHaveLength(1);
  });
});

/** Asks for a reply that never comes, and gives up on it. */
async function speakAndDrop(session: voice.AgentSession): Promise<void> {
  session.generateReply({ userInput: 'Hi' });
  await sleep(60);
  await session.interrupt({ force: true }).await;
}
