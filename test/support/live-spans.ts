import { trace } from '@opentelemetry/api';
import { setup, type CatalystTracing } from '../../src/index.js';
import type { DecodedSpan } from './otlp-decode.js';
import { startReceiver } from './otlp-receiver.js';

/** Live tracing and what reached the collector. */
export interface LiveSpans {
  readonly tracing: CatalystTracing;
  /** Everything that has arrived, flushed first. */
  all(): Promise<readonly DecodedSpan[]>;
  /** The only span of that name; throws when there are none or several. */
  only(name: string): Promise<DecodedSpan>;
  close(): Promise<void>;
}

/** Sets up tracing towards a real collector of its own. */
export async function startLiveSpans(options?: Parameters<typeof setup>[0]): Promise<LiveSpans> {
  const receiver = await startReceiver();
  const tracing = await setup({ endpoint: receiver.endpoint, ...options });
  const all = async (): Promise<readonly DecodedSpan[]> => {
    await tracing.forceFlush();
    return receiver.spans();
  };
  return {
    tracing,
    all,
    only: async (name) => {
      const seen = await all();
      const [span, ...more] = seen.filter((each) => each.name === name);
      if (span === undefined || more.length > 0) {
        throw new Error(`expected one ${name} among ${seen.map((each) => each.name).join(', ')}`);
      }
      return span;
    },
    close: async () => {
      await tracing.shutdown();
      trace.disable();
      await receiver.close();
    },
  };
}
