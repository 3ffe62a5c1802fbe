import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { createOpenInferenceSpanProcessor } from '../../src/livekit-agents.js';
import { listen } from '../support/everything-said.js';
import { startReceiver } from '../support/otlp-receiver.js';

/** More than wait; each session is measured where it starts and where it ends. */
const SPANS = 1_500;

it('are bounded while metrics load: that some are missed is said once, and no span is', async () => {
  const receiver = await startReceiver();
  const processor = createOpenInferenceSpanProcessor({
    endpoint: receiver.endpoint,
    metrics: true,
  });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('livekit-agents');
  const said = listen();
  try {
    // All in one go, so that nothing is loaded meanwhile.
    for (let count = 0; count < SPANS; count++) tracer.startSpan('agent_session').end();
  } finally {
    said.stop();
  }
  await provider.shutdown();
  await receiver.close();
  expect(said.text().split('metrics miss some')).toHaveLength(2);
  expect(receiver.spans()).toHaveLength(SPANS);
});
