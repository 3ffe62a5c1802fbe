import { llm, voice } from '@livekit/agents';
import { context, ROOT_CONTEXT, trace, TraceFlags, type Span } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { agentSpan, manualSpan } from '../../src/index.js';
import type { SetupOptions } from '../../src/options/setup-options.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import {
  traceSessions,
  type ArrivedSpans,
  type TracedSessions,
} from '../support/traced-sessions.js';

const REMOTE = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};

let traced: TracedSessions | undefined;
let foreign: NodeTracerProvider | undefined;
afterEach(async () => {
  await traced?.close();
  await foreign?.shutdown();
  foreign = undefined;
  trace.disable();
  context.disable();
});

async function start(options?: SetupOptions): Promise<TracedSessions> {
  traced = await traceSessions(options);
  return traced;
}

/** A session whose tool makes a request, with spans of the application inside. */
async function talk(): Promise<void> {
  const lookup = llm.tool({
    description: 'Look up',
    parameters: z.object({}),
    execute: () =>
      trace.getTracer('http').startActiveSpan('GET /stock', async (request) => {
        await manualSpan({ spanName: 'parse answer' }, async () => {});
        request.end();
        return 'found';
      }),
  });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.', tools: { lookup } }),
    llm: new ScriptedLLM({
      replies: [{ toolCalls: [{ name: 'lookup', arguments: {} }] }, { text: 'Found.' }],
    }),
    turns: ['Hi'],
  });
}

/** Names of spans whose parent did not arrive, and of those without a parent. */
function tops(spans: ArrivedSpans): { readonly orphans: string[]; readonly roots: string[] } {
  const known = new Set(spans.all.map(({ spanId }) => spanId));
  const roots = spans.all.filter(({ parentSpanId }) => !parentSpanId);
  const orphans = spans.all.filter(({ parentSpanId }) => parentSpanId && !known.has(parentSpanId));
  return { orphans: orphans.map(({ name }) => name), roots: roots.map(({ name }) => name) };
}

it('exportScopes "livekit": a session below an HTTP and a database span is the root', async () => {
  const live = await start({ exportScopes: 'livekit' });
  await trace.getTracer('http').startActiveSpan('POST /calls', async (request) => {
    await trace.getTracer('db').startActiveSpan('SELECT', async (query) => {
      await talk();
      query.end();
    });
    request.end();
  });
  const spans = await live.arrived();
  expect(tops(spans)).toEqual({ orphans: [], roots: ['agent_session'] });
  expect(spans.parentOf(spans.only('parse answer'))).toBe('function_tool');
});

it('exportScopes "livekit": a span below spans that are not sent is below the nearest that is', async () => {
  const live = await start({ exportScopes: 'livekit' });
  await agentSpan({ agentId: 'front' }, () =>
    trace.getTracer('http').startActiveSpan('POST /calls', async (request) => {
      await talk();
      request.end();
    }),
  );
  const spans = await live.arrived();
  expect(tops(spans)).toEqual({ orphans: [], roots: ['front.run'] });
  expect(spans.parentOf(spans.only('agent_session'))).toBe('front.run');
});

it('a session below spans of the application’s own provider is below the nearest of ours', async () => {
  foreign = new NodeTracerProvider();
  foreign.register();
  const live = await start();
  const app = trace.getTracer('their-app');
  await app.startActiveSpan('POST /calls', async (request) => {
    await agentSpan({ agentId: 'front' }, () =>
      app.startActiveSpan('inner', async (inner) => {
        await talk();
        inner.end();
      }),
    );
    request.end();
  });
  const spans = await live.arrived();
  expect(tops(spans)).toEqual({ orphans: [], roots: ['front.run'] });
  expect(spans.parentOf(spans.only('agent_session'))).toBe('front.run');
});

it('keeps a remote parent, also across a span that is not sent', async () => {
  const live = await start({ exportScopes: 'livekit' });
  const remote = trace.setSpanContext(ROOT_CONTEXT, REMOTE);
  await context.with(remote, () =>
    trace.getTracer('http').startActiveSpan('POST /calls', async (request: Span) => {
      await talk();
      request.end();
    }),
  );
  const spans = await live.arrived();
  expect(spans.only('agent_session').parentSpanId).toBe(REMOTE.spanId);
  expect(spans.only('agent_session').traceId).toBe(REMOTE.traceId);
});

it('keeps a parent that is known by its id alone', async () => {
  const live = await start();
  const known = { ...REMOTE, isRemote: false };
  await context.with(trace.setSpanContext(ROOT_CONTEXT, known), talk);
  expect((await live.arrived()).only('agent_session').parentSpanId).toBe(REMOTE.spanId);
});
