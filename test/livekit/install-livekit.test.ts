import * as livekit from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

let tracing: CatalystTracing | undefined;
let exporter = new InMemorySpanExporter();

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  vi.unstubAllEnvs();
});

async function start(options: SetupOptions): Promise<CatalystTracing> {
  exporter = new InMemorySpanExporter();
  tracing = await setup({ exporters: [exporter], ...options });
  return tracing;
}

/** A session whose user says something that is not to leave where content may not. */
async function talk(): Promise<void> {
  await runTextSession({
    agent: new livekit.voice.Agent({ instructions: 'Answer.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'A secret.' }] }),
    turns: ['Tell me'],
  });
}

async function sessionsSeen(): Promise<number> {
  await talk();
  await tracing?.forceFlush();
  return exporter.getFinishedSpans().filter(({ name }) => name === 'agent_session').length;
}

describe('the LiveKit that is given', () => {
  it.each([
    ['the namespace', livekit],
    ['what holds it as default', { default: livekit }],
  ])('is connected: %s', async (_what, livekitAgents) => {
    const { installResults } = await start({ modules: { livekitAgents } });
    expect(installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'installed',
      installed: true,
      version: '1.9.0',
    });
    expect(await sessionsSeen()).toBe(1);
  });

  it.each([
    ['an empty object', {}],
    ['a module without telemetry', { default: {} }],
    ['an old namespace', { telemetry: {}, version: '1.1.0' }],
    ['a string', '@livekit/agents'],
  ])('is refused in words when it is %s', async (_what, livekitAgents) => {
    const { installResults } = await start({ modules: { livekitAgents } });
    expect(installResults).toContainEqual(
      expect.objectContaining({
        name: 'livekitAgents',
        status: 'failed',
        installed: false,
        reason: expect.stringContaining('import * as'),
      }),
    );
  });
});

/** What a processor of LiveKit's provider sees of a span: raw, after LiveKit's own filter. */
async function rawSecrets(options: SetupOptions): Promise<boolean> {
  const raw = new InMemorySpanExporter();
  // A provider of the application's own, which goes on receiving LiveKit's raw spans.
  const own = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(raw)] });
  trace.setGlobalTracerProvider(own);
  try {
    await start({ ...options, modules: { livekitAgents: livekit } });
    await talk();
    expect(raw.getFinishedSpans().length).toBeGreaterThan(5);
    return JSON.stringify(raw.getFinishedSpans().map((span) => span.attributes)).includes('secret');
  } finally {
    await tracing?.shutdown();
    trace.disable();
  }
}

describe('what LiveKit is told of personal data', () => {
  it('is nothing when nobody said anything', async () => {
    expect(await rawSecrets({})).toBe(true);
  });

  it('leaves its own variable in force', async () => {
    vi.stubEnv('LIVEKIT_TELEMETRY_ALLOW_PII', 'false');
    expect(await rawSecrets({})).toBe(false);
  });

  it('is what the option says, over the variable', async () => {
    expect(await rawSecrets({ privacy: { allowPii: false } })).toBe(false);
    vi.stubEnv('LIVEKIT_TELEMETRY_ALLOW_PII', 'false');
    expect(await rawSecrets({ privacy: { allowPii: true } })).toBe(true);
  });
});
