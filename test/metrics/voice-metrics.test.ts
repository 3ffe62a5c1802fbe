import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { retryableError, ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedSTT } from '../support/scripted-stt.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runTextSession, runVoiceSession } from '../support/sessions.js';
import { Job } from '../support/traceable-job.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions | undefined;

afterEach(async () => {
  await traced?.close();
  traced = undefined;
});

/** Latencies: the metric, the spans that carry it, and its key there and in the summary. */
const LATENCIES = [
  ['voice.turn.e2e_latency', 'agent_turn', 'voice.e2e_latency_ms', 'e2e_latency'],
  ['voice.turn.llm_ttft', 'llm_node', 'voice.llm.ttft_ms', 'llm_ttft'],
  ['voice.turn.tts_ttfb', 'tts_node', 'voice.tts.ttfb_ms', 'tts_ttfb'],
  ['voice.turn.end_of_turn_delay', 'user_turn', 'voice.end_of_turn_delay_ms', 'end_of_turn_delay'],
  [
    'voice.turn.transcription_delay',
    'user_turn',
    'voice.transcription_delay_ms',
    'transcription_delay',
  ],
] as const;

it('measures a spoken session: latencies, speech, an interruption, a second attempt', async () => {
  traced = await traceSessions({ metrics: true });
  const { tracing } = traced;
  const answers = ['It is sunny today.', 'So warm that nobody wants to hear of it.'] as const;
  const tts = new ScriptedTTS({ millisPerCharacter: 40, errors: [retryableError()] });
  await runVoiceSession({
    agent: new voice.Agent({ id: 'weather', instructions: 'Speak.' }),
    llm: new ScriptedLLM({
      replies: [{ text: answers[0], usage: { prompt: 30, completion: 6 } }, { text: answers[1] }],
    }),
    stt: new ScriptedSTT({ transcripts: ['what is the weather', 'and tomorrow', null] }),
    tts,
    turns: [
      200,
      async ({ microphone }) => {
        await microphone.speak(200);
        await sleep(500);
        await microphone.speak(240);
        await sleep(100);
      },
    ],
    onSession: (session) => tracing.observe(session),
  });
  const spans = await traced.arrived();
  const metrics = await traced.measured();
  const session = spans.only('agent_session');
  for (const [metric, span, key, name] of LATENCIES) {
    const millis = spans
      .named(span)
      .map(({ attributes }) => attributes[key])
      .filter((value) => typeof value === 'number')
      .toSorted((a, b) => a - b);
    expect(millis.length, metric).toBeGreaterThan(0);
    const sum = millis.reduce((all, each) => all + each, 0);
    expect(metrics.count(metric, { 'gen_ai.agent.name': 'weather' }), metric).toBe(millis.length);
    expect(metrics.sum(metric) * 1000, metric).toBeCloseTo(sum, 3);
    const p50 = millis[Math.ceil(millis.length * 0.5) - 1];
    expect(session.attributes[`voice.session.${name}_p50_ms`], name).toBe(p50);
    expect(session.attributes[`voice.session.${name}_p95_ms`], name).toBe(millis.at(-1));
  }
  const explained = spans
    .named('agent_turn')
    .filter(({ attributes }) => attributes['voice.turn.playout_ms'] !== undefined);
  expect(explained.length).toBeGreaterThan(0);
  for (const part of ['end_of_turn', 'llm_ttft', 'sentence_wait', 'tts_ttfb', 'playout']) {
    const millis = explained.map(({ attributes }) => Number(attributes[`voice.turn.${part}_ms`]));
    const sum = metrics.sum('voice.turn.latency', { 'voice.turn.part': part });
    expect(sum * 1000, part).toBeCloseTo(
      millis.reduce((all, each) => all + each, 0),
      3,
    );
  }
  expect(metrics.count('voice.turn.latency', { 'voice.turn.part': 'transcription' })).toBe(0);
  const [point] = metrics.of('voice.turn.e2e_latency');
  expect(point).toMatchObject({ unit: 's', type: 'histogram' });
  // Seconds of a voice: fine where a good turn is, and none of the SDK's 5, 10, 25, … 10000.
  expect(point?.bounds.filter((bound) => bound <= 1).length).toBeGreaterThanOrEqual(9);
  expect(point?.bounds.at(-1)).toBe(30);

  const characters = spans
    .named('tts_request')
    .reduce((all, { attributes }) => all + Number(attributes['voice.tts.characters'] ?? 0), 0);
  expect(characters).toBeGreaterThanOrEqual(answers[0].length);
  expect(metrics.sum('voice.tts.characters', { 'gen_ai.provider.name': 'Cartesia' })).toBe(
    characters,
  );
  expect(session.attributes['voice.session.stt.audio_duration_ms']).toBeGreaterThan(0);
  expect(metrics.sum('voice.stt.audio_duration') * 1000).toBeCloseTo(
    Number(session.attributes['voice.session.stt.audio_duration_ms']),
    3,
  );
  expect(metrics.sum('voice.retries', { 'voice.component': 'tts' })).toBe(1);
  expect(metrics.sum('voice.interruptions', { 'gen_ai.agent.name': 'weather' })).toBe(1);
  expect(session.attributes).toMatchObject({
    'voice.session.turns': 2,
    'voice.session.interruptions': 1,
  });

  const seconds = Number(session.endNanos - session.startNanos) / 1e9;
  expect(metrics.sum('voice.session.duration')).toBeCloseTo(seconds, 3);
  const [inMillis] = metrics.of('voice.session.duration_ms');
  expect(inMillis).toMatchObject({ unit: 'ms', count: 1 });
  expect((inMillis?.value ?? 0) / 1000).toBeCloseTo(seconds, 3);
  expect(inMillis?.bounds).toEqual(
    metrics.of('voice.session.duration')[0]?.bounds.map((bound) => bound * 1000),
  );
});

