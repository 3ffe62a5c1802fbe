import { debug, warnOnce } from '../diagnostics.js';
import type { MeasuredSpan } from '../session/session-statistics.js';
import type { ResolvedMetricsOptions } from '../options/option-table.js';
import type { Metrics, MetricsParts } from './metrics.js';
import type { SpanMetrics } from './span-metrics.js';

/** Measurements that wait while the SDK is loaded: some milliseconds of the first session. */
const MAX_EARLY = 1_024;

type Measurement = (spans: SpanMetrics) => void;

/**
 * The metrics of a set-up, whose SDK is loaded while spans pass already: what passes before waits
 * for it. Nothing here throws.
 */
export class LateMetrics {
  readonly #areOn: boolean;
  #metrics: Metrics | undefined;
  #early: Measurement[] | undefined;
  #arrival: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(areOn: boolean) {
    this.#areOn = areOn;
    if (areOn) this.#early = [];
  }

  /** Loads and makes them. Settles when they are there, or cannot be: spans still go out. */
  create(options: ResolvedMetricsOptions, parts: MetricsParts): Promise<void> {
    this.#arrival = this.#load(options, parts);
    return this.#arrival;
  }

  /** Exports that the collector did not take. */
  get failedExports(): number {
    return this.#metrics?.failedExports() ?? 0;
  }

  sessionStarted(tenantId: string | undefined): void {
    if (this.#areOn) this.#measure((spans) => spans.sessionStarted(tenantId));
  }

  add(span: MeasuredSpan): void {
    if (this.#areOn) this.#measure((spans) => spans.add(span));
  }

  /** Sends what was measured, after the spans. */
  async flush(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    await this.#afterSpans(spans, timeoutMillis);
    await this.#metrics?.flush(timeoutMillis / 2);
  }

  /** Sends the rest, after the spans, and unregisters. */
  async close(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    await this.#afterSpans(spans, timeoutMillis);
    this.#isClosed = true;
    await this.#metrics?.close(timeoutMillis / 2);
  }

  /** So that metrics have what became of the spans; when half of the time is over at the latest. */
  async #afterSpans(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    if (!this.#areOn) return;
    let timer: NodeJS.Timeout | undefined;
    const halfTime = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis / 2);
    });
    await Promise.race([Promise.all([spans, this.#arrival]), halfTime]);
    clearTimeout(timer);
  }

  async #load(options: ResolvedMetricsOptions, parts: MetricsParts): Promise<void> {
    let metrics: Metrics | undefined;
    try {
      const { createMetrics } = await import('./metrics.js');
      metrics = await createMetrics(options, parts);
    } catch (error) {
      warnOnce('metrics_failed', 'Metrics could not be set up; spans are not affected.');
      debug(`Metrics: ${error instanceof Error ? error.message : typeof error}`);
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    if (metrics === undefined) return;
    for (const measurement of early) attempt(measurement, metrics.spans);
    if (this.#isClosed) await metrics.close(0);
    else this.#metrics = metrics;
  }

  #measure(measurement: Measurement): void {
    if (this.#metrics !== undefined) {
      measurement(this.#metrics.spans);
      return;
    }
    if (this.#early === undefined) return;
    if (this.#early.length < MAX_EARLY) this.#early.push(measurement);
    else warnOnce('metrics_early', 'Spans end before metrics are loaded: metrics miss some.');
  }
}

/** A meter provider may be somebody else's code; who measures on the span path catches by itself. */
function attempt(measurement: Measurement, spans: SpanMetrics): void {
  try {
    measurement(spans);
  } catch (error) {
    debug(`Measuring failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}
