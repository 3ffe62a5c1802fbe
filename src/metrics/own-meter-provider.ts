import type { Resource } from '@opentelemetry/resources';
import type * as metricsSdk from '@opentelemetry/sdk-metrics';
import { getNumberFromEnv } from '@opentelemetry/core';
import { debug, DIAGNOSTICS, warnOnce } from '../diagnostics.js';
import { createAgent, readCertificates, resolveProxy } from '../export/http-agent.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

const DEFAULT_INTERVAL_MILLIS = 60_000;
/** LiveKit's stalls: seconds, most of them under one, which the SDK's bounds put into one bucket. */
const STALL_SECONDS = [0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10];

/** A meter provider of ours, that is sent to the collector of the spans. */
export interface OwnMeterProvider {
  readonly provider: metricsSdk.MeterProvider;
  /** Exports that the collector did not take. */
  readonly failedExports: () => number;
}

/**
 * Loads OpenTelemetry's metrics SDK and its OTLP exporter, which is why nothing of them is loaded
 * while metrics are off. Temporality comes from `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`,
 * which the exporter reads itself, the interval from `OTEL_METRIC_EXPORT_INTERVAL` (default 60 s).
 */
export async function createOwnMeterProvider(
  url: string,
  resolved: ResolvedOptions,
  resource: Resource,
): Promise<OwnMeterProvider> {
  const [sdk, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
  ]);
  const { delivery } = resolved;
  const ca = readCertificates(delivery.ca, DIAGNOSTICS);
  // Not longer than the end of a process gives metrics, which is half of its time: the SDK's timers
  // would keep the process for the rest.
  const timeoutMillis = Math.max(
    1,
    Math.min(delivery.exportTimeoutMillis, delivery.shutdownTimeoutMillis / 2),
  );
  const target = new URL(url);
  const agent = createAgent({ url: target, proxy: proxyOf(target, resolved), ca, timeoutMillis });
  const config: NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]> = {
    url,
    headers: { ...resolved.headers },
    timeoutMillis,
    httpAgentOptions: () => agent,
  };
  let failed = 0;
  class CountingExporter extends OTLPMetricExporter {
    /** Counts exports that fail and warns once: OpenTelemetry itself reports them to nobody. */
    override export(...[metrics, done]: Parameters<metricsSdk.PushMetricExporter['export']>): void {
      super.export(metrics, (result) => {
        if (result.error !== undefined) {
          failed += 1;
          warnOnce('metrics_not_delivered', 'Metrics could not be delivered to the collector.');
          debug(`Metrics: ${result.error.name}`);
        }
        done(result);
      });
    }

    override shutdown(): Promise<void> {
      return super.shutdown().finally(() => agent.destroy());
    }
  }
  const fromEnvironment = getNumberFromEnv('OTEL_METRIC_EXPORT_INTERVAL') ?? 0;
  const exportIntervalMillis = fromEnvironment > 0 ? fromEnvironment : DEFAULT_INTERVAL_MILLIS;
  const provider = new sdk.MeterProvider({
    resource,
    views: [stallView(sdk)],
    readers: [
      new sdk.PeriodicExportingMetricReader({
        // The type of `compression` is an enum of a package that is not ours to load.
        exporter: new CountingExporter(
          Object.assign(config, { compression: resolved.compression }),
        ),
        exportIntervalMillis,
        exportTimeoutMillis: Math.min(exportIntervalMillis, timeoutMillis),
      }),
    ],
  });
  return { provider, failedExports: () => failed };
}

/**
 * The proxy of the spans, where the collector is an `https:` one. An agent cannot rewrite a request
 * as a proxy wants it of an `http:` one.
 */
function proxyOf(target: URL, { proxies }: ResolvedOptions): URL | undefined {
  const proxy = resolveProxy(target, proxies, DIAGNOSTICS);
  if (proxy === undefined || target.protocol === 'https:') return proxy;
  warnOnce(
    'metrics_proxy_unused',
    'Metrics go to the collector directly: a proxy is used for them only when the collector is an https one.',
  );
  return undefined;
}

/**
 * LiveKit's histogram of stalls, under bounds that fit and without the ids of room and job, each of
 * which would be a further time series.
 */
function stallView(sdk: typeof metricsSdk): metricsSdk.ViewOptions {
  return {
    instrumentName: 'lk.agents.event_loop.blocked_duration',
    aggregation: {
      type: sdk.AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: STALL_SECONDS },
    },
    attributesProcessors: [
      sdk.createAllowListAttributesProcessor(['severity', 'cause', 'lk.agent_name']),
    ],
  };
}
