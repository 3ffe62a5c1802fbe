import type { BatchObservableResult, Meter, MeterProvider, MetricsAPI } from '@opentelemetry/api';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type * as metricsSdk from '@opentelemetry/sdk-metrics';
import type { DeliveryStats } from '../export/delivery-stats.js';
import { debug, DIAGNOSTICS, warnOnce } from '../diagnostics.js';
import { createAgent, readCertificates, resolveProxy } from '../export/http-agent.js';
import type { ResolvedMetricsOptions } from '../options/option-table.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { DELIVERY_INSTRUMENTS, type Instrument } from './instruments.js';
import { SpanMetrics } from './span-metrics.js';

const DEFAULT_INTERVAL_MILLIS = 60_000;
/** LiveKit's stalls: seconds, most of them under one, which the SDK's bounds put into one bucket. */
const STALL_SECONDS = [0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10];

export interface MetricsParts {
  readonly resolved: ResolvedOptions;
  readonly resource: Resource;
  /** Its counters are metrics too; `undefined` without an endpoint. */
  readonly delivery: { stats(): DeliveryStats } | undefined;
  /** Of the copy of the API that spans are registered with: others would not see the provider. */
  readonly api: MetricsAPI;
}

export interface Metrics {
  readonly spans: SpanMetrics;
  /** Exports that the collector did not take; those of the application's own provider are its own. */
  readonly failedExports: () => number;
  /** Sends what was measured so far. Never rejects. */
  readonly flush: (timeoutMillis: number) => Promise<void>;
  /** Sends the rest and unregisters. Never rejects. */
  readonly close: (timeoutMillis: number) => Promise<void>;
}

/**
 * Metrics over the application's own meter provider when one is registered, else over one of ours,
 * which is then registered so that LiveKit's own metric takes the same road. `undefined` when they
 * have nowhere to go.
 */
export async function createMetrics(
  options: ResolvedMetricsOptions,
  parts: MetricsParts,
): Promise<Metrics | undefined> {
  const { resolved, delivery, api } = parts;
  const foreign = registeredMeterProvider(api);
  if (foreign !== undefined) return metricsOver(foreign, options, delivery);
  const url = resolved.endpoint === undefined ? undefined : metricsUrl(resolved.endpoint);
  if (url === undefined) {
    warnOnce(
      'metrics_no_endpoint',
      'Metrics are on and have nowhere to go: set CATALYST_OTLP_ENDPOINT or the option "endpoint" to the base URL of the collector.',
    );
    return undefined;
  }
  const { provider, failedExports } = await createOwnMeterProvider(url, parts);
  const isGlobal = api.setGlobalMeterProvider(provider);
  return {
    ...metricsOver(provider, options, delivery),
    failedExports,
    close: async (timeoutMillis) => {
      await settled(() => provider.shutdown({ timeoutMillis }));
      if (isGlobal && api.getMeterProvider() === provider) api.disable();
    },
  };
}

/**
 * The meter provider of the process. While none is registered the API returns one that does nothing:
 * it has one meter for all names (`NoopMeterProvider`, `@opentelemetry/api` 1.9). Class names are
 * gone in a minified bundle, and another copy of the API has another such class.
 */
function registeredMeterProvider(api: MetricsAPI): MeterProvider | undefined {
  const provider = api.getMeterProvider();
  const isNoop = provider.getMeter(TRACER_NAME, VERSION) === provider.getMeter('none');
  return isNoop ? undefined : provider;
}

/** Metrics over a provider that is not ours to shut down. */
function metricsOver(
  provider: MeterProvider,
  options: ResolvedMetricsOptions,
  delivery: MetricsParts['delivery'],
): Metrics {
  const meter = provider.getMeter(TRACER_NAME, VERSION);
  const unobserve = delivery && observeDelivery(meter, () => delivery.stats());
  // The application's provider too: a job's process leaves without asking it.
  const flush = async (timeoutMillis: number): Promise<void> => {
    if (canFlush(provider)) await settled(() => provider.forceFlush({ timeoutMillis }));
  };
  return {
    spans: new SpanMetrics(meter, options),
    failedExports: () => 0,
    flush,
    close: async (timeoutMillis) => {
      await flush(timeoutMillis);
      unobserve?.();
    },
  };
}

type Flushable = MeterProvider & {
  forceFlush(options: { readonly timeoutMillis: number }): Promise<void>;
};

function canFlush(provider: MeterProvider): provider is Flushable {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function';
}

async function settled(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    debug(`Metrics: ${error instanceof Error ? error.name : typeof error}`);
  }
}

/**
 * Loads OpenTelemetry's metrics SDK and its OTLP exporter, which is why nothing of them is loaded
 * while metrics are off. Temporality comes from `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`,
 * which the exporter reads itself, the interval from `OTEL_METRIC_EXPORT_INTERVAL` (default 60 s).
 */
async function createOwnMeterProvider(
  url: string,
  { resolved, resource }: MetricsParts,
): Promise<{ readonly provider: metricsSdk.MeterProvider; readonly failedExports: () => number }> {
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

/** Reports what became of spans whenever metrics are collected; returns how to stop. */
function observeDelivery(meter: Meter, stats: () => DeliveryStats): () => void {
  const exported = meter.createObservableCounter(...described(DELIVERY_INSTRUMENTS.exported));
  const dropped = meter.createObservableCounter(...described(DELIVERY_INSTRUMENTS.dropped));
  const pending = meter.createObservableUpDownCounter(...described(DELIVERY_INSTRUMENTS.pending));
  const report = (result: BatchObservableResult): void => {
    const now = stats();
    result.observe(exported, now.exported);
    result.observe(pending, now.pendingSpans);
    for (const [reason, count] of Object.entries(now.droppedByReason)) {
      if (count > 0) result.observe(dropped, count, { reason });
    }
  };
  const observed = [exported, dropped, pending];
  meter.addBatchObservableCallback(report, observed);
  return () => meter.removeBatchObservableCallback(report, observed);
}

function described({
  name,
  unit,
  meaning,
}: Instrument): [name: string, options: { unit: string; description: string }] {
  return [name, { unit, description: meaning }];
}

const TRACES_PATH = /\/v1\/traces$/;

/**
 * Where metrics go: `/v1/metrics` in place of `/v1/traces`, the query kept. `undefined`
 * when the URL of the spans, which is used as it is, ends otherwise.
 */
export function metricsUrl(tracesUrl: string): string | undefined {
  const url = new URL(tracesUrl);
  if (!TRACES_PATH.test(url.pathname)) return undefined;
  url.pathname = url.pathname.replace(TRACES_PATH, '/v1/metrics');
  return url.href;
}
