import { llm, voice } from '@livekit/agents';
import { ParentBasedSampler, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setup } from '../../src/index.js';
import { nonRetryableError, ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedRealtimeModel } from '../support/scripted-realtime.js';
import { ScriptedSTT } from '../support/scripted-stt.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runRealtimeSession, runTextSession, runVoiceSession } from '../support/sessions.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions;
beforeEach(async () => {
  traced = await traceSessions();
});
afterEach(() => traced.close());

const observe = (session: voice.AgentSession): unknown => traced.tracing.observe(session);
const listening = async (session: voice.AgentSession): Promise<void> => {
  if (session.agentState === 'listening') return;
  await new Promise<void>((resolve) => {
    session.on(voice.AgentSessionEventTypes.AgentStateChanged, (event) => {
      if (event.newState === 'listening') resolve();
    });
  });
};

/** The provider answers at once, and tells what it has heard only after that. */
function hearLate(model: ScriptedRealtimeModel, transcript: string): void {
  const session = model.current;
  if (session === undefined) throw new Error('no realtime session');
  const emit = session.emit.bind(session);
  const late: Parameters<typeof emit>[] = [];
  session.emit = (...event: Parameters<typeof emit>): boolean => {
    if (event[0] !== 'input_audio_transcription_completed') return emit(...event);
    late.push(event);
    setTimeout(() => late.splice(0).forEach((each) => emit(...each)), 15);
    return true;
  };
  session.hear(transcript);
  setTimeout(() => {
    session.emit = emit;
  }, 25);
}

describe('a voice session', () => {
  it('has what say() said on the speech, and as the last answer of the session', async () => {
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [] }),
      stt: new ScriptedSTT({ transcripts: [] }),
      tts: new ScriptedTTS(),
      onSession: observe,
      turns: [async ({ session }) => session.say('Welcome to the shop.').waitForPlayout()],
    });
    const spans = await traced.arrived();
    expect(spans.only('agent_speaking').attributes['output.value']).toBe('Welcome to the shop.');
    expect(spans.parentOf(spans.only('agent_speaking'))).toBe('agent_session');
    expect(spans.only('agent_session').attributes).toMatchObject({
      'output.value': 'Welcome to the shop.',
      'voice.session.close_reason': 'user_initiated',
    });
  });

  it('has the speech that was recognised, by which model, on the turn and in all', async () => {
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Sunny.' }, { text: 'Rainy.' }] }),
      stt: new ScriptedSTT({ transcripts: ['weather today', 'and tomorrow'], delayMillis: 1 }),
      tts: new ScriptedTTS(),
      onSession: observe,
      turns: [200, 300],
    });
    const spans = await traced.arrived();
    const turns = spans.named('user_turn').filter((span) => span.attributes['input.value']);
    expect(turns.map((span) => span.attributes['voice.stt.model'])).toEqual([
      'scripted-stt-model',
      'scripted-stt-model',
    ]);
    expect(turns.map((span) => span.attributes['voice.stt.provider'])).toEqual([
      'Deepgram',
      'Deepgram',
    ]);
    const millis = turns.map((span) => Number(span.attributes['voice.stt.audio_duration_ms']));
    expect(millis[0]).toBeGreaterThanOrEqual(190);
    expect(millis[1]).toBeGreaterThanOrEqual(290);
    expect(
      spans.only('agent_session').attributes['voice.session.stt.audio_duration_ms'],
    ).toBeCloseTo(millis.reduce((sum, each) => sum + each, 0));
    expect(spans.named('agent_speaking').map((span) => span.attributes['output.value'])).toEqual([
      'Sunny.',
      'Rainy.',
    ]);
  });
});

