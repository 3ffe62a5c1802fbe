import * as livekitAgents from '@livekit/agents';
import { llm, voice } from '@livekit/agents';
import {
  context,
  createContextKey,
  propagation,
  SpanKind,
  trace,
  type Context,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  SamplingDecision,
  type Sampler,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { agentSpan, setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { OtlpExporter } from '../support/otlp-exporter.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

/** The collector of this package and the one of the application's own set-up. */
let ours: Receiver;
let theirs: Receiver;
let tracing: CatalystTracing | undefined;
let provider: NodeTracerProvider | undefined;

beforeEach(async () => {
  [ours, theirs] = await Promise.all([startReceiver(), startReceiver()]);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterEach(async () => {
  await tracing?.shutdown();
  await provider?.shutdown();
  tracing = provider = undefined;
  trace.disable();
  context.disable();
  propagation.disable();
  vi.restoreAllMocks();
  await Promise.all([ours.close(), theirs.close()]);
});

async function start(options?: SetupOptions): Promise<void> {
  tracing = await setup({
    endpoint: ours.endpoint,
    serviceName: 'agent',
    modules: { livekitAgents },
    ...options,
  });
}

/** Everything at both receivers. */
async function arrived(): Promise<{ ours: DecodedSpan[]; theirs: DecodedSpan[] }> {
  await tracing?.forceFlush();
  await provider?.forceFlush();
  return { ours: ours.spans(), theirs: theirs.spans() };
}

/**
 * An application: a request of its own around an agent run around a session, whose tool makes a
 * request that an HTTP instrumentation sees.
 */
async function runApplication(): Promise<void> {
  const app = trace.getTracer('their-app');
  await app.startActiveSpan('POST /calls', { kind: SpanKind.SERVER }, async (request) => {
    await agentSpan({ agentId: 'front', sessionId: 's-1' }, () =>
      runTextSession({
        agent: new voice.Agent({
          instructions: 'Be brief.',
          tools: {
            lookup: llm.tool({
              description: 'Look up',
              parameters: z.object({}),
              execute: async () => {
                trace.getTracer('@opentelemetry/instrumentation-undici').startSpan('GET').end();
                return 'found';
              },
            }),
          },
        }),
        llm: new ScriptedLLM({
          replies: [{ toolCalls: [{ name: 'lookup', arguments: {} }] }, { text: 'Found.' }],
        }),
        turns: ['Hi'],
      }),
    );
    request.end();
  });
}

const scopesOf = (spans: readonly DecodedSpan[]): readonly string[] =>
  [...new Set(spans.map(({ scopeName }) => scopeName))].toSorted();
const idsOf = (spans: readonly DecodedSpan[]): readonly string[] =>
  spans.map(({ spanId }) => spanId);
const ofLiveKit = ({ scopeName }: DecodedSpan): boolean => scopeName === 'livekit-agents';

/**
 * One trace over both sides, no span twice at a side. Here every span is below one that arrived here
 * too: a backend that gets no request of theirs has a root all the same.
 */
function expectOneTrace(sides: { ours: DecodedSpan[]; theirs: DecodedSpan[] }): void {
  const all = [...sides.ours, ...sides.theirs];
  expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(1);
  const isRoot = ({ parentSpanId }: DecodedSpan): boolean => !parentSpanId;
  const rootOfOurs = sides.theirs.length > 0 ? 'front.run' : 'POST /calls';
  expect(sides.ours.filter(isRoot).map(({ name }) => name)).toEqual([rootOfOurs]);
  for (const span of sides.theirs.filter(isRoot)) expect(span.name).toBe('POST /calls');
  const orphansOf = (side: readonly DecodedSpan[], known: readonly DecodedSpan[]): string[] =>
    side
      .filter((span) => !isRoot(span) && !idsOf(known).includes(span.parentSpanId ?? ''))
      .map(({ name }) => name);
  expect(orphansOf(sides.ours, sides.ours)).toEqual([]);
  expect(orphansOf(sides.theirs, all)).toEqual([]);
  for (const side of [sides.ours, sides.theirs]) {
    expect(idsOf(side).length).toBe(new Set(idsOf(side)).size);
  }
}

/** What belongs here arrives mapped, what goes to them too arrives there as LiveKit wrote it. */
function expectMappedHereRawThere(sides: { ours: DecodedSpan[]; theirs: DecodedSpan[] }): void {
  const here = sides.ours.filter(ofLiveKit);
  expect(here.every(({ attributes }) => 'openinference.span.kind' in attributes)).toBe(true);
  expect(here.every(({ attributes }) => attributes['session.id'] === 's-1')).toBe(true);
  expect(here.every((span) => span.resourceAttributes['service.name'] === 'agent')).toBe(true);
  const there = sides.theirs.filter(ofLiveKit);
  expect(idsOf(there).toSorted()).toEqual(idsOf(here).toSorted());
  expect(there.some(({ attributes }) => 'openinference.span.kind' in attributes)).toBe(false);
  expect(there.every((span) => span.resourceAttributes['service.name'] === 'theirs')).toBe(true);
  const request = there.find(({ name }) => name === 'llm_request');
  expect(request?.attributes['gen_ai.input.messages']).toBeTypeOf('string');
}

describe('a set-up as NodeSDK makes it', () => {
  function startNodeSdk(): void {
    provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'theirs' }),
      spanProcessors: [new BatchSpanProcessor(new OtlpExporter(theirs.url))],
    });
    provider.register();
  }

  it('before setup(): keeps its spans and LiveKit’s, and one trace goes over both', async () => {
    startNodeSdk();
    await start();
    await runApplication();
    const sides = await arrived();
    expectOneTrace(sides);
    expectMappedHereRawThere(sides);
    expect(scopesOf(sides.ours)).toEqual(['catalyst-tracing', 'livekit-agents']);
    expect(scopesOf(sides.theirs)).toEqual([
      '@opentelemetry/instrumentation-undici',
      'livekit-agents',
      'their-app',
    ]);
  });

  it('after setup(): finds the place taken, and every span is here', async () => {
    await start();
    startNodeSdk();
    await runApplication();
    const sides = await arrived();
    expect(sides.theirs).toEqual([]);
    expectOneTrace(sides);
    expect(scopesOf(sides.ours)).toEqual([
      '@opentelemetry/instrumentation-undici',
      'catalyst-tracing',
      'livekit-agents',
      'their-app',
    ]);
  });

  it('after setup(), given to it as an exporter: receives what is sent here', async () => {
    await start({ exporters: [new OtlpExporter(theirs.url)] });
    await runApplication();
    const sides = await arrived();
    expectOneTrace({ ours: sides.ours, theirs: [] });
    expect(idsOf(sides.theirs).toSorted()).toEqual(idsOf(sides.ours).toSorted());
    const attributes = new Map(sides.ours.map((span) => [span.spanId, span.attributes]));
    for (const span of sides.theirs) expect(span.attributes).toEqual(attributes.get(span.spanId));
  });
});

