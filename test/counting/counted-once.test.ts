import { context, trace, type Span, type Tracer } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualSpan, setup, type CatalystTracing } from '../../src/index.js';

/** What instrumentations that are not ours leave of one model call, one inside the other. */
let exporter: InMemorySpanExporter;
let tracing: CatalystTracing;

beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  tracing = await setup({ autoInstrument: false, exporters: [exporter] });
});
afterEach(() => tracing.shutdown());

const KIND = 'openinference.span.kind';
const PROMPT = 'llm.token_count.prompt';

function foreign(): Tracer {
  return trace.getTracer('another-instrumentation');
}

async function inside<T>(span: Span, call: () => T): Promise<Awaited<T>> {
  try {
    return await context.with(trace.setSpan(context.active(), span), call);
  } finally {
    span.end();
  }
}

function modelCall(name: string, prompt: number | undefined, more = {}): Span {
  const counts = prompt === undefined ? {} : { [PROMPT]: prompt };
  return foreign().startSpan(name, { attributes: { [KIND]: 'LLM', ...counts, ...more } });
}

async function exported(): Promise<Readonly<Record<string, ReadableSpan['attributes']>>> {
  await tracing.forceFlush();
  const spans = exporter.getFinishedSpans();
  return Object.fromEntries(spans.map(({ name, attributes }) => [name, attributes]));
}

describe('of model calls inside one another', () => {
  it('the innermost with counts has them', async () => {
    const outer = modelCall('outer', 7, {
      'llm.model_name': 'gpt-test',
      'llm.cost.total': 1,
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.operation.name': 'chat',
      'llm.input_messages.0.message.role': 'user',
    });
    await inside(outer, () =>
      inside(foreign().startSpan('step'), () => modelCall('inner', 7).end()),
    );
    const spans = await exported();
    expect(spans['inner']).toMatchObject({ [KIND]: 'LLM', [PROMPT]: 7 });
    expect(spans['outer']).toMatchObject({
      [KIND]: 'CHAIN',
      'llm.input_messages.0.message.role': 'user',
    });
    for (const key of Object.keys(spans['outer'] ?? {})) {
      expect(key).not.toMatch(/token_count|gen_ai\.|model_name|cost/u);
    }
  });

  it('an inner one without counts takes none away', async () => {
    await inside(modelCall('outer', 7), () => modelCall('inner', undefined).end());
    const spans = await exported();
    expect(spans['outer']).toMatchObject({ [KIND]: 'LLM', [PROMPT]: 7 });
  });

  it('both count where a tool stands between them', async () => {
    const tool = foreign().startSpan('tool', { attributes: { [KIND]: 'TOOL' } });
    await inside(modelCall('outer', 7), () => inside(tool, () => modelCall('inner', 3).end()));
    const spans = await exported();
    expect(spans['outer']).toMatchObject({ [KIND]: 'LLM', [PROMPT]: 7 });
    expect(spans['inner']).toMatchObject({ [PROMPT]: 3 });
  });

  it('siblings count both', async () => {
    await inside(foreign().startSpan('turn'), () => {
      modelCall('first', 7).end();
      modelCall('second', 3).end();
    });
    const spans = await exported();
    expect(spans['first']).toMatchObject({ [PROMPT]: 7 });
    expect(spans['second']).toMatchObject({ [PROMPT]: 3 });
  });

  it('the span of the application gives way to an instrumented call', async () => {
    await manualSpan({ spanName: 'ask', spanKind: 'LLM', usage: { prompt_tokens: 7 } }, () =>
      modelCall('inner', 7).end(),
    );
    const spans = await exported();
    expect(spans['ask']).toMatchObject({ [KIND]: 'CHAIN' });
    expect(spans['ask']).not.toHaveProperty([PROMPT]);
    expect(spans['inner']).toMatchObject({ [PROMPT]: 7 });
  });
});
