import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { agentSpan, Attr, manualSpan, startManualSpan, type SpanHandle } from '../../src/index.js';
import { startLiveSpans, type LiveSpans } from '../support/live-spans.js';

let live: LiveSpans;
beforeAll(async () => {
  live = await startLiveSpans({ autoInstrument: false });
});
afterAll(() => live.close());

/** What a call of a handle puts on the span that arrives. */
const METHODS: readonly (readonly [
  method: string,
  call: (span: SpanHandle) => SpanHandle,
  attributes: Readonly<Record<string, unknown>>,
])[] = [
  [
    'setInput of text',
    (span) => span.setInput('hello'),
    { 'input.value': 'hello', 'input.mime_type': 'text/plain' },
  ],
  [
    'setInput of an object',
    (span) => span.setInput({ city: 'Paris' }),
    { 'input.value': '{"city":"Paris"}', 'input.mime_type': 'application/json' },
  ],
  [
    'setOutput of text',
    (span) => span.setOutput('bye'),
    { 'output.value': 'bye', 'output.mime_type': 'text/plain' },
  ],
  [
    'setOutput of a number',
    (span) => span.setOutput(18),
    { 'output.value': '18', 'output.mime_type': 'application/json' },
  ],
  ['setOutput of nothing', (span) => span.setOutput(undefined).setOutput(null), {}],
  [
    'the last setOutput',
    (span) => span.setOutput({ a: 1 }).setOutput('b'),
    { 'output.value': 'b', 'output.mime_type': 'text/plain' },
  ],
  [
    'recordTokens',
    (span) => span.recordTokens({ prompt: 10, completion: 5 }),
    { 'llm.token_count.prompt': 10, 'llm.token_count.completion': 5, 'llm.token_count.total': 15 },
  ],
  [
    'recordTokens in steps',
    (span) => span.recordTokens({ prompt: 10 }).recordTokens({ completion: 5 }),
    { 'llm.token_count.prompt': 10, 'llm.token_count.completion': 5, 'llm.token_count.total': 15 },
  ],
  [
    'recordTokens with a total',
    (span) => span.recordTokens({ prompt: 10, completion: 5, total: 20 }),
    { 'llm.token_count.prompt': 10, 'llm.token_count.completion': 5, 'llm.token_count.total': 20 },
  ],
  ['setModel', (span) => span.setModel('gpt-4.1-mini'), { 'llm.model_name': 'gpt-4.1-mini' }],
  ['setOutcome', (span) => span.setOutcome('escalated'), { 'agent.outcome': 'escalated' }],
  ['setStopReason', (span) => span.setStopReason('limit'), { 'agent.stop_reason': 'limit' }],
  ['setFinalized', (span) => span.setFinalized(false), { 'agent.finalized': false }],
  [
    'setTool',
    (span) => span.setTool({ name: 'lookup', callId: 'call-1' }),
    { 'tool.name': 'lookup', 'tool_call.id': 'call-1' },
  ],
  ['setTool without a call', (span) => span.setTool({ name: 'lookup' }), { 'tool.name': 'lookup' }],
  [
    'setAttribute',
    (span) => span.setAttribute('order.total', 12.5).setAttribute(Attr.FINISH_REASON, 'stop'),
    { 'order.total': 12.5, 'llm.finish_reason': 'stop' },
  ],
  [
    'setAttributes',
    (span) =>
      span.setAttributes({ list: ['a', 'b'], mixed: ['a', 1], deep: { x: 1n }, none: null }),
    { list: ['a', 'b'], mixed: '["a",1]', deep: '{"x":"1"}' },
  ],
];

