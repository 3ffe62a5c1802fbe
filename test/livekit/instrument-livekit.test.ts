import * as livekit from '@livekit/agents';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createOpenInferenceSpanProcessor,
  installLiveKitAgentsInstrumentation,
  instrumentLiveKitAgents,
} from '../../src/livekit-agents.js';
import { setup } from '../../src/setup.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

const KIND = 'openinference.span.kind';

afterEach(() => {
  delete process.env['OTEL_SDK_DISABLED'];
});

describe('LiveKit on a provider of the application’s own', () => {
  it('is mapped for us and stays raw for the application', async () => {
    const receiver = await startReceiver();
    const own = new InMemorySpanExporter();
    const spanProcessor = createOpenInferenceSpanProcessor({ endpoint: receiver.endpoint });
    const provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'my-provider' }),
      spanProcessors: [spanProcessor, new SimpleSpanProcessor(own)],
    });
    provider.register();
    expect(installLiveKitAgentsInstrumentation(livekit, provider, spanProcessor)).toEqual({
      name: 'livekitAgents',
      status: 'installed',
      installed: true,
      version: '1.9.0',
    });

    await runTextSession({
      agent: new livekit.voice.Agent({ instructions: 'Be brief.' }),
      llm: new ScriptedLLM({ replies: [{ text: 'Hello.' }] }),
      turns: ['Hi!'],
    });
    await provider.forceFlush();

    const sent = receiver.spans();
    const raw = own.getFinishedSpans();
    expect(sent.map(({ name }) => name).toSorted()).toEqual(raw.map(({ name }) => name).toSorted());
    expect(sent.find(({ name }) => name === 'agent_session')?.attributes[KIND]).toBe('AGENT');
    expect(
      sent.every(({ resourceAttributes }) => resourceAttributes['service.name'] === 'my-provider'),
    ).toBe(true);
    expect(raw.filter(({ attributes }) => KIND in attributes)).toEqual([]);
    await provider.shutdown();
    await receiver.close();
  });

  it('is refused where LiveKit could not apply its redaction', () => {
    const provider = new NodeTracerProvider();
    expect(() => installLiveKitAgentsInstrumentation(livekit, provider)).toThrow(
      expect.objectContaining({ code: 'invalid_tracer_input' }),
    );
  });
});

describe('instrumentLiveKitAgents', () => {
  it('connects live tracing, and says why it does not connect any other', async () => {
    const tracing = await setup({ autoInstrument: false });
    expect(instrumentLiveKitAgents(livekit, tracing).installed).toBe(true);
    expect(livekit.telemetry.tracer.getProvider()).toBe(tracing.provider);
    await tracing.shutdown();
    expect(instrumentLiveKitAgents(livekit, tracing)).toMatchObject({
      installed: false,
      reason: expect.stringContaining('shut down'),
    });
    process.env['OTEL_SDK_DISABLED'] = 'true';
    const disabled = await setup();
    expect(instrumentLiveKitAgents(livekit, disabled)).toMatchObject({
      installed: false,
      reason: expect.stringContaining('disabled'),
    });
    await disabled.shutdown();
  });

  it.each([
    ['a module that is not LiveKit', {}, new NodeTracerProvider(), 'invalid_sdk_input'],
    ['nothing', undefined, new NodeTracerProvider(), 'invalid_sdk_input'],
    ['a promise of tracing', livekit, Promise.resolve(), 'invalid_tracer_input'],
    ['no tracing', livekit, undefined, 'invalid_tracer_input'],
  ])('refuses %s', (_, module, target, code) => {
    // @ts-expect-error what JavaScript may pass
    expect(() => instrumentLiveKitAgents(module, target)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
