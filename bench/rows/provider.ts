import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { FLUSH_DELAY_MILLIS, LIVEKIT_SCOPE, type RowOptions, type RunningRow } from './row.js';

/** The SDK set up as an application would, with one processor (or none: the noop row). */
export function startProvider(processors: readonly SpanProcessor[]): RunningRow {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    spanProcessors: [...processors],
  });
  provider.register();
  return {
    tracer: provider.getTracer(LIVEKIT_SCOPE),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

/** The stock batch processor: its defaults, on the bench's time scale. */
export function batch(exporter: SpanExporter, options: RowOptions): SpanProcessor {
  return new BatchSpanProcessor(exporter, {
    scheduledDelayMillis: FLUSH_DELAY_MILLIS / options.timeScale,
  });
}

/** Options of either stock OTLP exporter. */
export function exporterOptions(options: RowOptions): {
  url: string;
  compression: 'gzip' | 'none';
} {
  return { url: `${options.endpoint}/v1/traces`, compression: options.gzip ? 'gzip' : 'none' };
}
