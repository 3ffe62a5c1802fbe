import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OpenInferenceSpanProcessor } from '../../src/processor/open-inference-span-processor.js';

/** The next processor: keeps what it is handed. */
class Handed implements SpanProcessor {
  readonly all: ReadableSpan[] = [];

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.all.push(span);
  }

  /** Everything that was handed on of one span, in order. */
  of(span: Span): readonly ReadableSpan[] {
    const { spanId } = span.spanContext();
    return this.all.filter((each) => each.spanContext().spanId === spanId);
  }

  last(span: Span): ReadableSpan {
    const last = this.of(span).at(-1);
    if (last === undefined) throw new Error('the span was not handed on');
    return last;
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

let spans: Handed;
let processor: OpenInferenceSpanProcessor;
let provider: BasicTracerProvider;
let asked: number;
beforeEach(() => {
  asked = 0;
  spans = new Handed();
  processor = new OpenInferenceSpanProcessor(spans, {
    userId: 'user-1',
    metadata: { plan: 'gold' },
    sessionId: () => {
      asked += 1;
      return `session-${asked}`;
    },
  });
  provider = new BasicTracerProvider({ spanProcessors: [processor] });
});
afterEach(() => provider.shutdown());

function open(name: string, parent?: Span, scope = 'livekit-agents'): Span {
  const around: Context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  return provider.getTracer(scope).startSpan(name, {}, around);
}

const WHOSE = { 'user.id': 'user-1', metadata: '{"plan":"gold"}' };

it('a span that was sent as incomplete is sent whole when it ends, with all that it is known by', () => {
  const session = open('agent_session');
  const turn = open('agent_turn', session);
  processor.sendOpenSpans();
  processor.sendOpenSpans();
  expect(spans.of(turn).map(({ attributes }) => attributes['catalyst.incomplete'])).toEqual([true]);
  turn.setAttribute('lk.pii.user_input', 'hello');
  turn.end();
  session.end();
  for (const [span, input] of [
    [turn, 'hello'],
    [session, 'hello'],
  ] as const) {
    const [, whole, ...more] = spans.of(span);
    expect(more).toEqual([]);
    expect(whole?.attributes).toMatchObject({
      ...WHOSE,
      'session.id': 'session-1',
      'input.value': input,
    });
    expect(whole?.attributes['catalyst.incomplete']).toBeUndefined();
  }
});

it('a tool that was sent as incomplete has the id of its call when it ends, too', () => {
  const turn = open('agent_turn', open('agent_session'));
  const node = open('llm_node', turn);
  const call = { call_id: 'call-1', name: 'look_up', arguments: '{}' };
  node.setAttribute('lk.pii.response.function_calls', JSON.stringify([call]));
  node.end();
  const tool = open('function_tool', turn);
  tool.setAttribute('lk.function_tool.name', 'look_up');
  tool.setAttribute('lk.pii.function_tool.arguments', '{}');
  processor.sendOpenSpans();
  tool.end();
  expect(spans.of(tool).map(({ attributes }) => attributes['tool_call.id'])).toEqual([
    'call-1',
    'call-1',
  ]);
});

it('a span that was sent as incomplete gets nothing more: what happens later was not redacted', () => {
  const span = open('work', undefined, 'app');
  processor.sendOpenSpans();
  span.recordException(new Error('the card is 4111'));
  span.addLink({ context: open('other').spanContext() });
  const [incomplete] = spans.of(span);
  expect([incomplete?.events, incomplete?.links]).toEqual([[], []]);
  span.end();
  expect(spans.last(span).events).toHaveLength(1);
});

it('a span that stays open while many others start keeps its session', () => {
  const session = open('agent_session');
  const turn = open('agent_turn', session);
  const others = Array.from({ length: 20_000 }, () => open('work', undefined, 'app'));
  const late = open('llm_node', turn);
  for (const span of [late, turn, session]) span.end();
  for (const span of [late, turn, session]) {
    expect(spans.last(span).attributes).toMatchObject({ ...WHOSE, 'session.id': 'session-1' });
  }
  for (const span of others) span.end();
});

it('a span that started before the processor was there has the session of those around it', () => {
  const early = new BasicTracerProvider();
  const tracer = early.getTracer('livekit-agents');
  const session = tracer.startSpan('agent_session', {}, ROOT_CONTEXT);
  const turn = tracer.startSpan('agent_turn', {}, trace.setSpan(ROOT_CONTEXT, session));
  const node = open('llm_node', turn);
  node.end();
  for (const span of [turn, session]) {
    span.end();
    // As a provider does whose processors are added to while spans are open.
    processor.onEnd(span as unknown as ReadableSpan);
  }
  for (const span of [node, turn, session]) {
    expect(spans.last(span).attributes).toMatchObject({ ...WHOSE, 'session.id': 'session-1' });
  }
});

it('the function "sessionId" is asked once a session, and once for a trace without one', () => {
  const root = open('script', undefined, 'app');
  for (let count = 0; count < 5; count++) open('step', root, 'app').end();
  root.end();
  expect(asked).toBe(1);
  expect(new Set(spans.all.map(({ attributes }) => attributes['session.id']))).toEqual(
    new Set(['session-1']),
  );
  const session = open('agent_session');
  for (let count = 0; count < 5; count++) open('agent_turn', session).end();
  session.end();
  expect(asked).toBe(2);
  open('script', undefined, 'app').end();
  expect(spans.all.at(-1)?.attributes['session.id']).toBe('session-3');
});

it('a function "sessionId" that is async, of whatever realm, costs nothing but its answer', async () => {
  const failing = (): unknown => runInNewContext('Promise.reject(new Error("not to be seen"))');
  const next = new Handed();
  const own = new OpenInferenceSpanProcessor(next, { sessionId: failing as () => undefined });
  const other = new BasicTracerProvider({ spanProcessors: [own] });
  const span = other.getTracer('livekit-agents').startSpan('agent_session', {}, ROOT_CONTEXT);
  span.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(next.last(span).attributes['session.id']).toBe(span.spanContext().traceId);
  await other.shutdown();
});

it('a root that stays open keeps nothing of the sessions and spans that have ended below it', async () => {
  const root = open('job_entrypoint');
  const run = async (sessions: number): Promise<number> => {
    for (let count = 0; count < sessions; count++) {
      const session = open('agent_session', root);
      const turn = open('agent_turn', session);
      turn.setAttribute('lk.pii.user_input', `${count} `.repeat(1_000));
      const node = open('llm_node', turn);
      for (const name of ['llm_request', 'function_tool']) open(name, node).end();
      for (const span of [node, turn, session]) span.end();
      spans.all.length = 0;
    }
    return heapBytes();
  };
  // Compiled code and its feedback are in memory before the first measurement.
  await run(2_000);
  const before = await run(200);
  const after = await run(3_000);
  // A node alone is some hundred bytes, and each session has six: kept, they would be megabytes.
  expect(after - before).toBeLessThan(1_000_000);
  root.end();
  expect(spans.last(root).attributes).toMatchObject({ 'session.id': 'session-1' });
});

it('a chain of spans, each below the one before, does not keep the earlier ones', async () => {
  const run = async (length: number): Promise<number> => {
    let last = open('link', undefined, 'app');
    for (let count = 0; count < length; count++) {
      const next = open('link', last, 'app');
      last.end();
      last = next;
      spans.all.length = 0;
    }
    const bytes = await heapBytes();
    last.end();
    return bytes;
  };
  await run(2_000);
  const before = await run(2_000);
  expect((await run(30_000)) - before).toBeLessThan(1_000_000);
});

async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose_gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('no gc');
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
  return process.memoryUsage().heapUsed;
}
