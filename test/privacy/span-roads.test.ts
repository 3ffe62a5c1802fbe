import { setPromptTemplate } from '@arizeai/openinference-core';
import { context, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { setup, type PrivacyOptions } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { traceCapture } from '../support/traced-replay.js';

let receiver: Receiver;
afterEach(async () => {
  trace.disable();
  await receiver.close();
});

describe('what is redacted', () => {
  it('is shown to the hook once, and is the same on every road', async () => {
    receiver = await startReceiver();
    const seen: string[] = [];
    const exporter = new InMemorySpanExporter();
    const tracing = await setup({
      endpoint: receiver.endpoint,
      autoInstrument: false,
      spanProcessors: [new SimpleSpanProcessor(exporter)],
      privacy: {
        redact: (value) => {
          seen.push(value);
          return `${value} (${seen.length})`;
        },
      },
    });
    const span = tracing.tracer.startSpan('s', { attributes: { 'input.value': 'a', note: 'b' } });
    span.addEvent('e', { words: 'c' }).end();
    const [view] = exporter.getFinishedSpans();
    await tracing.shutdown();
    const [sent] = receiver.spans();
    expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
    expect(view?.attributes).toEqual(sent?.attributes);
    expect(view?.events[0]?.attributes).toEqual(sent?.events[0]?.attributes);
  });

  it.each<readonly [PrivacyOptions, unknown]>([
    [{}, 'Dear {name}'],
    [{ hidePrompts: true }, '__REDACTED__'],
    [{ allowPii: false }, undefined],
  ])('holds for a prompt template of the context: %o', async (privacy, expected) => {
    receiver = await startReceiver();
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, privacy });
    const around = setPromptTemplate(context.active(), { template: 'Dear {name}' });
    context.with(around, () => tracing.tracer.startSpan('s').end());
    await tracing.shutdown();
    expect(receiver.spans()[0]?.attributes['llm.prompt_template.template']).toBe(expected);
  });
});

describe('an interruption', () => {
  it.each(['agent_turn', 'llm_request'])(
    'is told of %s where metadata is withheld',
    async (name) => {
      receiver = await startReceiver();
      const { spans } = await traceCapture(receiver, '1.9.0', 'interruption', {
        privacy: { allowPii: false },
      });
      const told = spans.filter(({ raw }) => raw.name === name).map(({ sent }) => sent.attributes);
      expect(told.map((attributes) => attributes['voice.interrupted'])).toContain(true);
      expect(told.every((attributes) => attributes['metadata'] === undefined)).toBe(true);
    },
  );
});
