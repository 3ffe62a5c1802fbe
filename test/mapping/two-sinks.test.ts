import type { Attributes } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listCaptures } from '../support/corpus.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { traceCapture } from '../support/traced-replay.js';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

it.each(listCaptures())(
  'shows exporters what goes over the wire: $version $scenario',
  async ({ version, scenario }) => {
    const viewed = new Map<string, Attributes>();
    const { received } = await traceCapture(receiver, version, scenario, {
      spanProcessors: [
        {
          onStart: () => {},
          onEnd: (span) => viewed.set(span.spanContext().spanId, span.attributes),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    expect(viewed.size).toBe(received.length);
    for (const { spanId, attributes, name } of received) {
      const view = Object.entries(viewed.get(spanId) ?? {});
      expect(Object.entries(attributes), name).toEqual(
        view.map(([key, value]) => [key, wellFormed(value)]),
      );
    }
  },
);

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(wellFormed) : value;
}
