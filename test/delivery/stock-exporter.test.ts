import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryProcessor } from '../../src/export/delivery-processor.js';
import { DeliveryReport } from '../../src/export/delivery-stats.js';
import { endedSpan } from '../support/delivery-fixture.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
});

const EXPORTERS = [
  ['exporter-trace-otlp-http', JsonExporter],
  ['exporter-trace-otlp-proto', ProtobufExporter],
] as const;

function names(): string[] {
  return receiver
    .spans()
    .map(({ name }) => name)
    .toSorted();
}

describe.each(EXPORTERS)('our batch processor over the stock %s', (_, Exporter) => {
  /** The stock exporter tries again by itself, after a second: here it has no time for it. */
  function open(url: string): {
    readonly processor: DeliveryProcessor;
    readonly codes: string[];
    readonly add: (name: string, text?: string) => void;
  } {
    const codes: string[] = [];
    const diagnostics = { warnOnce: (code: string) => codes.push(code), debug: () => undefined };
    const config = { url, timeoutMillis: 500 };
    const processor = new DeliveryProcessor(
      new Exporter(config),
      {
        url,
        maxQueueBytes: 32 * 1024 * 1024,
        maxBatchBytes: 1024 * 1024,
        maxRequestBytes: 4 * 1024 * 1024,
        flushIntervalMillis: 50,
        exportTimeoutMillis: 500,
        shutdownTimeoutMillis: 10_000,
        spoolDirectory: undefined,
      },
      new DeliveryReport(url, (text) => text, true, diagnostics),
    );
    const add = (name: string, text = ''): void => processor.onEnd(endedSpan(name, { text }));
    return { processor, codes, add };
  }

  it('delivers', async () => {
    const { processor, codes, add } = open(receiver.url);
    for (const name of ['a', 'b', 'c']) add(name);
    await processor.shutdown();
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(processor.stats()).toMatchObject({ exported: 3, dropped: 0, pendingSpans: 0 });
    expect(codes).toEqual([]);
  });

  it.each([429, 503])('tries again after %i', async (status) => {
    receiver.respond(({ index }) => (index === 0 ? { status } : undefined));
    const { processor, codes, add } = open(receiver.url);
    add('a');
    await processor.shutdown();
    expect(names()).toEqual(['a']);
    expect(processor.stats()).toMatchObject({ exported: 1, retries: 1 });
    expect(codes).toEqual(['delivery_failing']);
  });

  it('tries again when nobody listens', async () => {
    const { port, url } = receiver;
    await receiver.close();
    const { processor, add } = open(url);
    add('a');
    while (processor.stats().retries === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    receiver = await startReceiver({ port });
    await processor.shutdown();
    expect(names()).toEqual(['a']);
  });

  it('drops what is refused, and says so', async () => {
    receiver.respond(() => ({ status: 400, body: 'no' }));
    const { processor, codes, add } = open(receiver.url);
    add('a');
    await processor.shutdown();
    expect(processor.stats().droppedByReason.rejected).toBe(1);
    expect(codes).toEqual(['delivery_refused_400']);
  });

  it('splits what is too large', async () => {
    receiver.respond(({ body }) => (body.length > 40_000 ? { status: 413 } : undefined));
    const { processor, add } = open(receiver.url);
    for (let index = 0; index < 40; index++) add(`span-${index}`, 'x'.repeat(4000));
    await processor.shutdown();
    expect(new Set(names()).size).toBe(40);
    expect(processor.stats()).toMatchObject({ exported: 40, dropped: 0 });
  });
});
