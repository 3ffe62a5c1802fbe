import { context, SpanKind, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  agentSpan,
  manualSpan,
  setup,
  startAgentSpan,
  startManualSpan,
  type AgentSpanOptions,
  type ManualSpanOptions,
} from '../../src/index.js';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';

describe('with live tracing', () => {
  let live: LiveSpans;
  beforeEach(async () => {
    live = await startLiveSpans({ autoInstrument: false });
  });
  afterEach(() => live.close());

  it('returns the value of a sync and of an async function', async () => {
    expect(await agentSpan({ agentName: 'A' }, () => 1)).toBe(1);
    expect(await agentSpan({ agentName: 'A' }, async () => 2)).toBe(2);
    expect(await manualSpan({ spanName: 'm' }, () => undefined)).toBeUndefined();
    const names = (await live.all()).map(({ name }) => name);
    expect(names).toEqual(['A.run', 'A.run', 'm']);
  });

  it.each<readonly [AgentSpanOptions, string]>([
    [{ agentId: 'a-1', agentName: 'Support' }, 'Support.run'],
    [{ agentId: 'a-1' }, 'a-1.run'],
    [{ id: 'a-2' }, 'a-2.run'],
    [{ name: 'Sales', id: 'a-2' }, 'Sales.run'],
    [{}, 'agent.run'],
    [{ agentName: 'Support', spanName: 'triage' }, 'triage'],
  ])('names the span of %o', async (options, name) => {
    await agentSpan(options, () => {});
    expect((await live.all()).map((span) => span.name)).toEqual([name]);
  });

  it('puts every option of an agent span', async () => {
    await agentSpan(
      {
        agentId: 'support',
        agentName: 'Support',
        role: 'triage',
        sessionId: 's-1',
        userId: 'u-1',
        system: 'livekit',
        otelKind: SpanKind.SERVER,
        metadata: { plan: 'pro', seats: 3n },
        tags: ['beta', 'eu'],
        input: { question: 'Why?' },
      },
      (span) => span.setOutput('Because.'),
    );
    const span = await live.only('Support.run');
    expect(span.kind).toBe(SpanKind.SERVER + 1);
    expect(span.attributes).toEqual({
      'openinference.span.kind': 'AGENT',
      'session.id': 's-1',
      'user.id': 'u-1',
      'agent.id': 'support',
      'agent.name': 'Support',
      'agent.role': 'triage',
      'tag.tags': ['beta', 'eu'],
      metadata: '{"plan":"pro","seats":"3"}',
      'llm.system': 'livekit',
      'gen_ai.system': 'livekit',
      'input.value': '{"question":"Why?"}',
      'input.mime_type': 'application/json',
      'output.value': 'Because.',
      'output.mime_type': 'text/plain',
      'agent.outcome': 'success',
      'agent.stop_reason': 'completed',
      'agent.finalized': true,
    });
  });

  it('puts every option of a manual span', async () => {
    await manualSpan(
      {
        spanName: 'call',
        spanKind: 'LLM',
        otelKind: SpanKind.CLIENT,
        system: 'openai',
        agentId: 'support',
        agentName: 'Support',
        agentRole: 'triage',
        sessionId: 's-1',
        userId: 'u-1',
        input: 'in',
        output: 'out',
        model: 'gpt-4.1-mini',
        usage: { prompt_tokens: 2, completion_tokens: 3 },
        toolName: 'lookup',
        toolCallId: 'call-1',
        attributes: { 'order.id': 7, 'llm.model_name': 'gpt-4.1' },
        metadata: { a: 1 },
        tags: ['t'],
      },
      () => {},
    );
    const span = await live.only('call');
    expect(span.kind).toBe(SpanKind.CLIENT + 1);
    expect(span.attributes).toEqual({
      'openinference.span.kind': 'LLM',
      'session.id': 's-1',
      'user.id': 'u-1',
      'agent.id': 'support',
      'agent.name': 'Support',
      'agent.role': 'triage',
      'tag.tags': ['t'],
      metadata: '{"a":1}',
      'llm.system': 'openai',
      'gen_ai.system': 'openai',
      'llm.model_name': 'gpt-4.1',
      'tool.name': 'lookup',
      'tool_call.id': 'call-1',
      'llm.token_count.prompt': 2,
      'llm.token_count.completion': 3,
      'llm.token_count.total': 5,
      'input.value': 'in',
      'input.mime_type': 'text/plain',
      'output.value': 'out',
      'output.mime_type': 'text/plain',
      'order.id': 7,
    });
  });

  it.each<readonly [string, unknown, string]>([
    ['an Error', new RangeError('boom'), 'boom'],
    ['a string', 'just text', 'just text'],
    ['an object', { code: 42 }, '{"code":42}'],
    ['undefined', undefined, 'undefined'],
  ])('rethrows %s unchanged and marks the span', async (_, thrown, message) => {
    const sync = agentSpan({ agentName: 'sync' }, () => {
      throw thrown;
    });
    await expect(sync).rejects.toBe(thrown);
    await expect(manualSpan({ spanName: 'async' }, () => Promise.reject(thrown))).rejects.toBe(
      thrown,
    );
    for (const name of ['sync.run', 'async']) {
      const span = await live.only(name);
      expect(span.status).toEqual({ code: 2, message });
      expect(span.events).toMatchObject([
        { name: 'exception', attributes: { 'exception.message': message } },
      ]);
    }
    expect((await live.only('sync.run')).attributes).toMatchObject({
      'agent.outcome': 'failure',
      'agent.stop_reason': 'error',
      'agent.finalized': false,
    });
  });

  it('records an error once that was recorded and thrown on', async () => {
    const run = manualSpan({ spanName: 'twice' }, (span) => {
      const error = new Error('once');
      span.recordException(error);
      throw error;
    });
    await expect(run).rejects.toThrow('once');
    expect((await live.only('twice')).events).toHaveLength(1);
  });

  it('lets an explicit outcome win, also when the run throws', async () => {
    const run = agentSpan({ agentName: 'explicit' }, (span) => {
      span.setOutcome('escalated').setAttribute('agent.stop_reason', 'handoff').setFinalized(true);
      throw new Error('after that');
    });
    await expect(run).rejects.toThrow('after that');
    expect((await live.only('explicit.run')).attributes).toMatchObject({
      'agent.outcome': 'escalated',
      'agent.stop_reason': 'handoff',
      'agent.finalized': true,
    });
  });

  it('ignores options that cannot be used, each said once and by name only', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const bad: unknown = {
      agentId: 42,
      agentName: 'Bad',
      sessionId: { secret: 'words' },
      spanKind: 'AGNET',
      otelKind: 99,
      metadata: 'secret words',
      tags: ['kept', 5],
      get userId(): never {
        throw new Error('getter');
      },
    };
    for (let time = 0; time < 2; time += 1) await agentSpan(bad as AgentSpanOptions, () => {});
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(await manualSpan(proxy as ManualSpanOptions, () => 'ran')).toBe('ran');
    expect(await manualSpan(undefined as unknown as ManualSpanOptions, () => 'ran')).toBe('ran');
    const hostile: unknown = { agentName: 'hostile', metadata: proxy, tags: proxy };
    await agentSpan(hostile as AgentSpanOptions, () => {});
    expect((await live.only('hostile.run')).attributes).not.toHaveProperty('metadata');
    const said = warn.mock.calls.flat().map(String);
    warn.mockRestore();
    for (const name of [
      'agentId',
      'sessionId',
      'spanKind',
      'otelKind',
      'metadata',
      'tags',
      'userId',
    ])
      expect(said.filter((line) => line.includes(`"${name}"`))).toHaveLength(1);
    expect(said.join()).not.toMatch(/secret|words|AGNET/);
    const [span] = (await live.all()).filter(({ name }) => name === 'Bad.run');
    expect(span?.attributes).toMatchObject({
      'openinference.span.kind': 'AGENT',
      'agent.name': 'Bad',
      'tag.tags': ['kept'],
    });
    expect(span?.attributes).not.toHaveProperty('agent.id');
  });

  it('spans what outlives a callback', async () => {
    const span = startAgentSpan({ agentId: 'long', sessionId: 's-9' });
    const answer: number = span.run(() => {
      trace.getTracer('app').startSpan('during').end();
      return 42;
    });
    expect(answer).toBe(42);
    expect(trace.getSpan(context.active())).toBeUndefined();
    const error = new Error('lost');
    await expect(span.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(() =>
      span.run(() => {
        throw error;
      }),
    ).toThrow(error);
    const answered = new ApiPromise((resolve) => resolve('rows'));
    expect(span.run(() => answered)).toBe(answered);
    span.setOutcome('hung up').end();
    const [during, long] = [await live.only('during'), await live.only('long.run')];
    expect(during).toMatchObject({
      parentSpanId: long.spanId,
      attributes: { 'session.id': 's-9', 'agent.id': 'long' },
    });
    expect(long.status.code).toBe(2);
    expect(long.events).toHaveLength(1);
    expect(long.attributes).toMatchObject({ 'agent.outcome': 'hung up', 'agent.finalized': false });
  });

  it('writes plain attributes, identity included, with a tracer of somebody else', async () => {
    const exporter = new InMemorySpanExporter();
    const foreign = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const tracer = foreign.getTracer('theirs');
    const result = await agentSpan(
      tracer,
      { agentId: 'a', sessionId: 's', metadata: { m: 1 }, tags: ['t'], input: 'hi' },
      () => {
        startManualSpan(tracer, { spanName: 'below', userId: 'u' }).end();
        return 'done';
      },
    );
    expect(result).toBe('done');
    const [below, run] = exporter.getFinishedSpans();
    expect(run?.attributes).toEqual({
      'openinference.span.kind': 'AGENT',
      'session.id': 's',
      'agent.id': 'a',
      metadata: '{"m":1}',
      'tag.tags': ['t'],
      'input.value': 'hi',
      'input.mime_type': 'text/plain',
      'agent.outcome': 'success',
      'agent.stop_reason': 'completed',
      'agent.finalized': true,
    });
    expect(below?.attributes).toMatchObject({ 'session.id': 's', 'agent.id': 'a', 'user.id': 'u' });
    expect(below?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
    expect(await live.all()).toEqual([]);
  });

  it("uses the live tracer for what isn't a tracer", async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const wrong = {} as LiveSpans['tracing']['tracer'];
    expect(await manualSpan(wrong, { spanName: 'm' }, () => 1)).toBe(1);
    expect(await manualSpan(live.tracing.tracer, { spanName: 'n', input: 'x' }, () => 2)).toBe(2);
    warn.mockRestore();
    expect(
      (await live.all()).map(({ name, attributes }) => [name, attributes['input.value']]),
    ).toEqual([
      ['m', undefined],
      ['n', 'x'],
    ]);
  });
});

