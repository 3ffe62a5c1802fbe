import { ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CatalystTracing } from '../../src/catalyst-tracing.js';
import { setup } from '../../src/setup.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';

let receiver: Receiver;
let tracing: CatalystTracing;
/** Ids of the spans that were sent, in order, at the moment they were. */
let sent: string[];
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
beforeEach(async () => {
  sent = [];
  tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => sent.push(span.spanContext().spanId),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
});
afterEach(() => tracing.shutdown());

function open(name: string, parent?: Span, attributes = {}): Span {
  const tracer = tracing.provider.getTracer('livekit-agents');
  const around = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  return tracer.startSpan(name, { attributes }, around);
}

function turn(session: Span, said: string, answered: string): void {
  const span = open('agent_turn', session);
  span.setAttribute('lk.pii.user_input', said);
  span.setAttribute('lk.pii.response.text', answered);
  span.end();
}

function isSent(span: Span): boolean {
  return sent.includes(span.spanContext().spanId);
}

function arrived(span: Span) {
  return receiver.spans().filter(({ spanId }) => spanId === span.spanContext().spanId);
}

describe('job_entrypoint that ends before its session', () => {
  it('carries the first words and the last answer of the session', async () => {
    const job = open('job_entrypoint');
    const session = open('agent_session', job);
    job.end();
    turn(session, 'first', 'one');
    turn(session, 'second', 'two');
    session.end();
    await tracing.forceFlush();
    expect(arrived(job)).toHaveLength(1);
    expect(arrived(job)[0]?.attributes).toMatchObject({
      'input.value': 'first',
      'output.value': 'two',
    });
  });

  it('waits for every session below it', async () => {
    const job = open('job_entrypoint');
    const first = open('agent_session', job);
    const second = open('agent_session', job);
    job.end();
    first.end();
    expect(isSent(job)).toBe(false);
    turn(second, 'late', 'later');
    second.end();
    expect(isSent(job)).toBe(true);
    await tracing.forceFlush();
    expect(arrived(job)).toHaveLength(1);
    expect(arrived(second)[0]?.attributes['output.value']).toBe('later');
  });

  it('goes out with what is known when a flush comes first, and only once', async () => {
    const job = open('job_entrypoint');
    const session = open('agent_session', job);
    job.end();
    turn(session, 'first', 'one');
    await tracing.forceFlush();
    expect(arrived(job)[0]?.attributes['output.value']).toBe('one');
    session.end();
    await tracing.forceFlush();
    expect(arrived(job)).toHaveLength(1);
  });

  it('goes out at shutdown when the session never ends', async () => {
    const job = open('job_entrypoint');
    const session = open('agent_session', job);
    turn(session, 'first', 'one');
    job.end();
    await tracing.shutdown();
    expect(arrived(job)).toHaveLength(1);
    expect(arrived(session)[0]?.attributes['catalyst.incomplete']).toBe(true);
    expect(arrived(job)[0]?.attributes['session.id']).toBe(
      arrived(session)[0]?.attributes['session.id'],
    );
  });

  it('is not kept without a session, nor when it ends last', () => {
    const alone = open('job_entrypoint');
    alone.end();
    expect(isSent(alone)).toBe(true);
    const job = open('job_entrypoint');
    const session = open('agent_session', job);
    session.end();
    job.end();
    expect(isSent(job)).toBe(true);
  });

  it('keeps a bounded number back and loses none', async () => {
    const sessions: Span[] = [];
    const jobs: Span[] = [];
    for (let index = 0; index < 300; index += 1) {
      const job = open('job_entrypoint');
      sessions.push(open('agent_session', job));
      job.end();
      jobs.push(job);
    }
    expect(jobs.filter(isSent)).toEqual(jobs.slice(0, 300 - 256));
    for (const session of sessions) session.end();
    await tracing.forceFlush();
    for (const job of jobs) expect(arrived(job)).toHaveLength(1);
  });
});

const called = JSON.stringify([{ call_id: 'call_1', name: 'lookup', arguments: '{}' }]);

function quickTool(): { readonly turn: Span; readonly node: Span; readonly tool: Span } {
  const session = open('agent_session');
  const turnSpan = open('agent_turn', session);
  const node = open('llm_node', turnSpan);
  const tool = open('function_tool', turnSpan);
  tool.setAttributes({
    'lk.function_tool.name': 'lookup',
    'lk.pii.function_tool.arguments': '{}',
    'lk.pii.function_tool.output': '"found"',
    'lk.function_tool.is_error': false,
  });
  tool.end();
  return { turn: turnSpan, node, tool };
}

describe('a quick tool of LiveKit 1.7.1', () => {
  it('gets the id of its call from the answer that ends after it', async () => {
    const { turn: turnSpan, node, tool } = quickTool();
    node.setAttribute('lk.pii.response.function_calls', called);
    node.end();
    turnSpan.end();
    await tracing.forceFlush();
    expect(arrived(tool)[0]?.attributes).toMatchObject({
      'tool_call.id': 'call_1',
      'output.value': 'found',
    });
  });

  it('goes out without one when the turn ends and the model call never does', async () => {
    const { turn: turnSpan, tool } = quickTool();
    expect(isSent(tool)).toBe(false);
    turnSpan.end();
    expect(isSent(tool)).toBe(true);
    await tracing.forceFlush();
    expect(arrived(tool)).toHaveLength(1);
    expect(arrived(tool)[0]?.attributes['tool_call.id']).toBeUndefined();
  });
});
