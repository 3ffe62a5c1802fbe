import * as livekit from '@livekit/agents';
import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CatalystTracing, setup } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

const WARNING = /LiveKit sends its spans to another tracer provider/;

let receiver: Receiver;
let tracing: CatalystTracing | undefined;
let warned: string[] = [];

beforeEach(async () => {
  receiver = await startReceiver();
  warned = [];
  // Each test is a process of its own as far as "once" goes.
  vi.resetModules();
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void warned.push(line));
});

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  trace.disable();
  context.disable();
  propagation.disable();
  vi.restoreAllMocks();
  await receiver.close();
});

function ownProvider(): NodeTracerProvider {
  return new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())],
  });
}

async function freshSetup(): Promise<typeof setup> {
  return (await import('../../src/index.js')).setup;
}

async function talk(): Promise<void> {
  await runTextSession({
    agent: new livekit.voice.Agent({ instructions: 'Answer.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }, { text: 'Hello again.' }] }),
    turns: ['Hi', 'Hi again'],
  });
}

const warnings = (): readonly string[] => warned.filter((line) => WARNING.test(line));

it('a provider that is set after setup() is named once, when the first session starts', async () => {
  tracing = await (await freshSetup())({ endpoint: receiver.endpoint });
  livekit.telemetry.setTracerProvider(ownProvider());
  expect(warnings()).toEqual([]);
  await talk();
  expect(warnings()).toEqual([expect.stringContaining('call it before setup()')]);
  expect(tracing.installResults).toContainEqual(
    expect.objectContaining({ name: 'livekitAgents', status: 'failed', installed: false }),
  );
  await talk();
  await tracing.forceFlush();
  expect(warnings()).toHaveLength(1);
  expect(receiver.spans()).toEqual([]);
});

it('also with a context manager of the application’s own, when the spans are flushed', async () => {
  const own = ownProvider();
  own.register();
  tracing = await (await freshSetup())({ endpoint: receiver.endpoint });
  livekit.telemetry.setTracerProvider(own);
  await talk();
  await tracing.forceFlush();
  expect(warnings()).toHaveLength(1);
});

it('nothing is said of a provider that was set before', async () => {
  livekit.telemetry.setTracerProvider(ownProvider());
  tracing = await (await freshSetup())({ endpoint: receiver.endpoint });
  await talk();
  await tracing.forceFlush();
  await tracing.shutdown();
  expect(warnings()).toEqual([]);
  expect(receiver.spans().length).toBeGreaterThan(5);
});

it('nor after shutdown(), when LiveKit is the application’s again', async () => {
  tracing = await (await freshSetup())({ endpoint: receiver.endpoint });
  await tracing.shutdown();
  livekit.telemetry.setTracerProvider(ownProvider());
  await talk();
  expect(warnings()).toEqual([]);
});