/** As the SDKs of model providers return. */
class ApiPromise extends Promise<string> {
  readonly requestId = 'req-1';
}

async function runEverything(): Promise<void> {
  const before = context.active();
  expect(
    await agentSpan({ agentId: 'a' }, (span) => {
      expect(context.active()).toBe(before);
      expect(span.setInput(1).setTool({ name: 't' }).setOutcome('x').recordException(1)).toBe(span);
      expect(span.recordUsage({ prompt_tokens: 1, completion_tokens: 2 }).total).toBe(3);
      expect(span.raw.isRecording()).toBe(false);
      return 'value';
    }),
  ).toBe('value');
  const error = new Error('same');
  await expect(manualSpan({ spanName: 'm' }, () => Promise.reject(error))).rejects.toBe(error);
  const open = startManualSpan({ spanName: 'm' });
  expect(open.run(() => 5)).toBe(5);
  open.end();
}

describe('without live tracing', () => {
  it('just runs the function before setup()', runEverything);

  it('just runs the function when tracing is disabled, and disturbs no other tracer', async () => {
    vi.stubEnv('CATALYST_DISABLED', 'true');
    const tracing = await setup();
    vi.unstubAllEnvs();
    await runEverything();
    await agentSpan(tracing.tracer, {}, () => {
      expect(trace.getSpan(context.active())).toBeUndefined();
    });
    await tracing.shutdown();
  });

  it('just runs the function after shutdown()', async () => {
    await (await startLiveSpans({ autoInstrument: false })).close();
    await runEverything();
  });
});
