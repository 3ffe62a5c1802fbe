import type { Tracer } from '@opentelemetry/api';
import { LIVEKIT_SCOPE, FLUSH_DELAY_MILLIS, type RowOptions, type RunningRow } from './row.js';

/** The part of the built package that the bench uses. */
interface BuiltPackage {
  readonly setup: (options: Readonly<Record<string, unknown>>) => Promise<{
    readonly provider: { getTracer(scope: string): Tracer };
    forceFlush(): Promise<unknown>;
    shutdown(): Promise<unknown>;
  }>;
}

/** This package, built, through its public setup(); spans of LiveKit's scope are given to it. */
export async function start(options: RowOptions): Promise<RunningRow> {
  // From bench/dist/rows, where this file is once compiled.
  const built = new URL('../../../dist/index.js', import.meta.url);
  const { setup } = (await import(built.href)) as BuiltPackage;
  const tracing = await setup({
    endpoint: options.endpoint,
    serviceName: 'bench',
    autoInstrument: false,
    compression: options.gzip ? 'gzip' : 'none',
    flushIntervalMillis: FLUSH_DELAY_MILLIS / options.timeScale,
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
