import type { BatchObservableResult, Meter, MeterProvider, MetricsAPI } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { DeliveryStats } from '../export/delivery-stats.js';
import { debug, warnOnce } from '../diagnostics.js';
import type { ResolvedMetricsOptions } from '../options/option-table.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { INSTRUMENTS, type Instrument } from './instruments.js';
import { createOwnMeterProvider, type OwnMeterProvider } from './own-meter-provider.js';
import { SpanMetrics } from './span-metrics.js';

/** What metrics are made for. */
export interface MetricsParts {
  readonly resolved: ResolvedOptions;
  readonly resource: Resource;
  /** Its counters are metrics too; `undefined` without an endpoint. */
  readonly delivery: { stats(): DeliveryStats } | undefined;
  /** Of the copy of the API that spans are registered with: others would not see the provider. */
  readonly api: MetricsAPI;
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
  const { resolved, resource, api } = parts;
  const foreign = registeredMeterProvider(api);
  if (foreign !== undefined) return new Metrics(foreign, undefined, options, parts);
  const url = resolved.endpoint === undefined ? undefined : metricsUrl(resolved.endpoint);
  if (url === undefined) {
    warnOnce(
      'metrics_no_endpoint',
      'Metrics are on and have nowhere to go: set CATALYST_OTLP_ENDPOINT or the option "endpoint" to the base URL of the collector.',
    );
    return undefined;
  }
  const own = await createOwnMeterProvider(url, resolved, resource);
  return new Metrics(own.provider, own, options, parts);
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

/** The metrics of one set-up. */
export class Metrics {
  readonly spans: SpanMetrics;
  readonly #provider: MeterProvider;
  readonly #own: OwnMeterProvider | undefined;
  readonly #api: MetricsAPI;
  readonly #isGlobal: boolean;
  readonly #unobserve: (() => void) | undefined;

  constructor(
    provider: MeterProvider,
    own: OwnMeterProvider | undefined,
    options: ResolvedMetricsOptions,
    { api, delivery }: MetricsParts,
  ) {
    this.#api = api;
    this.#provider = provider;
    this.#own = own;
    this.#isGlobal = own !== undefined && api.setGlobalMeterProvider(own.provider);
    const meter = provider.getMeter(TRACER_NAME, VERSION);
    this.spans = new SpanMetrics(meter, options);
    this.#unobserve = delivery && observeDelivery(meter, () => delivery.stats());
  }

  /** Exports that the collector did not take; those of the application's own provider are its own. */
  get failedExports(): number {
    return this.#own?.failedExports() ?? 0;
  }

  /** Sends what was measured so far. Settles within `timeoutMillis` and never rejects. */
  async flush(timeoutMillis: number): Promise<void> {
    // The application's provider too: a job's process leaves without asking it.
    if (canFlush(this.#provider)) await settled(this.#provider.forceFlush({ timeoutMillis }));
  }

  /** Sends the rest and unregisters. Never rejects. */
  async close(timeoutMillis: number): Promise<void> {
    if (this.#own === undefined) {
      await this.flush(timeoutMillis);
      this.#unobserve?.();
      return;
    }
    await settled(this.#own.provider.shutdown({ timeoutMillis }));
    if (this.#isGlobal && this.#api.getMeterProvider() === this.#own.provider) {
      this.#api.disable();
    }
  }
}

type Flushable = MeterProvider & {
  forceFlush(options: { readonly timeoutMillis: number }): Promise<void>;
};

function canFlush(provider: MeterProvider): provider is Flushable {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function';
}

async function settled(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    debug(`Metrics: ${error instanceof Error ? error.name : typeof error}`);
  }
}

/** Reports what became of spans whenever metrics are collected; returns how to stop. */
function observeDelivery(meter: Meter, stats: () => DeliveryStats): () => void {
  const { spansExported, spansDropped, spansPending } = INSTRUMENTS;
  const exported = meter.createObservableCounter(...described(spansExported));
  const dropped = meter.createObservableCounter(...described(spansDropped));
  const pending = meter.createObservableUpDownCounter(...described(spansPending));
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
