import { once } from 'node:events';
import http from 'node:http';
import * as livekitAgents from '@livekit/agents';
import { llm, voice } from '@livekit/agents';
import { context, propagation, trace, type TextMapPropagator } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { agentSpan, withTraceContext, type TraceContextCarrier } from '../../src/index.js';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

let live: LiveSpans;
const warnings: string[] = [];

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(String(text)));
  live = await startLiveSpans({ modules: { livekitAgents } });
});

afterEach(async () => {
  await live.close();
  vi.restoreAllMocks();
});

async function runSession(tools: llm.ToolContextLike = {}): Promise<void> {
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.', tools }),
    llm: new ScriptedLLM({
      replies:
        Object.keys(tools).length === 0
          ? [{ text: 'Hello.' }]
          : [{ toolCalls: [{ name: 'lookup', arguments: {} }] }, { text: 'Found.' }],
    }),
    turns: ['Hi'],
  });
}

describe('withTraceContext', () => {
  it("joins a session to its dispatcher's trace", async () => {
    await withTraceContext(JSON.stringify({ traceparent: TRACEPARENT, customer: 7 }), () =>
      runSession(),
    );
    const spans = await live.all();
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    expect((await live.only('agent_session')).parentSpanId).toBe(SPAN_ID);
    expect(spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['agent_turn', 'llm_request', 'on_enter']),
    );
  });

  it('keeps the sessions of one trace apart', async () => {
    for (let time = 0; time < 2; time += 1) await withTraceContext(TRACEPARENT, () => runSession());
    const ids = (await live.all()).map(({ attributes }) => attributes['session.id']);
    expect(new Set(ids).size).toBe(2);
  });

  it('continues what another span of this process injected, and keeps what is active', async () => {
    const carrier: Record<string, string> = {};
    await agentSpan({ agentId: 'dispatcher' }, () => propagation.inject(context.active(), carrier));
    const dispatcher = await live.only('dispatcher.run');
    await agentSpan({ agentId: 'outer', sessionId: 's-1' }, () =>
      withTraceContext(carrier, () => agentSpan({ agentId: 'inner' }, () => {})),
    );
    const inner = await live.only('inner.run');
    expect(inner).toMatchObject({ traceId: dispatcher.traceId, parentSpanId: dispatcher.spanId });
    expect(inner.attributes['session.id']).toBe('s-1');
  });

  it.each<readonly [string, TraceContextCarrier]>([
    ['a traceparent alone', TRACEPARENT],
    ['an object', { traceparent: TRACEPARENT }],
    ['JSON text', ` {"traceparent":"${TRACEPARENT}"} `],
    ['headers in any case', { Traceparent: TRACEPARENT, Accept: '*/*' }],
    ['headers with lists', { traceparent: [TRACEPARENT] }],
  ])('reads %s, and gives back what the function gives', (_, carrier) => {
    expect(withTraceContext(carrier, () => trace.getSpanContext(context.active()))).toMatchObject({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      isRemote: true,
    });
    expect(() =>
      withTraceContext(carrier, () => {
        throw new RangeError('mine');
      }),
    ).toThrow('mine');
  });

  it('takes tracestate and baggage along', () => {
    const carrier = { traceparent: TRACEPARENT, tracestate: 'vendor=1', baggage: 'tenant=acme' };
    withTraceContext(carrier, () => {
      const active = context.active();
      expect(trace.getSpanContext(active)?.traceState?.serialize()).toBe('vendor=1');
      expect(propagation.getBaggage(active)?.getEntry('tenant')?.value).toBe('acme');
    });
  });

  it('reads traceparent beside a propagator of the application that knows another header', () => {
    propagation.disable();
    const propagator: TextMapPropagator = {
      inject: () => {},
      extract: (active) => active,
      fields: () => ['x-own'],
    };
    propagation.setGlobalPropagator(propagator);
    withTraceContext(TRACEPARENT, () => {
      expect(trace.getSpanContext(context.active())?.traceId).toBe(TRACE_ID);
    });
    propagation.disable();
    propagation.setGlobalPropagator({
      ...propagator,
      extract: () => {
        throw new Error('secret');
      },
    });
    expect(withTraceContext(TRACEPARENT, () => 'ran')).toBe('ran');
    propagation.disable();
  });

  it('does not record what the dispatcher does not sample', async () => {
    await withTraceContext(`00-${TRACE_ID}-${SPAN_ID}-00`, () => runSession());
    expect(await live.all()).toEqual([]);
  });

  it('ignores what holds no trace context, and what is there and cannot be read with one warning', () => {
    const active = (): unknown => trace.getSpanContext(context.active());
    const before = warnings.length;
    const nothing: readonly TraceContextCarrier[] = [undefined, null, '', '  ', '{}', { a: 'b' }];
    for (const carrier of nothing) expect(withTraceContext(carrier, active)).toBeUndefined();
    expect(warnings).toHaveLength(before);
    const unreadable: readonly unknown[] = [
      'a secret name',
      '[1]',
      '{"traceparent":',
      { traceparent: 'nonsense' },
      { traceparent: `00-${'0'.repeat(32)}-${SPAN_ID}-01` },
      `00-${TRACE_ID}-zz-01`,
      42,
      ['x'],
      {
        get traceparent(): never {
          throw new Error('secret');
        },
      },
    ];
    for (const carrier of unreadable) {
      expect(withTraceContext(carrier as string, active)).toBeUndefined();
    }
    const said = warnings.filter((line) => line.includes('trace context'));
    expect(said).toHaveLength(1);
    expect(warnings.join()).not.toMatch(/secret|nonsense/);
  });
});

it('a request that a tool makes carries the trace on', async () => {
  const headers: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    headers.push(request.headers);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let active = '';
  await withTraceContext({ traceparent: TRACEPARENT, tracestate: 'vendor=1' }, () =>
    runSession({
      lookup: llm.tool({
        description: 'Look up',
        parameters: z.object({}),
        execute: async () => {
          active = trace.getSpanContext(context.active())?.spanId ?? '';
          // What the HTTP instrumentations of OpenTelemetry do with every request.
          const carrier: Record<string, string> = {};
          propagation.inject(context.active(), carrier);
          await fetch(`http://127.0.0.1:${port}/`, { headers: carrier });
          return 'found';
        },
      }),
    }),
  );
  server.close();
  server.closeAllConnections();
  expect(headers).toHaveLength(1);
  expect(headers[0]?.['traceparent']).toBe(`00-${TRACE_ID}-${active}-01`);
  expect(headers[0]?.['tracestate']).toBe('vendor=1');
  const ids = (await live.all()).map(({ spanId }) => spanId);
  expect(ids).toContain(active);
});
