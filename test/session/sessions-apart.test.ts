import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { setup } from '../../src/setup.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { only, type ScriptedSpan, sendScript, span } from '../support/span-script.js';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

function root(script: ScriptedSpan): ScriptedSpan {
  return { ...script, root: true };
}

function sessionThatHears(said: string): ScriptedSpan {
  return span('agent_session', {}, span('agent_turn', { 'lk.pii.user_input': said }));
}

function turnWithTool(said: string): ScriptedSpan {
  return span(
    'agent_turn',
    { 'lk.user_input': said },
    span('llm_node', {}, span('llm_request')),
    span('function_tool'),
  );
}

describe('two sessions in one process', () => {
  it('never mix, even where LiveKit up to 1.7.1 scatters their spans over traces', async () => {
    const before = receiver.spans().length;
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    const tracer = tracing.provider.getTracer('livekit-agents');
    const open = (name: string, label: string): Span =>
      tracer.startSpan(name, { attributes: { 'lk.agent_label': label } }, ROOT_CONTEXT);
    const sessions = ['a', 'b'].map((label) => ({ label, span: open('agent_session', label) }));
    for (const round of ['start_agent_activity', 'drain_agent_activity']) {
      for (const { label, span: session } of sessions) {
        context.with(trace.setSpan(ROOT_CONTEXT, session), () => {
          const activity = open(round, label);
          const child = tracer.startSpan('on_enter', {}, trace.setSpan(ROOT_CONTEXT, activity));
          child.end();
          activity.end();
          if (round === 'start_agent_activity') {
            tracer.startSpan('agent_turn', {}, trace.setSpan(ROOT_CONTEXT, session)).end();
          }
        });
      }
    }
    for (const { span: session } of sessions) session.end();
    await tracing.shutdown();
    const spans = receiver.spans().slice(before);
    expect(spans).toHaveLength(12);
    for (const { label, span: session } of sessions) {
      const id = session.spanContext().traceId;
      const own = spans.filter(({ attributes }) => attributes['session.id'] === id);
      expect(own).toHaveLength(6);
      expect(new Set(own.map(({ attributes }) => attributes['agent.name']))).toEqual(
        new Set([label]),
      );
    }
  });

  it('under one span of the user keep ids of their own', async () => {
    const spans = await sendScript(receiver, [
      {
        ...span('call centre', {}, sessionThatHears('first'), sessionThatHears('second')),
        scope: 'app',
      },
    ]);
    const sessions = spans.filter(({ name }) => name === 'agent_session');
    expect(sessions.map(({ attributes }) => attributes['input.value'])).toEqual([
      'first',
      'second',
    ]);
    expect(new Set(sessions.map(({ attributes }) => attributes['session.id'])).size).toBe(2);
    for (const turn of spans.filter(({ name }) => name === 'agent_turn')) {
      const above = sessions.find(({ spanId }) => spanId === turn.parentSpanId);
      expect(turn.attributes['session.id']).toBe(above?.attributes['session.id']);
    }
  });
});

it('speech that is made without a session is not put into the last one', async () => {
  const spans = await sendScript(receiver, [
    sessionThatHears('first'),
    root(span('tts_request', {}, span('tts_request_run'))),
  ]);
  const { traceId } = only(spans, 'tts_request');
  for (const name of ['tts_request', 'tts_request_run']) {
    expect(only(spans, name).attributes['session.id']).toBe(traceId);
  }
});

describe('a session that began before tracing', () => {
  it('has one id over the traces it falls into', async () => {
    const spans = await sendScript(receiver, [
      root(span('start_agent_activity', { 'lk.agent_label': 'clerk' })),
      root(
        span('agent_turn', { 'lk.user_input': 'hello' }, span('llm_node', {}, span('llm_request'))),
      ),
      root(span('drain_agent_activity', { 'lk.agent_label': 'clerk' })),
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
    expect(only(spans, 'llm_request').attributes['agent.name']).toBe('clerk');
  });

  it('is not made up for a model that is called outside any session', async () => {
    const spans = await sendScript(receiver, [
      root(span('llm_request')),
      root(span('llm_request')),
    ]);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(2);
  });
});

describe('a handoff', () => {
  it('names who went before on the activity that takes over, and each agent on its own turns', async () => {
    const spans = await sendScript(receiver, [
      span(
        'agent_session',
        {},
        root(span('start_agent_activity', { 'lk.agent_label': 'triage' }, span('on_enter'))),
        turnWithTool('one'),
        root(span('drain_agent_activity', { 'lk.agent_label': 'triage' })),
        root(span('start_agent_activity', { 'lk.agent_label': 'billing' }, span('on_enter'))),
        turnWithTool('two'),
      ),
    ]);
    const starts = spans.filter(({ name }) => name === 'start_agent_activity');
    expect(
      starts.map(({ attributes }) => [attributes['agent.previous_id'], attributes['agent.id']]),
    ).toEqual([
      [undefined, 'triage'],
      ['triage', 'billing'],
    ]);
    for (const name of ['agent_turn', 'llm_node', 'llm_request', 'function_tool', 'on_enter']) {
      const agents = spans
        .filter((each) => each.name === name)
        .map(({ attributes }) => attributes['agent.name']);
      expect(agents, name).toEqual(['triage', 'billing']);
    }
  });
});
