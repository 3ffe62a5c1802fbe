import { llm, telemetry, voice } from '@livekit/agents';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { setup } from '../../src/setup.js';
import { messagesOf } from '../mapping/conversation-atoms.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { ScriptedLLM, type ScriptedReply } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { captureSpans } from '../support/span-capture.js';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

describe('a conversation of 60 turns', () => {
  it('keeps every message on its last model call, and drops no attribute', async () => {
    const before = receiver.spans().length;
    const tracing = await setup({
      endpoint: receiver.endpoint,
      modules: { livekitAgents: { telemetry } },
    });
    const turns = Array.from({ length: 60 }, (_, index) => `question ${index}`);
    const model = new ScriptedLLM({
      replies: turns.map((_, index) => ({
        text: `answer ${index}`,
        usage: { prompt: 10 + index, completion: 2 },
      })),
    });
    const agent = new voice.Agent({ instructions: 'Be brief.' });
    await runTextSession({ agent, llm: model, turns });
    await tracing.shutdown();
    const spans = receiver.spans().slice(before);

    expect(spans.map(({ droppedAttributesCount }) => droppedAttributesCount)).toEqual(
      spans.map(() => 0),
    );
    const requests = spans.filter(({ name }) => name === 'llm_request');
    expect(requests).toHaveLength(60);
    requests.forEach(({ attributes }, index) => {
      const messages = messagesOf(attributes, 'llm.input_messages');
      expect(messages.map((message) => message['message.content'])).toEqual([
        'Be brief.',
        ...turns.slice(0, index).flatMap((said, at) => [said, `answer ${at}`]),
        turns[index],
      ]);
      expect(attributes['llm.token_count.prompt']).toBe(10 + index);
      expect(attributes['openinference.span.kind']).toBe('LLM');
      expect(attributes['output.value']).toBe(`answer ${index}`);
    });
    const sum = requests.reduce(
      (total, { attributes }) => total + Number(attributes['llm.token_count.total']),
      0,
    );
    expect(sum).toBe(model.usage.total);
  });
});

/** What another processor sees of a span, without what differs from run to run. */
interface SeenSpan {
  readonly name: string;
  readonly parent: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: unknown;
  readonly events: readonly string[];
}

class SeeingProcessor implements SpanProcessor {
  readonly #names = new Map<string, string>();
  readonly seen: SeenSpan[] = [];

  onStart(span: ReadableSpan): void {
    this.#names.set(span.spanContext().spanId, span.name);
  }

  onEnd(span: ReadableSpan): void {
    this.seen.push({
      name: span.name,
      parent: this.#names.get(span.parentSpanContext?.spanId ?? ''),
      attributes: Object.fromEntries(
        Object.entries(span.attributes).map(([key, value]) => [key, withoutChance(key, value)]),
      ),
      status: span.status,
      events: span.events.map(({ name }) => name),
    });
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** Ids, times and what depends on them. */
function withoutChance(key: string, value: unknown): unknown {
  if (typeof value === 'number' && /ttft|latency|chunk|delay/u.test(key)) return typeof value;
  if (key === 'langfuse.observation.completion_start_time') return typeof value;
  if (typeof value !== 'string' || key === 'exception.stacktrace') return typeof value;
  return value
    .replaceAll(/(?<prefix>item|speech|lk)_[\da-f-]{8,}/gu, '$<prefix>_id')
    .replaceAll(
      /(?<name>"[a-zA-Z_]*(?:Ms|timestamp|_at|ttft|latency|Second)":)-?[\d.e-]+/gu,
      '$<name>0',
    );
}

function replies(): readonly ScriptedReply[] {
  return [
    { toolCalls: [{ name: 'look', arguments: { a: 1 } }], usage: { prompt: 9, completion: 3 } },
    { text: 'found it', usage: { prompt: 19, completion: 4 } },
    { text: 'bye', usage: { prompt: 29, completion: 1 } },
  ];
}

async function runSession(): Promise<void> {
  const look = llm.tool({
    description: 'Looks something up',
    parameters: z.object({ a: z.number() }),
    execute: async () => 'there',
  });
  await runTextSession({
    agent: new voice.Agent({ instructions: 'Be brief.', tools: { look } }),
    llm: new ScriptedLLM({ replies: replies() }),
    turns: ['where is it?', 'thanks'],
  });
}

describe('other processors of the same provider', () => {
  it('see the raw spans exactly as without this one', async () => {
    const plain = captureSpans();
    const without = new SeeingProcessor();
    await runSession();
    for (const span of plain.spans()) without.onStart(span);
    for (const span of plain.spans()) without.onEnd(span);
    await plain.shutdown();

    const cloudLike = new SeeingProcessor();
    const tracing = await setup({
      endpoint: receiver.endpoint,
      modules: {
        livekitAgents: telemetryModule((register) => register(cloudLike)),
      },
    });
    await runSession();
    await tracing.shutdown();
    expect(cloudLike.seen).toEqual(without.seen);
    expect(cloudLike.seen.length).toBeGreaterThan(15);
  });
});

type RegisterSpanProcessor = NonNullable<
  NonNullable<Parameters<typeof telemetry.setTracerProvider>[1]>['registerSpanProcessor']
>;

/** LiveKit as it is when it starts to send to its Cloud: it adds a processor through the registrar. */
function telemetryModule(onRegistrar: (register: RegisterSpanProcessor) => void) {
  return {
    telemetry: {
      ...telemetry,
      setTracerProvider: (
        ...[provider, options]: Parameters<typeof telemetry.setTracerProvider>
      ): void => {
        telemetry.setTracerProvider(provider, options);
        if (options?.registerSpanProcessor !== undefined)
          onRegistrar(options.registerSpanProcessor);
      },
    },
  };
}