const SCOPE_KEY = createContextKey('sentry_scopes');

/** As `SentryContextManager` is: every context that is entered gets a scope of its own. */
class ScopedContextManager extends AsyncLocalStorageContextManager {
  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    entered: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return super.with(entered.setValue(SCOPE_KEY, { forked: true }), fn, thisArg, ...args);
  }
}

/** Reads and writes a header of its own, as `SentryPropagator` does. */
class HeaderPropagator implements TextMapPropagator<Record<string, string>> {
  readonly #w3c = new W3CTraceContextPropagator();
  inject(...[active, carrier, setter]: Parameters<TextMapPropagator['inject']>): void {
    this.#w3c.inject(active, carrier, setter);
    const span = trace.getSpanContext(active);
    if (span !== undefined) setter.set(carrier, 'sentry-trace', `${span.traceId}-${span.spanId}-1`);
  }
  extract(active: Context): Context {
    return active;
  }
  fields(): string[] {
    return ['sentry-trace', 'baggage'];
  }
}

describe('a set-up as Sentry makes it', () => {
  /** Samples roots by a rate that is asked of the application, children as their parent. */
  class RateSampler implements Sampler {
    readonly asked: string[] = [];
    readonly #decision: SamplingDecision;
    constructor(decision: SamplingDecision) {
      this.#decision = decision;
    }
    shouldSample(active: Context, _: string, name: string): ReturnType<Sampler['shouldSample']> {
      const parent = trace.getSpanContext(active);
      if (parent === undefined) this.asked.push(name);
      const decision =
        parent === undefined || (parent.traceFlags & 1) === 1
          ? this.#decision
          : SamplingDecision.NOT_RECORD;
      return { decision };
    }
    toString(): string {
      return 'RateSampler';
    }
  }

  function startSentry(decision = SamplingDecision.RECORD_AND_SAMPLED): RateSampler {
    const sampler = new RateSampler(decision);
    provider = new NodeTracerProvider({
      sampler,
      resource: resourceFromAttributes({ 'service.name': 'theirs' }),
      spanProcessors: [new BatchSpanProcessor(new OtlpExporter(theirs.url))],
    });
    trace.setGlobalTracerProvider(provider);
    propagation.setGlobalPropagator(new HeaderPropagator());
    context.setGlobalContextManager(new ScopedContextManager().enable());
    return sampler;
  }

  it('before setup(): keeps its context manager, propagator and spans, and shares one trace', async () => {
    const sampler = startSentry();
    await start();
    const carrier: Record<string, string> = {};
    await trace.getTracer('their-app').startActiveSpan('outside', async (span) => {
      expect(context.active().getValue(SCOPE_KEY)).toEqual({ forked: true });
      propagation.inject(context.active(), carrier);
      span.end();
    });
    expect(Object.keys(carrier)).toContain('sentry-trace');
    await provider?.forceFlush();
    const outside = theirs.spans().map(({ spanId }) => spanId);
    await runApplication();
    expect(sampler.asked).toEqual(['outside', 'POST /calls']);
    const all = await arrived();
    const sides = {
      ours: all.ours,
      theirs: all.theirs.filter(({ spanId }) => !outside.includes(spanId)),
    };
    expectOneTrace(sides);
    expectMappedHereRawThere(sides);
    expect(scopesOf(sides.ours)).toEqual(['catalyst-tracing', 'livekit-agents']);
  });

  it('that samples a request out: the session in it is recorded on neither side', async () => {
    startSentry(SamplingDecision.NOT_RECORD);
    await start();
    await runApplication();
    expect(await arrived()).toEqual({ ours: [], theirs: [] });
  });

  it('after shutdown(): still has all that it registered', async () => {
    startSentry();
    await start();
    await tracing?.shutdown();
    await trace.getTracer('their-app').startActiveSpan('after', async (span) => {
      expect(context.active().getValue(SCOPE_KEY)).toEqual({ forked: true });
      span.end();
    });
    expect(propagation.fields()).toEqual(['sentry-trace', 'baggage']);
    expect((await arrived()).theirs.map(({ name }) => name)).toContain('after');
  });
});

