import { join } from 'node:path';
import { voice } from '@livekit/agents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, manualSpan, setup } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { ScriptedSTT } from '../support/scripted-stt.js';
import { ScriptedTTS } from '../support/scripted-tts.js';
import { runVoiceSession } from '../support/sessions.js';
import { traceSession } from '../support/traced-demo.js';
import { COLLECTOR } from './installed-servers.js';
import { runCommand } from './run-command.js';
import {
  eventually,
  findCommand,
  freePort,
  startServer,
  type ServerProcess,
} from './server-process.js';

const CONFIG = join(import.meta.dirname, '..', '..', 'examples', 'collector', 'config.yaml');
const OTELCOL = findCommand(
  'an OpenTelemetry Collector with tail_sampling (npm run interop:install)',
  [process.env['OTELCOL'], COLLECTOR.command, 'otelcol-contrib'],
  ['components'],
);
const SLOW_MILLIS = 2000;
const OTHERS = 400;

/** The very file of the example; what the test cannot wait for is set beside it. */
describe.skipIf(OTELCOL === undefined)('the collector of examples/collector', () => {
  let phoenix: Receiver;
  let catalyst: Receiver;
  let collector: ServerProcess;
  let endpoint = '';

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    [phoenix, catalyst] = await Promise.all([startReceiver(), startReceiver()]);
    collector = await startServer({
      command: OTELCOL ?? '',
      args: () =>
        [
          ['--config', CONFIG],
          ['--set', 'processors.tail_sampling.decision_wait=15s'],
          ['--set', `exporters.otlphttp/catalyst.endpoint=${catalyst.endpoint}`],
          ['--set', 'service.telemetry.metrics.level=none'],
        ].flat(),
      env: () => ({
        OTLP_HTTP_ADDRESS: `127.0.0.1:${port}`,
        PHOENIX_ENDPOINT: phoenix.endpoint,
        CATALYST_OTLP_TOKEN: 'key-of-the-collector',
      }),
      probeUrl: endpoint,
    });
  });
  afterAll(async () => {
    await collector.stop();
    await Promise.all([phoenix.close(), catalyst.close()]);
  });

  it('is a configuration that the collector takes', async () => {
    await runCommand(OTELCOL ?? '', ['validate', '--config', CONFIG], { timeoutMillis: 30_000 });
  });

  it('sends everything to one backend, and to the other what failed, what was slow, and a tenth', async () => {
    await sendOthers();
    await traceSession({ endpoint, serviceName: 'failed' });
    await sendLatency('slow by a fraction', SLOW_MILLIS + 0.5);
    await sendVoice('slow', SLOW_MILLIS + 300);

    // The slow session was the last to come, so all of them are decided on once it is there.
    await eventually(
      async () => tracesOf(catalyst, 'slow'),
      (traces) => traces.size > 0,
      45_000,
    );
    await eventually(
      async () => phoenix.spans().length,
      (count) => count >= 2 * OTHERS + 43,
    );

    for (const [service, traces] of [
      ['others', OTHERS],
      ['failed', 1],
      ['slow by a fraction', 1],
      ['slow', 1],
    ] as const) {
      expect(tracesOf(phoenix, service).size, service).toBe(traces);
    }
    for (const service of ['failed', 'slow by a fraction', 'slow']) {
      expect(tracesOf(catalyst, service), service).toEqual(tracesOf(phoenix, service));
    }
    // 40 of 400 are expected; further away than five standard deviations it is no tenth.
    const kept = tracesOf(catalyst, 'others');
    expect(kept.size).toBeGreaterThan(10);
    expect(kept.size).toBeLessThan(70);
    expect([...new Set(kept.values())], 'a trace is kept whole').toEqual([2]);

    const latencies = catalyst
      .spans()
      .filter(({ name }) => name === 'agent_turn')
      .flatMap(({ attributes }) => attributes['voice.e2e_latency_ms'] ?? []);
    expect(latencies).toEqual([expect.any(Number)]);
    expect(Number(latencies[0])).toBeGreaterThan(SLOW_MILLIS);
    const keys = new Set(catalyst.requests().map(({ headers }) => headers['authorization']));
    expect([...keys]).toEqual(['Bearer key-of-the-collector']);
  }, 120_000);

  /** Sessions with nothing about them: a root and what is below. */
  async function sendOthers(): Promise<void> {
    const tracing = await setup({ endpoint, serviceName: 'others', autoInstrument: false });
    for (let index = 0; index < OTHERS; index++) {
      await agentSpan({ agentName: 'other', sessionId: `other-${index}` }, () =>
        manualSpan({ spanName: 'answer', output: 'well' }, () => undefined),
      );
    }
    await tracing.shutdown();
  }

  async function sendLatency(serviceName: string, millis: number): Promise<void> {
    const tracing = await setup({ endpoint, serviceName, autoInstrument: false });
    const attributes = { 'voice.e2e_latency_ms': millis };
    await manualSpan({ spanName: 'turn', attributes }, () => undefined);
    await tracing.shutdown();
  }

  /** A call in which the answer takes its time. */
  async function sendVoice(serviceName: string, delayMillis: number): Promise<void> {
    const tracing = await setup({ endpoint, serviceName });
    await runVoiceSession({
      agent: new voice.Agent({ id: 'weather_agent', instructions: 'Speak.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'It is sunny.', delayMillis }] }),
      stt: new ScriptedSTT({ transcripts: ['what is the weather'] }),
      tts: new ScriptedTTS(),
      turns: [200],
    });
    await tracing.shutdown();
  }
});

/** Spans of each trace of a service, as a backend has them. */
function tracesOf(backend: Receiver, serviceName: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const ofService = ({ resourceAttributes }: DecodedSpan): boolean =>
    resourceAttributes['service.name'] === serviceName;
  for (const { traceId } of backend.spans().filter(ofService)) {
    counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  }
  return counts;
}
