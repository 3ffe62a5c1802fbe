import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SetupOptions } from '../../src/index.js';
import { listCaptures } from '../support/corpus.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { traceCapture } from '../support/traced-replay.js';

/** A processor of the user's own is all it takes: spans are then mapped into objects first. */
const LISTENER: SpanProcessor = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

it.each(listCaptures())(
  'sends what the object path sends, in the same order: $version $scenario',
  async ({ version, scenario }) => {
    const trace = async (options: SetupOptions): Promise<readonly unknown[]> => {
      const replay = await traceCapture(receiver, version, scenario, options);
      return replay.received.map((span) => comparable(span, replay.received));
    };
    const streamed = await trace({});
    expect(streamed.length).toBeGreaterThan(0);
    expect(streamed).toEqual(await trace({ spanProcessors: [LISTENER] }));
  },
);

/** Everything of a span, where ids are the places of what they name. */
function comparable(span: DecodedSpan, all: readonly DecodedSpan[]): unknown {
  const traces = [...new Set(all.map(({ traceId }) => traceId))];
  const place = (spanId: string): number => all.findIndex((other) => other.spanId === spanId);
  const { spanId, parentSpanId, traceId, attributes, links, ...rest } = span;
  const named = (value: unknown): unknown =>
    typeof value === 'string'
      ? traces.reduce((text, id, at) => text.replaceAll(id, `trace ${at}`), value)
      : value;
  return {
    ...rest,
    place: place(spanId),
    parent: place(parentSpanId),
    trace: traces.indexOf(traceId),
    links: links.length,
    attributes: Object.entries(attributes).map(([key, value]) => [key, named(value)]),
  };
}
