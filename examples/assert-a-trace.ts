/**
 * A test of your own code that asserts its trace: the spans go to memory, nothing leaves the machine.
 *
 *     npm install catalyst-tracing @opentelemetry/api @opentelemetry/sdk-trace-base tsx
 *     npx tsx --test assert-a-trace.ts
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { agentSpan, Attr, manualSpan, setup } from 'catalyst-tracing';

const exporter = new InMemorySpanExporter();
const tracing = await setup({ serviceName: 'test', exporters: [exporter] });
after(() => tracing.shutdown());

function answer(question: string): Promise<string> {
  return agentSpan({ agentName: 'clerk', sessionId: 's-1', input: question }, async (run) => {
    const order = await manualSpan({ spanName: 'lookup', spanKind: 'TOOL' }, () => 'shipped');
    run.setOutput(order);
    return order;
  });
}

await test('the lookup is a tool below the run, in its session', async () => {
  assert.equal(await answer('Where is it?'), 'shipped');
  await tracing.forceFlush();

  const spans = exporter.getFinishedSpans();
  const run = spans.find(({ name }) => name === 'clerk.run');
  const lookup = spans.find(({ name }) => name === 'lookup');
  assert.equal(run?.attributes[Attr.OUTPUT_VALUE], 'shipped');
  assert.equal(lookup?.attributes[Attr.SPAN_KIND], 'TOOL');
  assert.equal(lookup?.attributes[Attr.SESSION_ID], 's-1');
  assert.equal(lookup?.parentSpanContext?.spanId, run?.spanContext().spanId);
});