it('counts verdicts of answering machine detection by what they are', async () => {
  traced = await traceSessions({ metrics: true });
  const tracer = traced.tracing.provider.getTracer('livekit-agents');
  for (const category of ['human', 'machine', 'machine']) {
    const attributes = { 'lk.amd.category': category };
    tracer.startSpan('answering_machine_detection', { attributes }).end();
  }
  // One that came to no verdict.
  tracer.startSpan('answering_machine_detection').end();
  const metrics = await traced.measured();
  expect(metrics.sum('voice.amd.verdicts', { 'voice.amd.category': 'human' })).toBe(1);
  expect(metrics.sum('voice.amd.verdicts', { 'voice.amd.category': 'machine' })).toBe(2);
  expect(metrics.sum('voice.amd.verdicts')).toBe(3);
});

it('keeps what has too many values in one series that says so', async () => {
  traced = await traceSessions({ metrics: true });
  const tracer = traced.tracing.provider.getTracer('livekit-agents');
  for (let verdict = 0; verdict < 2_100; verdict++) {
    const attributes = { 'lk.amd.category': `verdict ${verdict}` };
    tracer.startSpan('answering_machine_detection', { attributes }).end();
  }
  const metrics = await traced.measured();
  expect(metrics.sum('voice.amd.verdicts')).toBe(2_100);
  expect(metrics.of('voice.amd.verdicts')).toHaveLength(2_000);
  expect(metrics.sum('voice.amd.verdicts', { 'otel.metric.overflow': true })).toBe(101);
});

it('sends what the application measures with the meter of tracing', async () => {
  traced = await traceSessions({ metrics: true });
  traced.tracing.meter.createCounter('orders').add(2, { 'tenant.id': 'acme' });
  expect((await traced.measured()).sum('orders', { 'tenant.id': 'acme' })).toBe(2);
});

it('counts no session that is recorded and not sampled: its end is not measured', async () => {
  const sampler = { shouldSample: () => ({ decision: SamplingDecision.RECORD }) };
  traced = await traceSessions({ metrics: true, sampler });
  const session = {
    agent: new voice.Agent({ instructions: 'Help.' }),
    llm: new ScriptedLLM({ replies: [] }),
    turns: [],
  };
  await runTextSession(session);
  const job = new Job();
  await traced.tracing.job(job, {}, () => runTextSession(session));
  await job.end();
  const metrics = await traced.measured();
  expect(metrics.sum('voice.sessions.started')).toBe(0);
  expect(metrics.sum('voice.sessions.active')).toBe(0);
});
