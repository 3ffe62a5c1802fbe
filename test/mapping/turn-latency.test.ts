import { setTimeout as sleep } from 'node:timers/promises';
import { llm, voice } from '@livekit/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { turnLatency } from '../../src/mapping/turn-latency.js';
import { listCaptures } from '../support/corpus.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { ScriptedLLM, type ScriptedReply } from '../support/scripted-llm.js';
import { ScriptedSTT } from '../support/scripted-stt.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runVoiceSession, type VoiceRunOptions } from '../support/sessions.js';
import { named, traceCapture } from '../support/traced-replay.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

const PARTS = [
  'voice.turn.end_of_turn_ms',
  'voice.turn.on_user_turn_completed_ms',
  'voice.turn.llm_ttft_ms',
  'voice.turn.tool_ms',
  'voice.turn.sentence_wait_ms',
  'voice.turn.tts_ttfb_ms',
  'voice.turn.playout_ms',
];
const TRANSCRIPTION = 'voice.turn.transcription_ms';
const TOLERANCE_MILLIS = 10;

/** The parts of one turn, each of which must be there but for the tools'. */
function partsOf({ attributes }: DecodedSpan): Readonly<Record<string, number>> {
  const parts = Object.fromEntries(
    PARTS.filter((key) => attributes[key] !== undefined).map((key) => [
      key,
      Number(attributes[key]),
    ]),
  );
  const sum = Object.values(parts).reduce((all, part) => all + part, 0);
  const e2e = Number(attributes['voice.e2e_latency_ms']);
  expect(Math.abs(sum - e2e), JSON.stringify({ e2e, ...parts })).toBeLessThan(TOLERANCE_MILLIS);
  expect(Object.keys(parts)).toEqual(
    expect.arrayContaining(PARTS.filter((key) => key !== 'voice.turn.tool_ms')),
  );
  expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
  expect(Number(attributes[TRANSCRIPTION] ?? 0)).toBeLessThanOrEqual(
    parts['voice.turn.end_of_turn_ms'] ?? 0,
  );
  return parts;
}

function answered(spans: readonly DecodedSpan[]): readonly DecodedSpan[] {
  return spans.filter(
    ({ name, attributes }) =>
      name === 'agent_turn' && attributes['voice.e2e_latency_ms'] !== undefined,
  );
}

describe('the latency of a captured voice turn', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  const spoken = listCaptures().filter(({ scenario }) =>
    /^voice_(?:turn|turn_preemptive|tts_nonstreaming|participants|close_mid_speech)$/u.test(
      scenario,
    ),
  );
  it.each(spoken)('adds up: $version $scenario', async ({ version, scenario }) => {
    const { spans } = await traceCapture(receiver, version, scenario);
    const turns = answered(named(spans, 'agent_turn').map(({ sent }) => sent));
    expect(turns.length).toBeGreaterThan(0);
    for (const turn of turns) partsOf(turn);
  });
});

class CarefulAgent extends voice.Agent {
  override async onUserTurnCompleted(): Promise<void> {
    await sleep(60);
  }
}

async function until(session: voice.AgentSession, state: voice.AgentState): Promise<void> {
  return new Promise((resolve) => {
    const listen = (event: voice.AgentStateChangedEvent): void => {
      if (event.newState !== state) return;
      session.off(voice.AgentSessionEventTypes.AgentStateChanged, listen);
      resolve();
    };
    session.on(voice.AgentSessionEventTypes.AgentStateChanged, listen);
  });
}