describe('a realtime session', () => {
  const usage = { inputText: 30, inputAudio: 90, outputText: 15, outputAudio: 45 };

  it('has the words of the user, the answer and its messages, though heard by the model alone', async () => {
    const model = new ScriptedRealtimeModel({
      responses: [
        { text: 'Hello from afar.', usage },
        { text: 'Goodbye.', usage },
      ],
    });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.' }),
      llm: model,
      onSession: observe,
      turns: ['hi there', 'bye now'].map((words) => async (session) => {
        model.current?.hear(words);
        await new Promise((resolve) => {
          session.once(voice.AgentSessionEventTypes.SpeechCreated, (event) =>
            event.speechHandle.addDoneCallback(resolve),
          );
        });
        await listening(session);
      }),
    });
    const spans = await traced.arrived();
    const inputs = (name: string): unknown[] =>
      spans.named(name).map((span) => span.attributes['input.value']);
    const outputs = (name: string): unknown[] =>
      spans.named(name).map((span) => span.attributes['output.value']);
    expect(inputs('agent_turn')).toEqual(['hi there', 'bye now']);
    expect(outputs('agent_turn')).toEqual(['Hello from afar.', 'Goodbye.']);
    expect(inputs('realtime_inference')).toEqual(['hi there', 'bye now']);
    expect(outputs('realtime_inference')).toEqual(['Hello from afar.', 'Goodbye.']);
    expect(spans.named('realtime_inference')[1]?.attributes).toMatchObject({
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'bye now',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.content': 'Goodbye.',
      'llm.token_count.total': 180,
    });
    expect(
      spans.named('realtime_inference')[1]?.attributes['llm.input_messages.1.message.role'],
    ).toBeUndefined();
    expect(spans.only('agent_session').attributes).toMatchObject({
      'input.value': 'hi there',
      'output.value': 'Goodbye.',
    });
  });

  it('has its tool calls, and what the tools answered in the call after', async () => {
    const model = new ScriptedRealtimeModel({
      responses: [
        { toolCalls: [{ name: 'weather', arguments: { city: 'Paris' }, callId: 'call-1' }] },
        { text: 'It is sunny in Paris.' },
      ],
    });
    const weather = llm.tool({ description: 'Weather', execute: async () => 'sunny' });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.', tools: { weather } }),
      llm: model,
      onSession: observe,
      turns: [
        'How is Paris?',
        // The answer to the tool is a speech of its own, which `run` does not wait for.
        async (session) => {
          await vi.waitUntil(() => session.history.items.at(-1)?.type === 'message');
          await listening(session);
        },
      ],
    });
    const spans = await traced.arrived();
    const [asked, answered] = spans.named('realtime_inference');
    expect(asked?.attributes).toMatchObject({
      'input.value': 'How is Paris?',
      'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call-1',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"city":"Paris"}',
    });
    expect(answered?.attributes).toMatchObject({
      'input.value': 'How is Paris?',
      'output.value': 'It is sunny in Paris.',
      'llm.input_messages.0.message.role': 'tool',
      'llm.input_messages.0.message.tool_call_id': 'call-1',
      'llm.input_messages.0.message.content': 'sunny',
    });
    expect(spans.named('agent_turn').map((span) => span.attributes['input.value'])).toEqual([
      'How is Paris?',
      'How is Paris?',
    ]);
  });

  it('gives words that are transcribed during the answer to the turn that answers them', async () => {
    const model = new ScriptedRealtimeModel({
      responses: [{ text: 'First answer.' }, { text: 'Second answer.' }],
    });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.' }),
      llm: model,
      onSession: observe,
      turns: [
        async (session) => {
          const spoke = vi.fn();
          session.on(voice.AgentSessionEventTypes.AgentStateChanged, ({ newState }) => {
            if (newState === 'speaking') spoke();
          });
          hearLate(model, 'first words');
          await vi.waitUntil(() => spoke.mock.calls.length === 1);
          await listening(session);
          hearLate(model, 'second words');
          await vi.waitUntil(() => spoke.mock.calls.length === 2);
          await listening(session);
        },
      ],
    });
    const spans = await traced.arrived();
    expect(spans.named('agent_turn').map((span) => span.attributes['input.value'])).toEqual([
      'first words',
      'second words',
    ]);
  });

  it('has the words beside metrics that come late, and the messages once', async () => {
    const model = new ScriptedRealtimeModel({
      responses: [{ text: 'Hello.', usage, metrics: { lateMillis: 60 } }],
    });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.' }),
      llm: model,
      onSession: observe,
      turns: ['Hi', () => new Promise((resolve) => setTimeout(resolve, 120))],
    });
    const spans = await traced.arrived();
    const late = spans.only('realtime_metrics').attributes;
    expect(late).toMatchObject({
      'input.value': 'Hi',
      'output.value': 'Hello.',
      'llm.token_count.total': 180,
    });
    expect(Object.keys(late).filter((key) => key.startsWith('llm.input_messages'))).toEqual([]);
    expect(spans.only('realtime_inference').attributes).toMatchObject({
      'llm.input_messages.0.message.content': 'Hi',
      'llm.output_messages.0.message.content': 'Hello.',
    });
  });
});

