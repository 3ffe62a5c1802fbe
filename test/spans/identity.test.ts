import * as livekitAgents from '@livekit/agents';
import { llm, voice } from '@livekit/agents';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentSpan, manualSpan, startAgentSpan } from '../../src/index.js';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let live: LiveSpans | undefined;
afterEach(async () => {
  await live?.close();
  live = undefined;
});

async function start(options?: Parameters<typeof startLiveSpans>[0]): Promise<LiveSpans> {
  live = await startLiveSpans({ modules: { livekitAgents }, ...options });
  return live;
}

function agentOf({ attributes }: DecodedSpan): readonly unknown[] {
  return [attributes['agent.id'], attributes['agent.name'], attributes['agent.role']];
}

describe('identity', () => {
  it("reaches every span of a session, LiveKit's and those below a dropped context", async () => {
    const spans = await start();
    class Greeter extends voice.Agent {
      override async onEnter(): Promise<void> {
        // LiveKit calls this outside of the caller's context.
        await manualSpan(
          { spanName: 'in on_enter', tags: ['inner'], metadata: { step: 1 } },
          () => {
            trace.getTracer('app').startSpan('raw child').end();
          },
        );
        await agentSpan({ agentId: 'other', sessionId: 's-inner' }, () => {
          trace.getTracer('app').startSpan('child of other').end();
        });
      }
    }
    await agentSpan(
      {
        agentId: 'front',
        agentName: 'Front desk',
        role: 'reception',
        sessionId: 's-1',
        userId: 'u-1',
        metadata: { plan: 'pro' },
        tags: ['eu'],
      },
      () =>
        runTextSession({
          agent: new Greeter({ id: 'front', instructions: 'Greet.' }),
          llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
          turns: ['Hi'],
        }),
    );
    const all = await spans.all();
    expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(1);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['agent_session', 'on_enter', 'llm_request', 'raw child']),
    );
    const inOther = all.filter(({ attributes }) => attributes['session.id'] === 's-inner');
    expect(inOther.map(({ name }) => name).toSorted()).toEqual(['child of other', 'other.run']);
    for (const span of inOther) {
      expect(agentOf(span)).toEqual(['other', undefined, undefined]);
      expect(span.attributes).toMatchObject({ 'user.id': 'u-1', 'tag.tags': ['eu'] });
    }
    for (const span of all.filter((each) => !inOther.includes(each))) {
      expect([span.name, ...agentOf(span)]).toEqual([
        span.name,
        'front',
        'Front desk',
        'reception',
      ]);
      expect(span.attributes).toMatchObject({ 'session.id': 's-1', 'user.id': 'u-1' });
    }
    for (const name of ['in on_enter', 'raw child']) {
      const { attributes } = await spans.only(name);
      expect(attributes['tag.tags']).toEqual(['eu', 'inner']);
      expect(JSON.parse(String(attributes['metadata']))).toEqual({ plan: 'pro', step: 1 });
    }
  });

  it('follows a handoff, and the agent that a span names itself', async () => {
    const spans = await start();
    const sales = new voice.Agent({
      id: 'sales',
      instructions: 'Sell.',
      tools: {
        order: llm.tool({
          description: 'Order',
          parameters: z.object({}),
          execute: async () => {
            await manualSpan({ spanName: 'inherits' }, () => {});
            await manualSpan({ spanName: 'names', agentId: 'front' }, () => {});
            return 'ordered';
          },
        }),
      },
    });
    const front = new voice.Agent({
      id: 'front',
      instructions: 'Route.',
      tools: {
        route: llm.tool({
          description: 'Route',
          parameters: z.object({}),
          execute: async () => llm.handoff({ agent: sales, returns: 'routed' }),
        }),
      },
    });
    await agentSpan({ agentId: 'front', agentName: 'Front desk', role: 'reception' }, () =>
      runTextSession({
        agent: front,
        llm: new ScriptedLLM({
          replies: [
            { toolCalls: [{ name: 'route', arguments: {} }] },
            { text: 'Routed.' },
            { toolCalls: [{ name: 'order', arguments: {} }] },
            { text: 'Ordered.' },
          ],
        }),
        turns: ['Hi', 'Order'],
      }),
    );
    expect(agentOf(await spans.only('inherits'))).toEqual(['sales', 'sales', undefined]);
    expect(agentOf(await spans.only('names'))).toEqual(['front', 'Front desk', 'reception']);
    expect(agentOf(await spans.only('agent_session'))).toEqual([
      'front',
      'Front desk',
      'reception',
    ]);
  });

  it('never gives one agent the name or the role of another', async () => {
    const spans = await start();
    await agentSpan({ agentId: 'outer', agentName: 'Outer', role: 'boss' }, async () => {
      await manualSpan({ spanName: 'same', agentId: 'outer' }, () => {});
      await manualSpan({ spanName: 'other id', agentId: 'inner' }, () => {});
      await manualSpan({ spanName: 'other name', agentName: 'Inner' }, () => {});
      await manualSpan({ spanName: 'other role', agentRole: 'helper' }, () => {});
      await manualSpan({ spanName: 'id of the name', agentId: 'x', agentName: 'Outer' }, () => {});
    });
    await agentSpan({ agentName: 'First', role: 'boss' }, () =>
      manualSpan({ spanName: 'names alone', agentName: 'Second' }, () => {}),
    );
    const seen = Object.fromEntries((await spans.all()).map((span) => [span.name, agentOf(span)]));
    expect(seen).toMatchObject({
      same: ['outer', 'Outer', 'boss'],
      'other id': ['inner', undefined, undefined],
      'other name': [undefined, 'Inner', undefined],
      'other role': ['outer', 'Outer', 'helper'],
      'id of the name': ['x', 'Outer', undefined],
      'names alone': [undefined, 'Second', undefined],
    });
  });

  it('reaches late children, and spans whose context was dropped', async () => {
    const spans = await start();
    const tracer = trace.getTracer('app');
    const run = startAgentSpan({ agentId: 'a', sessionId: 's-1', tags: ['t'] });
    const inside = run.run(() => context.active());
    const dropped = tracer.startSpan('dropped', {}, trace.setSpan(ROOT_CONTEXT, run.raw));
    run.end();
    tracer.startSpan('late', {}, inside).end();
    // A parent without its context's values, as LiveKit hands it to `on_enter`.
    await context.with(trace.setSpan(ROOT_CONTEXT, dropped), () =>
      manualSpan({ spanName: 'below dropped', userId: 'u-1' }, () => {}),
    );
    dropped.end();
    for (const name of ['late', 'dropped', 'below dropped']) {
      expect((await spans.only(name)).attributes).toMatchObject({
        'session.id': 's-1',
        'agent.id': 'a',
        'tag.tags': ['t'],
      });
    }
    expect((await spans.only('dropped')).attributes).not.toHaveProperty('user.id');
  });
});

