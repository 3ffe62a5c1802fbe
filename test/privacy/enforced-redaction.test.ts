import * as livekitAgents from '@livekit/agents';
import { voice, type JobContext } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSpan, setup, type SetupOptions } from '../../src/index.js';
import { createOpenInferenceSpanProcessor } from '../../src/processor/create-processor.js';
import { bundled } from '../support/child-process.js';
import { runJob } from '../support/job-process.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession, type SessionRunOptions } from '../support/sessions.js';
import { jobContext } from './live-delivery.js';

const SECRET = 'canary-3f9a7c2e';
/** Nothing is recorded, so LiveKit itself asks for nothing and marks nothing. */
const REDACTION_ALONE = {
  audio: false,
  traces: false,
  logs: false,
  transcript: false,
  redaction: true,
};

let receiver: Receiver;
beforeEach(() => {
  // As in a new process: LiveKit's spans go to whatever is registered as global.
  livekitAgents.telemetry.setTracerProvider(trace.getTracerProvider(), {
    registerSpanProcessor: () => {},
  });
});
afterEach(async () => {
  trace.disable();
  await receiver.close();
});

/** A session in a job, where the user, the agent and the application say the secret. */
async function talk(job: JobContext, record?: SessionRunOptions['record']): Promise<void> {
  await livekitAgents.runWithJobContextAsync(job, async () => {
    await runTextSession({
      agent: new voice.Agent({ instructions: SECRET }),
      llm: new ScriptedLLM({ replies: [{ text: SECRET }] }),
      turns: [SECRET],
      ...(record !== undefined && { record }),
    });
    await agentSpan({ agentName: 'A', input: SECRET }, (span) => span.setOutput(SECRET));
  });
}

/** What arrives of such a session, as text; it must have arrived, with content or without. */
async function wireOf(run: () => Promise<void>, options: SetupOptions): Promise<string> {
  receiver = await startReceiver();
  const tracing = await setup({ endpoint: receiver.endpoint, ...options });
  await run();
  await tracing.shutdown();
  return wire();
}

function wire(): string {
  const names = receiver.spans().map(({ name }) => name);
  for (const name of ['agent_session', 'llm_request']) expect(names).toContain(name);
  return receiver
    .requests()
    .map(({ body }) => Buffer.from(body).toString('latin1'))
    .join('\n');
}

const REDACTED: readonly (readonly [string, () => Promise<void>])[] = [
  ['the project', () => talk(jobContext(true, 'room'))],
  ['a session that records nothing', () => talk(jobContext(false, 'room'), REDACTION_ALONE)],
  [
    'a session in a fake job',
    () => talk(jobContext(false, 'room', true), { ...REDACTION_ALONE, logs: true }),
  ],
];

describe.each(REDACTED)('redaction that is enforced by %s', (_by, run) => {
  it.each<readonly [string, SetupOptions]>([
    ['with LiveKit passed', { modules: { livekitAgents } }],
    ['with LiveKit found', {}],
    ['without instrumentation', { autoInstrument: false }],
    ['against the options', { autoInstrument: false, privacy: { allowPii: true } }],
  ])('holds %s', async (_name, options) => {
    expect(await wireOf(run, options)).not.toContain(SECRET);
  });

  it('holds on a provider of one’s own that LiveKit was not connected to', async () => {
    receiver = await startReceiver();
    const processor = createOpenInferenceSpanProcessor({ endpoint: receiver.endpoint });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    await run();
    await provider.shutdown();
    expect(wire()).not.toContain(SECRET);
  });
});

it('without it, the same session is sent with its content', async () => {
  const run = (): Promise<void> => talk(jobContext(false, 'room'));
  expect(await wireOf(run, { autoInstrument: false })).toContain(SECRET);
});

describe('the process of a job', () => {
  it.each([
    [true, false],
    [false, true],
  ])('whose project enforces redaction (%s) sends content: %s', async (enableRedaction, isSent) => {
    receiver = await startReceiver();
    const { code } = await runJob({
      agent: bundled('job-child'),
      enableRedaction,
      env: {
        SETUP_OPTIONS: JSON.stringify({ endpoint: receiver.endpoint, autoInstrument: false }),
      },
    });
    expect(code).toBe(0);
    expect(wire().includes('At your service.')).toBe(isSent);
  });
});