/** A question, its answer, and something said on top. */
function talk(words: string, observed: 'before' | 'after'): Promise<unknown> {
  return runTextSession({
    agent: new voice.Agent({ instructions: 'Help.' }),
    llm: new ScriptedLLM({ replies: [{ text: `Answer to ${words}`, delayMillis: 20 }] }),
    onSession: (session) => {
      if (observed === 'before') observe(session);
    },
    turns: [
      async (session) => {
        if (observed === 'after') observe(session);
        await session.run({ userInput: words }).wait();
        await session.say(`Said to ${words}`).waitForPlayout();
      },
    ],
  });
}

describe('the end of a session', () => {
  it('says why it closed, and what failed', async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [{ error: nonRetryableError() }] }),
      onSession: observe,
      sessionOptions: { connOptions: { maxUnrecoverableErrors: 0 } },
      turns: ['Hi'],
    });
    expect((await traced.arrived()).only('agent_session').attributes).toMatchObject({
      'voice.session.close_reason': 'error',
      'voice.session.error_type': 'llm_error',
    });
  });

  it('is told apart for sessions that run at once, whenever they are observed', async () => {
    await Promise.all([talk('one', 'before'), talk('two', 'after'), talk('three', 'before')]);
    const spans = await traced.arrived();
    for (const session of spans.named('agent_session')) {
      const words = String(session.attributes['input.value']);
      expect(session.attributes).toMatchObject({
        'output.value': `Said to ${words}`,
        'voice.session.close_reason': 'user_initiated',
      });
      const said = spans
        .named('agent_speaking')
        .filter(({ traceId }) => traceId === session.traceId)
        .map((span) => span.attributes['output.value']);
      expect(said).toEqual([`Answer to ${words}`, `Said to ${words}`]);
    }
    expect(
      new Set(spans.named('agent_session').map((span) => span.attributes['input.value'])),
    ).toEqual(new Set(['one', 'two', 'three']));
  });
});

describe('what is said in one session', () => {
  const secret = { role: 'user', content: 'Between us' } as const;

  it('is not put into another when it comes after the end', async () => {
    const ended: voice.AgentSession[] = [];
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Fine.' }] }),
      onSession: (session) => void (observe(session), ended.push(session)),
      turns: ['First'],
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [] }),
      turns: [
        async () => {
          const item = llm.ChatMessage.create(secret);
          const name = voice.AgentSessionEventTypes.ConversationItemAdded;
          const event = { type: name, item, createdAt: Date.now() } as const;
          ended[0]?.emit(name, event);
        },
      ],
    });
    const spans = await traced.arrived();
    for (const { attributes } of spans.named('agent_session')) {
      expect(JSON.stringify(attributes)).not.toContain(secret.content);
    }
  });

  it('is not put into another when it is not sampled', async () => {
    await traced.close();
    let sessions = 0;
    traced = await traceSessions({
      sampler: new ParentBasedSampler({
        root: {
          shouldSample: (_context, _traceId, name) => ({
            decision:
              name === 'agent_session' && ++sessions === 2
                ? SamplingDecision.NOT_RECORD
                : SamplingDecision.RECORD_AND_SAMPLED,
          }),
        },
      }),
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [] }),
      turns: [
        () =>
          runTextSession({
            agent: new voice.Agent({ instructions: 'Help.' }),
            llm: new ScriptedLLM({ replies: [{ text: 'Fine.' }] }),
            onSession: observe,
            turns: [secret.content],
          }),
      ],
    });
    const { attributes } = (await traced.arrived()).only('agent_session');
    expect(JSON.stringify(attributes)).not.toContain(secret.content);
  });
});