describe('the handle', () => {
  it.each(METHODS)('%s', async (method, call, attributes) => {
    await manualSpan({ spanName: method }, (span) => {
      expect(call(span)).toBe(span);
    });
    const { attributes: seen } = await live.only(method);
    const { 'session.id': session, 'openinference.span.kind': kind, ...own } = seen;
    expect(own).toEqual(attributes);
    expect(kind).toBe('CHAIN');
    expect(session).toEqual(expect.any(String));
  });

  it('recordUsage returns what it read', async () => {
    await manualSpan({ spanName: 'usage', spanKind: 'LLM' }, (span) => {
      expect(span.recordUsage({ input_tokens: 3, output_tokens: 1 })).toEqual({
        prompt: 3,
        completion: 1,
        total: 4,
      });
      expect(span.recordUsage({ usage: { output_tokens: 9 } })).toMatchObject({ completion: 9 });
    });
    expect((await live.only('usage')).attributes).toMatchObject({
      'llm.token_count.prompt': 3,
      'llm.token_count.completion': 9,
      'llm.token_count.total': 12,
    });
  });

  it('recordException tells of an error that was handled', async () => {
    class TimeoutError extends Error {}
    await manualSpan({ spanName: 'handled' }, (span) => {
      const error = Object.assign(new TimeoutError('too slow'), { code: 'ETIMEDOUT' });
      expect(span.recordException(error)).toBe(span);
    });
    const span = await live.only('handled');
    expect(span.status.code).toBe(0);
    expect(span.events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'TimeoutError', 'exception.message': 'too slow' },
      },
    ]);
  });

  it('raw is the span itself', async () => {
    await manualSpan({ spanName: 'raw' }, ({ raw }) => {
      raw.addEvent('step').setStatus({ code: 1 });
    });
    const span = await live.only('raw');
    expect(span.status.code).toBe(1);
    expect(span.events.map(({ name }) => name)).toEqual(['step']);
  });

  it('takes what types would not let through', async () => {
    const untyped = startManualSpan({ spanName: 'untyped' }) as unknown as Record<
      string,
      (...args: unknown[]) => unknown
    >;
    for (const name of ['setInput', 'setOutput', 'setModel', 'recordTokens', 'recordUsage'])
      for (const value of [undefined, null, 5, 'x', () => {}, Symbol('s')])
        expect(() => untyped[name]?.(value)).not.toThrow();
    for (const name of ['setTool', 'setAttributes', 'recordException'])
      for (const value of [undefined, null, 5, 'x', () => {}, Symbol('s')])
        expect(() => untyped[name]?.(value)).not.toThrow();
    untyped['end']?.();
    expect(await live.only('untyped')).toBeDefined();
  });

  it('says once that an ended span takes nothing more', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const span = startManualSpan({ spanName: 'ended' });
    span.end();
    span.end();
    span.setOutput('secret words').setOutput('again').end();
    const said = warn.mock.calls.flat().filter((line) => /already ended/.test(String(line)));
    warn.mockRestore();
    expect(said).toHaveLength(1);
    expect(said.join('')).not.toContain('secret');
    expect((await live.only('ended')).attributes).not.toHaveProperty('output.value');
  });
});

it('setTool of what throws when it is read does not throw', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const tool = {
    get name(): string {
      throw new Error('theirs');
    },
  };
  startManualSpan({ spanName: 'hostile tool' }).setTool(tool).setModel('m').end();
  vi.restoreAllMocks();
  expect((await live.only('hostile tool')).attributes).toMatchObject({ 'llm.model_name': 'm' });
});

describe('what model calls are for', () => {
  it('is set on a manual span and on an agent span by options', async () => {
    await manualSpan(
      { spanName: 'summarise', useCase: 'summary', callSite: 'tools/summary.ts' },
      () => undefined,
    );
    await agentSpan({ agentName: 'used', useCase: 'support', callSite: 'entry' }, () => undefined);
    expect((await live.only('summarise')).attributes).toMatchObject({
      'llm.use_case': 'summary',
      'llm.call_site': 'tools/summary.ts',
    });
    expect((await live.only('used.run')).attributes).toMatchObject({
      'llm.use_case': 'support',
      'llm.call_site': 'entry',
    });
  });
});
