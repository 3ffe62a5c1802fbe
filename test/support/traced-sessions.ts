import * as livekitAgents from '@livekit/agents';
import { setup, type CatalystTracing } from '../../src/index.js';
import type { SetupOptions } from '../../src/options/setup-options.js';
import { MetricPoints } from './metric-points.js';
import type { DecodedSpan } from './otlp-decode.js';
import { startReceiver, type Receiver } from './otlp-receiver.js';

/** Tracing that is live, and the collector that it sends to. */
export interface TracedSessions {
  readonly tracing: CatalystTracing;
  /** Everything that has ended by now, as it arrived. */
  arrived(): Promise<ArrivedSpans>;
  /** Everything that was measured by now, as it arrived. */
  measured(): Promise<MetricPoints>;
  close(): Promise<void>;
}

/** Spans as the collector got them. */
export class ArrivedSpans {
  readonly all: readonly DecodedSpan[];

  constructor(all: readonly DecodedSpan[]) {
    this.all = all;
  }

  named(name: string): DecodedSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** The one span of this name, or an error that lists what arrived. */
  only(name: string): DecodedSpan {
    const [first, ...more] = this.named(name);
    if (first !== undefined && more.length === 0) return first;
    throw new Error(`not exactly one ${name}: ${this.all.map((span) => span.name).join(', ')}`);
  }

  parentOf(span: DecodedSpan): string | undefined {
    return this.all.find(({ spanId }) => spanId === span.parentSpanId)?.name;
  }
}

/** Sets tracing up for this copy of LiveKit, against a collector of its own. */
export async function traceSessions(options: SetupOptions = {}): Promise<TracedSessions> {
  const receiver: Receiver = await startReceiver();
  const tracing = await setup({
    endpoint: receiver.endpoint,
    modules: { livekitAgents },
    ...options,
  });
  return {
    tracing,
    arrived: async () => {
      await tracing.forceFlush();
      return new ArrivedSpans(receiver.spans());
    },
    measured: async () => {
      await tracing.forceFlush();
      return MetricPoints.receivedBy(receiver);
    },
    close: async () => {
      await tracing.shutdown();
      await receiver.close();
    },
  };
}
