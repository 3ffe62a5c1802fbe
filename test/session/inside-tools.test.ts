import { setTimeout as sleep } from 'node:timers/promises';
import { llm, voice } from '@livekit/agents';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions;
beforeEach(async () => {
  traced = await traceSessions({ exportScopes: 'all' });
});
afterEach(() => traced.close());

const lookUp = (name: string, millis: number) =>
  llm.tool({
    description: `Looks up the ${name}`,
    execute: async () => {
      const span = trace.getTracer('shop').startSpan(`fetch ${name}`);
      await sleep(millis);
      span.end();
      return `${name} is fine`;
    },
  });

function metadataOf(span: DecodedSpan | undefined): unknown {
  return JSON.parse(String(span?.attributes['metadata'] ?? 'null'));
}

it('puts what a tool opens below that tool, however many run at once', async () => {
  const model = new ScriptedLLM({
    replies: [
      {
        toolCalls: [
          { name: 'price', arguments: {}, callId: 'call-price' },
          { name: 'stock', arguments: {}, callId: 'call-stock' },
          { name: 'price', arguments: {}, callId: 'call-price-again' },
        ],
      },
      { text: 'Both are fine.' },
    ],
  });
  await runTextSession({
    agent: new voice.Agent({
      instructions: 'Help.',
      tools: { price: lookUp('price', 30), stock: lookUp('stock', 5) },
    }),
    llm: model,
    turns: ['How are price and stock?'],
  });

  const spans = await traced.arrived();
  const tools = spans.named('function_tool');
  const callOf = (span: DecodedSpan): unknown =>
    tools.find(({ spanId }) => spanId === span.parentSpanId)?.attributes['tool_call.id'];
  expect(new Set(spans.named('fetch price').map(callOf))).toEqual(
    new Set(['call-price', 'call-price-again']),
  );
  expect(spans.named('fetch stock').map(callOf)).toEqual(['call-stock']);
  expect(metadataOf(spans.only('fetch stock'))).toEqual({
    'tool.name': 'stock',
    'tool_call.id': 'call-stock',
  });
  expect(new Set(tools.map((tool) => spans.parentOf(tool)))).toEqual(new Set(['agent_turn']));
});

it('puts a model that a tool asks below the tool, and its tokens once', async () => {
  const inner = new ScriptedLLM({
    replies: [{ text: 'Paris', usage: { prompt: 7, completion: 1 } }],
    model: 'inner-model',
  });
  const outer = new ScriptedLLM({
    replies: [
      { toolCalls: [{ name: 'ask', arguments: {}, callId: 'call-ask' }] },
      { text: 'It is Paris.' },
    ],
  });
  const ask = llm.tool({
    description: 'Asks another model',
    execute: async () => {
      const chatCtx = llm.ChatContext.empty();
      chatCtx.addMessage({ role: 'user', content: 'Capital of France?' });
      let text = '';
      for await (const chunk of inner.chat({ chatCtx })) text += chunk.delta?.content ?? '';
      return text;
    },
  });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Help.', tools: { ask } }),
    llm: outer,
    turns: ['What is the capital of France?'],
  });

  const spans = await traced.arrived();
  const asked = spans
    .named('llm_request')
    .filter((span) => span.attributes['llm.model_name'] === 'inner-model');
  expect(asked).toHaveLength(1);
  expect(asked.map((span) => spans.parentOf(span))).toEqual(['function_tool']);
  expect(metadataOf(asked[0])).toMatchObject({ 'tool_call.id': 'call-ask', 'tool.name': 'ask' });
  expect(asked[0]?.attributes['llm.token_count.total']).toBe(8);
  // The calls of the turn itself stay where they are.
  const others = spans.named('llm_request').filter((span) => span !== asked[0]);
  expect(others.map((span) => spans.parentOf(span))).toEqual(['llm_node', 'llm_node']);
});

it('leaves alone what a tool makes the session do', async () => {
  const greet = llm.tool({
    description: 'Says hello',
    execute: async (_, { ctx }: { ctx: voice.RunContext }) => {
      ctx.session.say('One moment.');
      return 'said';
    },
  });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Help.', tools: { greet } }),
    llm: new ScriptedLLM({
      replies: [{ toolCalls: [{ name: 'greet', arguments: {} }] }, { text: 'Done.' }],
    }),
    turns: ['Greet me'],
  });
  const spans = await traced.arrived();
  // Said within the tool, and so below the turn; yet not by the tool itself.
  expect(spans.named('agent_speaking').length).toBeGreaterThan(1);
  const below = spans.all.filter((span) => spans.parentOf(span) === 'function_tool');
  expect(below.map(({ name }) => name)).toEqual([]);
  expect(spans.only('function_tool').status?.code ?? 0).toBe(SpanStatusCode.UNSET);
});