async function rawSpan(allowPii: boolean): Promise<ReadableSpan> {
  const spans = await start({ privacy: { allowPii } });
  const seen: ReadableSpan[] = [];
  const { provider } = spans.tracing;
  if (!('addSpanProcessor' in provider) || typeof provider.addSpanProcessor !== 'function') {
    throw new Error('the provider takes no processors');
  }
  provider.addSpanProcessor({
    onStart: () => {},
    onEnd: (span: ReadableSpan) => seen.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  });
  await manualSpan(
    { spanName: 'm', input: 'secret words', model: 'm-1', metadata: { note: 'secret' } },
    (span) => span.setOutput('secret answer').setAttribute('order', 'secret order'),
  );
  const [span] = seen;
  if (span === undefined) throw new Error('no span has ended');
  return span;
}

describe('content on a live span', () => {
  it('waits under keys that LiveKit deletes', async () => {
    const { attributes } = await rawSpan(true);
    expect(attributes).toMatchObject({
      'llm.model_name': 'm-1',
      'catalyst.pii.input.value': 'secret words',
      'catalyst.pii.output.value': 'secret answer',
      'catalyst.pii.order': 'secret order',
    });
    expect(attributes).not.toHaveProperty('input.value');
    expect((await live?.only('m'))?.attributes).toMatchObject({
      'input.value': 'secret words',
      'output.value': 'secret answer',
      order: 'secret order',
    });
  });

  it('is gone where LiveKit lets no content out', async () => {
    const { attributes } = await rawSpan(false);
    expect(attributes['llm.model_name']).toBe('m-1');
    expect(JSON.stringify(attributes)).not.toContain('secret');
    expect(JSON.stringify((await live?.only('m'))?.attributes)).not.toContain('secret');
  });
});
