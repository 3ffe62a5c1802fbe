import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { FLUSH_DELAY_MILLIS, LIVEKIT_SCOPE, type RowOptions, type RunningRow } from './row.js';

/** The SDK set up as an application would, with one processor, or none. */
export async function startProvider(
  options: RowOptions,
  processors: readonly SpanProcessor[],
): Promise<RunningRow> {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    spanProcessors: [...processors],
  });
  provider.register();
  if (options.connectLiveKit) {
    const { telemetry } = await import('@livekit/agents');
    telemetry.setTracerProvider(provider);
  }
  return {
    tracer: provider.getTracer(LIVEKIT_SCOPE),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

/** The stock batch processor with its defaults, on the bench's time scale. */
export async function startStock(
  options: RowOptions,
  Exporter: new (config: { url: string }) => SpanExporter,
): Promise<RunningRow> {
  const exporter = new Exporter({ url: `${options.endpoint}/v1/traces` });
  const scheduledDelayMillis = FLUSH_DELAY_MILLIS / options.timeScale;
  return startProvider(options, [new BatchSpanProcessor(exporter, { scheduledDelayMillis })]);
}
