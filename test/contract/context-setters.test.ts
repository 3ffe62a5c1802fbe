import * as livekitAgents from '@livekit/agents';
import { voice } from '@livekit/agents';
import {
  setAttributes,
  setMetadata,
  setPromptTemplate,
  setSession,
  setTags,
  setUser,
} from '@arizeai/openinference-core';
import { context, trace, type Context } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSpan, setup, type CatalystTracing } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let receiver: Receiver;
let tracing: CatalystTracing;

beforeEach(async () => {
  receiver = await startReceiver();
  tracing = await setup({
    endpoint: receiver.endpoint,
    modules: { livekitAgents },
    userId: 'process-user',
    tags: ['process'],
    metadata: { from: 'process', process: true },
  });
});

afterEach(async () => {
  await tracing.shutdown();
  await receiver.close();
});

function everySetter(active: Context): Context {
  let all = setSession(active, { sessionId: 'set-session' });
  all = setUser(all, { userId: 'set-user' });
  all = setMetadata(all, { from: 'setter', tier: 'gold' });
  all = setTags(all, ['one', 'two']);
  all = setPromptTemplate(all, {
    template: 'Hello {name}',
    variables: { name: 'Ada' },
    version: 'v2',
  });
  return setAttributes(all, { 'app.flag': true });
}

class Greeter extends voice.Agent {
  late: Promise<void> = Promise.resolve();

  override async onEnter(): Promise<void> {
    trace.getTracer('app').startSpan('in on_enter').end();
    // Still running when LiveKit has ended the span around it.
    const active = context.active();
    this.late = new Promise((resolve) => {
      setTimeout(() => {
        trace.getTracer('app').startSpan('late child', {}, active).end();
        resolve();
      }, 50);
    });
    this.session.generateReply({ instructions: 'Greet.' });
  }
}

async function runGreeting(): Promise<void> {
  const agent = new Greeter({ id: 'greeter', instructions: 'Be brief.' });
  await runTextSession({
    agent,
    llm: new ScriptedLLM({ replies: [{ text: 'Welcome.' }, { text: 'Hello.' }] }),
    turns: ['Hi'],
  });
  await agent.late;
}

async function arrived(): Promise<readonly DecodedSpan[]> {
  await tracing.forceFlush();
  return receiver.spans();
}

const IN_A_SESSION = ['agent_session', 'on_enter', 'agent_turn', 'llm_node', 'llm_request'];

describe("OpenInference's context setters", () => {
  it('hold on every span of a session, in on_enter and in late children too', async () => {
    await context.with(everySetter(context.active()), runGreeting);
    const spans = await arrived();
    expect(spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...IN_A_SESSION, 'in on_enter', 'late child']),
    );
    for (const { name, attributes } of spans) {
      const { metadata, ...rest } = attributes;
      expect({ name, ...rest, metadata: JSON.parse(String(metadata)) }).toMatchObject({
        name,
        'session.id': 'set-session',
        'user.id': 'set-user',
        'tag.tags': ['process', 'one', 'two'],
        metadata: { from: 'setter', tier: 'gold', process: true },
        'llm.prompt_template.template': 'Hello {name}',
        'llm.prompt_template.variables': '{"name":"Ada"}',
        'llm.prompt_template.version': 'v2',
        'app.flag': true,
      });
    }
  });

  it('yield to an agentSpan, the nearest of which wins', async () => {
    await agentSpan({ agentId: 'outer', sessionId: 'outer-session', tags: ['outer'] }, async () => {
      await context.with(setSession(context.active(), { sessionId: 'set' }), async () => {
        trace.getTracer('app').startSpan('below the setter').end();
        await agentSpan({ agentId: 'inner', sessionId: 'inner-session' }, () => {
          trace.getTracer('app').startSpan('below the inner').end();
        });
      });
    });
    const sessions = Object.fromEntries(
      (await arrived()).map(({ name, attributes }) => [name, attributes['session.id']]),
    );
    expect(sessions).toMatchObject({
      'outer.run': 'outer-session',
      'below the setter': 'outer-session',
      'inner.run': 'inner-session',
      'below the inner': 'inner-session',
    });
  });

  it('that are called in on_enter add to those around the session', async () => {
    class Tagger extends voice.Agent {
      override async onEnter(): Promise<void> {
        const tagged = setTags(setMetadata(context.active(), { step: 'enter' }), ['three']);
        context.with(tagged, () => trace.getTracer('app').startSpan('tagged').end());
      }
    }
    await context.with(everySetter(context.active()), () =>
      runTextSession({
        agent: new Tagger({ instructions: 'Be brief.' }),
        llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
        turns: ['Hi'],
      }),
    );
    const tagged = (await arrived()).find(({ name }) => name === 'tagged');
    expect(tagged?.attributes).toMatchObject({
      'session.id': 'set-session',
      'user.id': 'set-user',
      'tag.tags': ['process', 'one', 'two', 'three'],
      'llm.prompt_template.version': 'v2',
      'app.flag': true,
    });
    expect(JSON.parse(String(tagged?.attributes['metadata']))).toEqual({
      from: 'setter',
      process: true,
      tier: 'gold',
      step: 'enter',
    });
  });

  it('of one session are unknown to the next', async () => {
    await context.with(setSession(context.active(), { sessionId: 'first' }), runGreeting);
    const first = (await arrived()).length;
    await runGreeting();
    const second = (await arrived()).slice(first);
    expect(second.length).toBeGreaterThan(5);
    for (const { attributes } of second) {
      expect(attributes['session.id']).not.toBe('first');
      expect(attributes['user.id']).toBe('process-user');
      expect(attributes['tag.tags']).toEqual(['process']);
    }
  });

  it('of two sessions at once stay apart', async () => {
    await Promise.all(
      ['a', 'b'].map((sessionId) =>
        context.with(setSession(context.active(), { sessionId }), runGreeting),
      ),
    );
    const byTrace = new Map<string, Set<unknown>>();
    for (const { traceId, attributes } of await arrived()) {
      byTrace.set(traceId, (byTrace.get(traceId) ?? new Set()).add(attributes['session.id']));
    }
    expect([...byTrace.values()].map((ids) => [...ids].join()).toSorted()).toEqual(['a', 'b']);
  });
});
