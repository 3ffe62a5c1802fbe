import type { setup as Setup } from 'catalyst-tracing';
import { FLUSH_DELAY_MILLIS, LIVEKIT_SCOPE, type RowOptions, type RunningRow } from './row.js';

// From bench/dist/bench/rows, where this file is once compiled.
const built = new URL('../../../../dist/index.js', import.meta.url);
const { setup } = (await import(built.href)) as { setup: typeof Setup };

/** This package as it is built, through its public setup(). */
export async function start(options: RowOptions): Promise<RunningRow> {
  const tracing = await setup({
    endpoint: options.endpoint,
    serviceName: 'bench',
    autoInstrument: options.connectLiveKit,
    compression: 'none',
    delivery: { flushIntervalMillis: FLUSH_DELAY_MILLIS / options.timeScale },
    ...options.setupOptions,
  });
  return {
    tracer: tracing.provider.getTracer(LIVEKIT_SCOPE),
    forceFlush: async () => {
      await tracing.forceFlush();
    },
    shutdown: async () => {
      await tracing.shutdown();
    },
  };
}
