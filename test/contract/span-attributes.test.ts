import * as livekitAgents from '@livekit/agents';
import { voice } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  manualSpan,
  OpenInferenceSpanProcessor,
  setup,
  type CatalystTracing,
  type SetupOptions,
} from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

const spanAttributes = {
  'langfuse.session.id': 'call-17',
  'app.note': 'Ada',
  'llm.model_name': 'never seen on a model call',
  list: [1, 2],
};
let receiver: Receiver;
let tracing: CatalystTracing | undefined;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  await receiver.close();
});

async function runSession(options: SetupOptions): Promise<void> {
  tracing = await setup({ endpoint: receiver.endpoint, modules: { livekitAgents }, ...options });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.' }),
    llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
    turns: ['Hi.'],
  });
  await manualSpan({ spanName: 'own', attributes: { 'langfuse.session.id': 'own' } }, () => 1);
  await tracing.forceFlush();
}

describe('spanAttributes', () => {
  it("are on every span, LiveKit's included, and yield to what a span has", async () => {
    await runSession({ spanAttributes });
    const spans = receiver.spans();
    expect(spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['agent_session', 'agent_turn', 'llm_request', 'own']),
    );
    for (const { name, attributes } of spans) {
      expect(attributes['langfuse.session.id'], name).toBe(name === 'own' ? 'own' : 'call-17');
      expect(attributes['app.note'], name).toBe('Ada');
      expect(attributes['list'], name).toEqual([1, 2]);
      expect(attributes).not.toHaveProperty('metadata');
    }
    const request = spans.find(({ name }) => name === 'llm_request');
    expect(request?.attributes['llm.model_name']).toBe(new ScriptedLLM({ replies: [] }).model);
  });

  it('follow the privacy options', async () => {
    await runSession({ spanAttributes, privacy: { hideInputs: true } });
    expect(receiver.spans().length).toBeGreaterThan(0);
    for (const { name, attributes } of receiver.spans()) {
      expect(attributes, name).not.toHaveProperty(['app.note']);
      expect(attributes, name).toHaveProperty(['langfuse.session.id']);
    }
  });

  it('are an option of the processor too', async () => {
    const exporter = new InMemorySpanExporter();
    const processor = new OpenInferenceSpanProcessor(new SimpleSpanProcessor(exporter), {
      spanAttributes,
    });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.getTracer('app').startSpan('own').end();
    await provider.forceFlush();
    const [span] = exporter.getFinishedSpans();
    expect(span?.attributes).toMatchObject({ 'app.note': 'Ada' });
    await provider.shutdown();
    trace.disable();
  });
});
