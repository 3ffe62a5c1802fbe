import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { retryableError, ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedRealtimeModel } from '../support/scripted-realtime.js';
import { ScriptedSTT } from '../support/scripted-stt.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runRealtimeSession, runVoiceSession } from '../support/sessions.js';
import { captureSpans, type SpanCapture } from '../support/span-capture.js';

/** What the mapping of voice and realtime sessions relies on and only LiveKit decides. */
let capture: SpanCapture;
beforeAll(() => {
  capture = captureSpans();
});
afterEach(() => capture.clear());
afterAll(() => capture.shutdown());

describe('a voice session', () => {
  it('has the turn, the end of it, the answer and its speech in one trace', async () => {
    const model = new ScriptedLLM({
      replies: [{ text: 'It is sunny today.', usage: { prompt: 30, completion: 6 } }],
    });
    const tts = new ScriptedTTS();
    const { errors, items } = await runVoiceSession({
      agent: new voice.Agent({ id: 'weather_agent', instructions: 'Speak.' }),
      llm: model,
      stt: new ScriptedSTT({ transcripts: ['what is the weather today'] }),
      tts,
      turns: [200],
    });

    expect(errors).toEqual([]);
    expect(tts.spoken).toEqual(['It is sunny today.']);
    expect(items.flatMap((item) => (item.type === 'message' ? [item.textContent] : []))).toEqual([
      'what is the weather today',
      'It is sunny today.',
    ]);
    expect(new Set(capture.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(capture.only('user_turn').attributes).toMatchObject({
      'lk.pii.user_transcript': 'what is the weather today',
      'lk.transcript_confidence': 0.93,
      'lk.provider_request_ids': ['stt-request-0'],
    });
    expect(capture.named('user_speaking').length).toBeGreaterThan(0);
    expect(capture.named('eou_detection').at(-1)?.attributes).toMatchObject({
      'lk.eou.probability': 0.91,
    });
    const turn = capture.only('agent_turn');
    expect(turn.attributes['lk.e2e_latency']).toBeGreaterThan(0);
    expect(turn.attributes['lk.pii.user_input']).toBe('what is the weather today');
    expect(capture.only('tts_node').attributes).toMatchObject({
      'gen_ai.request.model': 'scripted-tts-model',
      'gen_ai.provider.name': 'Cartesia',
    });
    expect(
      JSON.parse(String(capture.only('tts_request').attributes['lk.tts_metrics'])),
    ).toMatchObject({ charactersCount: 'It is sunny today.'.length, cancelled: false });
    expect(capture.only('agent_speaking').parentSpanContext?.spanId).toBe(
      turn.spanContext().spanId,
    );
  });

  it('marks a turn that the user talks over as interrupted', async () => {
    const model = new ScriptedLLM({
      replies: [{ text: 'This is a long answer that nobody wants to hear to its very end.' }],
    });
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: model,
      stt: new ScriptedSTT({ transcripts: ['tell me everything', null] }),
      tts: new ScriptedTTS({ millisPerCharacter: 40 }),
      turns: [
        async ({ microphone }) => {
          await microphone.speak();
          await sleep(400);
          await microphone.speak(240);
          await sleep(100);
        },
      ],
    });
    expect(capture.only('agent_turn').attributes['lk.interrupted']).toBe(true);
  });

  it('puts a failed attempt of the speech on tts_request_run alone', async () => {
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
      stt: new ScriptedSTT({ transcripts: ['hi'] }),
      tts: new ScriptedTTS({ errors: [retryableError()] }),
      turns: [200],
    });
    expect(capture.named('tts_request_run').map((span) => span.status.code)).toEqual([2, 0]);
    expect(capture.only('tts_request').status.code).toBe(0);
  });

  it('wraps a model that does not stream and repeats its metrics', async () => {
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Hello there.' }] }),
      stt: new ScriptedSTT({ transcripts: ['hi'] }),
      tts: new ScriptedTTS({ streaming: false }),
      turns: [200],
    });
    expect(capture.named('tts_request').map((span) => span.attributes['lk.tts.streaming'])).toEqual(
      [false, true],
    );
  });

  it('says a greeting outside any turn', async () => {
    await runVoiceSession({
      agent: new voice.Agent({ instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [] }),
      stt: new ScriptedSTT({ transcripts: [] }),
      tts: new ScriptedTTS(),
      turns: [async ({ session }) => session.say('Welcome.').waitForPlayout()],
    });
    expect(capture.named('agent_turn')).toEqual([]);
    expect(capture.only('agent_speaking').parentSpanContext?.spanId).toBe(
      capture.only('agent_session').spanContext().spanId,
    );
  });
});

describe('a realtime session', () => {
  const usage = { inputText: 30, inputAudio: 90, outputText: 15, outputAudio: 45, cached: 64 };

  it('has usage on realtime_inference when the metrics come in time', async () => {
    const model = new ScriptedRealtimeModel({ responses: [{ text: 'Hello from afar.', usage }] });
    const { errors } = await runRealtimeSession({
      agent: new voice.Agent({ id: 'realtime_agent', instructions: 'Talk.' }),
      llm: model,
      turns: ['Hi'],
    });
    expect(errors).toEqual([]);
    expect(model.unplayed).toBe(0);
    expect(capture.named('realtime_metrics')).toEqual([]);
    expect(capture.only('realtime_inference').attributes).toMatchObject({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.request.model': 'scripted-realtime-1',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 60,
      'gen_ai.usage.audio.input_tokens': 90,
    });
    expect(capture.only('agent_turn').attributes['lk.pii.response.text']).toBe('Hello from afar.');
  });

  it('opens realtime_metrics under the ended span when they come late', async () => {
    const model = new ScriptedRealtimeModel({
      responses: [{ text: 'Hello.', usage, metrics: { lateMillis: 60 } }],
    });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.' }),
      llm: model,
      turns: ['Hi', async () => sleep(150)],
    });
    const inference = capture.only('realtime_inference');
    expect(inference.attributes['gen_ai.usage.input_tokens']).toBeUndefined();
    const late = capture.only('realtime_metrics');
    expect(late.parentSpanContext?.spanId).toBe(inference.spanContext().spanId);
    expect(late.attributes['gen_ai.usage.input_tokens']).toBe(120);
  });

  it('answers speech that the provider hears, and no span has what was said', async () => {
    const transcripts: string[] = [];
    const model = new ScriptedRealtimeModel({ responses: [{ text: 'I heard you.', usage }] });
    await runRealtimeSession({
      agent: new voice.Agent({ instructions: 'Talk.' }),
      llm: model,
      onSession: (session) => {
        session.on(voice.AgentSessionEventTypes.UserInputTranscribed, (event) =>
          transcripts.push(event.transcript),
        );
      },
      turns: [
        async () => {
          model.current?.hear('can you hear me');
          await sleep(400);
        },
      ],
    });
    // LiveKit reports an empty one when the user falls silent.
    expect(transcripts).toEqual(['', 'can you hear me']);
    expect(capture.only('agent_turn').attributes['lk.pii.response.text']).toBe('I heard you.');
    expect(JSON.stringify(capture.spans().map((span) => span.attributes))).not.toContain(
      'can you hear me',
    );
  });
});
