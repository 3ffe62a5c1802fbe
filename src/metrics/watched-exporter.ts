import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { debug, warnOnce } from '../diagnostics.js';

export type WatchedExporter = PushMetricExporter;

/** Says once that metrics do not arrive: OpenTelemetry itself says it to nobody by default. */
export function watchExports(exporter: PushMetricExporter): WatchedExporter {
  return {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        if (result.error !== undefined) {
          warnOnce('metrics_not_delivered', 'Metrics could not be delivered to the collector.');
          debug(`Metrics: ${result.error.name}`);
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    ...(exporter.selectAggregation && {
      selectAggregation: exporter.selectAggregation.bind(exporter),
    }),
    ...(exporter.selectAggregationTemporality && {
      selectAggregationTemporality: exporter.selectAggregationTemporality.bind(exporter),
    }),
  };
}