describe('spans of other instrumentations on our provider', () => {
  function endForeignSpans(): void {
    const genAi = trace.getTracer('opentelemetry.instrumentation.openai');
    const chat = genAi.startSpan('chat gpt-4.1-mini', {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4.1-mini',
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 2,
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
      },
    });
    chat.end();
    // LiveKit's own names, on somebody else's spans.
    for (const name of ['agent_session', 'llm_request', 'function_tool']) {
      trace
        .getTracer('their-app')
        .startSpan(name, { attributes: { mine: 1 } })
        .end();
    }
  }

  it('are kept, mapped when they speak gen_ai, and never taken for LiveKit’s', async () => {
    await start();
    endForeignSpans();
    const spans = (await arrived()).ours;
    const chat = spans.find(({ name }) => name === 'chat gpt-4.1-mini');
    expect(chat?.attributes).toMatchObject({
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4.1-mini',
      'llm.token_count.total': 5,
      'llm.input_messages.0.message.content': 'Hi',
    });
    for (const name of ['agent_session', 'llm_request', 'function_tool']) {
      const span = spans.find((each) => each.name === name);
      expect(span?.attributes).toMatchObject({ mine: 1, 'openinference.span.kind': 'CHAIN' });
    }
    expect(spans).toHaveLength(4);
  });

  it('stay here with exportScopes: livekit, and the tree above and below holds together', async () => {
    await start({ exportScopes: 'livekit' });
    endForeignSpans();
    await runApplication();
    const spans = (await arrived()).ours;
    expect(scopesOf(spans)).toEqual(['catalyst-tracing', 'livekit-agents']);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });
});
