import { Session, type Profiler } from 'node:inspector';
import { InMemorySpanExporter, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setup } from '../../src/index.js';
import { playCall } from '../../src/rehearsal/rehearsed-call.js';
import { startReceiver } from '../support/otlp-receiver.js';

/** How often the functions with this name in this file were called meanwhile. */
async function countCalls(
  file: string,
  functionName: string,
  work: () => Promise<unknown>,
): Promise<number> {
  const session = new Session();
  session.connect();
  onTestFinished(() => session.disconnect());
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true });
  await work();
  const scripts = await new Promise<Profiler.ScriptCoverage[]>((resolve, reject) => {
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
  return scripts
    .filter(({ url }) => url.endsWith(file))
    .flatMap(({ functions }) => functions)
    .filter((each) => each.functionName === functionName)
    .reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
}

describe('the rehearsal at set-up', () => {
  it('runs the span path, and nobody notices', async () => {
    const receiver = await startReceiver();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const redact = vi.fn((value: string) => value);
    const accepts = vi.fn(() => true);
    const sessionId = vi.fn(() => 'session');
    const exporter = new InMemorySpanExporter();
    const sampler = {
      shouldSample: vi.fn(() => ({ decision: SamplingDecision.RECORD_AND_SAMPLED })),
      toString: () => 'own',
    };
    let tracing: Awaited<ReturnType<typeof setup>> | undefined;
    onTestFinished(async () => {
      await tracing?.shutdown();
      await receiver.close();
    });

    const mapped = await countCalls('src/mapping/map-span.ts', 'mapSpan', async () => {
      tracing = await setup({
        endpoint: receiver.endpoint,
        exporters: [exporter],
        sampler,
        sessionId,
        privacy: { redact, redactPatterns: [{ name: 'any', pattern: /\w/, accepts }] },
      });
    });

    expect(mapped).toBeGreaterThan(10);
    for (const own of [redact, accepts, sessionId, sampler.shouldSample]) {
      expect(own).not.toHaveBeenCalled();
    }
    expect(tracing?.stats()).toMatchObject({ added: 0, requests: 0, mappingFailures: 0 });
    const counts = Object.values(tracing?.stats().privacy ?? {});
    expect(Math.max(...counts)).toBe(0);
    expect(warn).not.toHaveBeenCalled();
    await tracing?.shutdown();
    expect(receiver.requests()).toEqual([]);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('does what a call does', async () => {
    const receiver = await startReceiver();
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    onTestFinished(async () => {
      await tracing.shutdown();
      await receiver.close();
    });
    await playCall(tracing.provider.getTracer('livekit-agents'), () => tracing.forceFlush());
    await tracing.shutdown();

    const spans = receiver.spans();
    const kinds = spans.map((span) => span.attributes['openinference.span.kind']);
    expect(new Set(kinds)).toEqual(new Set(['AGENT', 'CHAIN', 'LLM', 'TOOL']));
    const [first, second] = spans.filter(({ name }) => name === 'llm_request');
    expect(first?.attributes['llm.input_messages.1.message.role']).toBe('user');
    expect(first?.attributes).toHaveProperty([
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name',
    ]);
    expect(second?.attributes['llm.input_messages.3.message.role']).toBe('tool');
    expect(second?.attributes).toMatchObject({
      'llm.token_count.total': 984,
      'llm.token_count.prompt_details.cache_read': 768,
    });
    const tool = spans.find(({ name }) => name === 'function_tool');
    expect(tool?.attributes).toMatchObject({ 'input.value': '{"order":1}', 'tool.name': 'lookup' });
  });
});