describe('observe()', () => {
  it('listens once, however often it is called, and stops when told to', async () => {
    const counts: number[] = [];
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [] }),
      onSession: (session) => {
        const count = (): number => session.listenerCount(voice.AgentSessionEventTypes.Close);
        const before = count();
        const observer = traced.tracing.observe(session);
        expect(traced.tracing.observe(session)).toBe(observer);
        counts.push(count() - before);
        observer.stop();
        observer.stop();
        counts.push(count() - before);
        // An error listener of ours would make LiveKit retry where it would not, and hide errors.
        counts.push(session.listenerCount(voice.AgentSessionEventTypes.Error));
      },
      listenForErrors: false,
      turns: [async (session) => session.say('Not heard.').waitForPlayout()],
    });
    expect(counts).toEqual([1, 0, 0]);
    const session = (await traced.arrived()).only('agent_session').attributes;
    expect(session['output.value']).toBeUndefined();
    expect(session['voice.session.close_reason']).toBeUndefined();
  });

  it('observes again after it was stopped', async () => {
    const say = (session: voice.AgentSession, text: string): Promise<void> =>
      session.say(text).waitForPlayout();
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [] }),
      turns: [
        async (session) => {
          const observer = traced.tracing.observe(session);
          await say(session, 'One.');
          observer.stop();
          await say(session, 'Two.');
          traced.tracing.observe(session);
          await say(session, 'Three.');
        },
      ],
    });
    const spans = await traced.arrived();
    expect(
      spans.named('agent_speaking').map(({ attributes }) => attributes['output.value']),
    ).toEqual(['One.', undefined, 'Three.']);
    expect(spans.only('agent_session').attributes['voice.session.close_reason']).toBe(
      'user_initiated',
    );
  });

  it('listens to errors only while the application does', () => {
    const session = new voice.AgentSession({ vad: null });
    const count = (): number => session.listenerCount(voice.AgentSessionEventTypes.Error);
    const observer = traced.tracing.observe(session);
    expect(count()).toBe(0);
    const own = (): void => {};
    session.on(voice.AgentSessionEventTypes.Error, own);
    session.once(voice.AgentSessionEventTypes.Error, own);
    expect(count()).toBe(3);
    session.off(voice.AgentSessionEventTypes.Error, own);
    session.off(voice.AgentSessionEventTypes.Error, own);
    // With a listener left LiveKit would repeat calls, and the error would be handled by nobody.
    expect(count()).toBe(0);
    session.on(voice.AgentSessionEventTypes.Error, own);
    expect(count()).toBe(2);
    observer.stop();
    expect(count()).toBe(1);
    observer.stop();
    expect(session.eventNames()).not.toContain('newListener');
  });

  it('does nothing, and says so, when it is given no session', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const broken = new Proxy({}, { get: () => expect.unreachable('not to be seen') });
    for (const wrong of [undefined, null, 'session', {}, broken]) {
      expect(() => traced.tracing.observe(wrong as never).stop()).not.toThrow();
    }
    expect(warn.mock.calls.flat().join('\n')).toMatch(/other than an AgentSession/);
    warn.mockRestore();
  });

  it('does nothing after shutdown(), and leaves sessions observed before alone', async () => {
    const { errors } = await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Fine.' }] }),
      onSession: observe,
      turns: [
        async (session) => {
          await traced.tracing.shutdown();
          const other = new voice.AgentSession({ vad: null });
          const before = other.listenerCount(voice.AgentSessionEventTypes.Close);
          traced.tracing.observe(other);
          expect(other.listenerCount(voice.AgentSessionEventTypes.Close)).toBe(before);
          traced.tracing.observe(session).stop();
        },
        'Still there?',
      ],
    });
    expect(errors).toEqual([]);
  });

  it('does nothing when tracing is disabled', async () => {
    await traced.tracing.shutdown();
    vi.stubEnv('CATALYST_DISABLED', 'true');
    const disabled = await setup();
    const session = new voice.AgentSession({ vad: null });
    const before = session.listenerCount(voice.AgentSessionEventTypes.Close);
    disabled.observe(session).stop();
    disabled.observe(session);
    expect(session.listenerCount(voice.AgentSessionEventTypes.Close)).toBe(before);
    await disabled.shutdown();
    vi.unstubAllEnvs();
  });
});
