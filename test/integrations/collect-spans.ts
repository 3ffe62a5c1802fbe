import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  setup,
  type CatalystTracing,
  type InstallResult,
  type SetupOptions,
} from '../../src/index.js';

/** What a traced run has sent until its end, `shutdown()` included. */
export interface CollectedRun {
  readonly spans: readonly ReadableSpan[];
  readonly results: readonly InstallResult[];
}

export async function collectSpans(
  options: SetupOptions,
  scenario: (tracing: Pick<CatalystTracing, 'provider'>) => Promise<unknown>,
): Promise<CollectedRun> {
  // `shutdown()` empties an InMemorySpanExporter.
  const spans: ReadableSpan[] = [];
  const exporter: SpanExporter = {
    export: (batch, done) => {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
  const tracing = await setup({ autoInstrument: false, ...options, exporters: [exporter] });
  try {
    await scenario(tracing);
  } finally {
    await tracing.shutdown();
  }
  return { spans, results: tracing.installResults };
}

export function failed(spans: readonly ReadableSpan[]): readonly ReadableSpan[] {
  return spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
}
