import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { debug, warnOnce } from '../diagnostics.js';

/** An exporter, and how often it has failed. */
export interface WatchedExporter {
  readonly exporter: PushMetricExporter;
  readonly failedExports: () => number;
}

/**
 * Counts exports that fail and says so once: OpenTelemetry itself says it to nobody by default.
 * `release` is called when it has shut down.
 */
export function watchExports(exporter: PushMetricExporter, release: () => void): WatchedExporter {
  let failed = 0;
  const watched: PushMetricExporter = {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        if (result.error !== undefined) {
          failed += 1;
          warnOnce('metrics_not_delivered', 'Metrics could not be delivered to the collector.');
          debug(`Metrics: ${result.error.name}`);
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown().finally(release),
    ...(exporter.selectAggregation && {
      selectAggregation: exporter.selectAggregation.bind(exporter),
    }),
    ...(exporter.selectAggregationTemporality && {
      selectAggregationTemporality: exporter.selectAggregationTemporality.bind(exporter),
    }),
  };
  return { exporter: watched, failedExports: () => failed };
}