describe('the latency of a spoken turn', () => {
  let traced: TracedSessions | undefined;
  afterEach(async () => {
    await traced?.close();
    traced = undefined;
  });

  async function run(
    replies: readonly ScriptedReply[],
    options: Pick<VoiceRunOptions, 'agent' | 'turns'> & Partial<VoiceRunOptions>,
  ): Promise<readonly DecodedSpan[]> {
    traced = await traceSessions();
    await runVoiceSession({
      llm: new ScriptedLLM({ replies }),
      stt: new ScriptedSTT({ transcripts: ['one', 'two', 'three'] }),
      tts: new ScriptedTTS({ millisPerCharacter: 10 }),
      ...options,
    });
    return answered((await traced.arrived()).all);
  }

  it('says what was slow: the callback, the model, the sentence', async () => {
    const [turn, ...more] = await run(
      [{ text: 'It is sunny today.', delayMillis: 120, pieceDelayMillis: 25 }],
      { agent: new CarefulAgent({ instructions: 'Speak.' }), turns: [200] },
    );
    if (turn === undefined || more.length > 0) throw new Error('expected one turn');
    const parts = partsOf(turn);
    expect(parts['voice.turn.on_user_turn_completed_ms']).toBeGreaterThanOrEqual(55);
    expect(parts['voice.turn.llm_ttft_ms']).toBeGreaterThanOrEqual(110);
    expect(parts['voice.turn.sentence_wait_ms']).toBeGreaterThanOrEqual(50);
    expect(parts).not.toHaveProperty(['voice.turn.tool_ms']);
  });

  it('has the tool in between', async () => {
    const look = llm.tool({
      name: 'look',
      description: 'Looks.',
      execute: async () => {
        await sleep(150);
        return 'sunny';
      },
    });
    const [turn, ...more] = await run(
      [
        { toolCalls: [{ name: 'look', arguments: {} }], delayMillis: 60 },
        { text: 'Sunny.', delayMillis: 60 },
      ],
      { agent: new voice.Agent({ instructions: 'Speak.', tools: [look] }), turns: [200] },
    );
    if (turn === undefined || more.length > 0) throw new Error('expected one turn');
    const parts = partsOf(turn);
    expect(parts['voice.turn.tool_ms']).toBeGreaterThanOrEqual(145);
    expect(parts['voice.turn.llm_ttft_ms']).toBeGreaterThanOrEqual(110);
    expect(parts['voice.turn.llm_ttft_ms']).toBeLessThan(250);
  });

  it('has none of what was done ahead of time', async () => {
    const [turn] = await run([{ text: 'Done already.', delayMillis: 60 }], {
      agent: new voice.Agent({ instructions: 'Speak.' }),
      turns: [200],
      sessionOptions: {
        turnHandling: {
          endpointing: { minDelay: 200, maxDelay: 400 },
          preemptiveGeneration: { enabled: true, preemptiveTts: true },
        },
      },
    });
    if (turn === undefined) throw new Error('expected a turn');
    const parts = partsOf(turn);
    expect(parts['voice.turn.end_of_turn_ms']).toBeGreaterThan(150);
    expect(parts['voice.turn.llm_ttft_ms']).toBeLessThan(20);
  });

  it('is that of the turn before where the user talks over the answer', async () => {
    const turns = await run(
      [
        { text: 'So warm that nobody wants to hear all of it.' },
        { text: 'Fine.', delayMillis: 90 },
      ],
      {
        agent: new voice.Agent({ instructions: 'Speak.' }),
        tts: new ScriptedTTS({ millisPerCharacter: 60 }),
        turns: [
          async ({ session, microphone }) => {
            const speaking = until(session, 'speaking');
            await microphone.speak(200);
            await speaking;
            const speakingAgain = until(session, 'thinking').then(() => until(session, 'speaking'));
            await microphone.speak(240);
            await speakingAgain;
            await until(session, 'listening');
          },
        ],
      },
    );
    expect(turns.map(({ attributes }) => attributes['voice.interrupted'])).toEqual([true, false]);
    const [, second] = turns.map(partsOf);
    expect(second?.['voice.turn.llm_ttft_ms']).toBeGreaterThanOrEqual(80);
  });
});

describe('a moment that LiveKit does not record', () => {
  const known = {
    speakingMillis: 2_000,
    endOfTurnDelayMillis: 300,
    transcriptionDelayMillis: 100,
    modelSteps: [{ startMillis: 1_310, firstTokenMillis: 1_600 }],
    speech: { textMillis: 1_700, audioMillis: 1_900 },
  };

  it('leaves out the parts on both sides of it, and no other', () => {
    expect(turnLatency(known, 1_000)).toEqual({
      'voice.turn.end_of_turn_ms': 300,
      'voice.turn.transcription_ms': 100,
      'voice.turn.on_user_turn_completed_ms': 10,
      'voice.turn.llm_ttft_ms': 290,
      'voice.turn.tool_ms': undefined,
      'voice.turn.sentence_wait_ms': 100,
      'voice.turn.tts_ttfb_ms': 200,
      'voice.turn.playout_ms': 100,
    });
    expect(turnLatency({ ...known, speech: undefined }, 1_000)).toMatchObject({
      'voice.turn.llm_ttft_ms': 290,
      'voice.turn.sentence_wait_ms': undefined,
      'voice.turn.tts_ttfb_ms': undefined,
      'voice.turn.playout_ms': undefined,
    });
    expect(turnLatency({ ...known, endOfTurnDelayMillis: undefined }, 1_000)).toMatchObject({
      'voice.turn.end_of_turn_ms': undefined,
      'voice.turn.transcription_ms': undefined,
      'voice.turn.on_user_turn_completed_ms': undefined,
      'voice.turn.llm_ttft_ms': 290,
    });
    expect(turnLatency({ ...known, modelSteps: [] }, 1_000)).toMatchObject({
      'voice.turn.end_of_turn_ms': 300,
      'voice.turn.llm_ttft_ms': undefined,
      'voice.turn.sentence_wait_ms': undefined,
      'voice.turn.tts_ttfb_ms': 200,
      'voice.turn.playout_ms': 100,
    });
    const silent = { startMillis: 1_310, firstTokenMillis: undefined };
    expect(turnLatency({ ...known, modelSteps: [silent] }, 1_000)).toMatchObject({
      'voice.turn.on_user_turn_completed_ms': 10,
      'voice.turn.llm_ttft_ms': undefined,
      'voice.turn.sentence_wait_ms': undefined,
      'voice.turn.tts_ttfb_ms': 200,
    });
  });
});
