import { attempt, debug, reasonOf, warnOnce } from '../diagnostics.js';
import type { MeasuredSpan } from '../session/session-statistics.js';
import type { ResolvedMetricsOptions } from '../options/option-table.js';
import type { Metrics, MetricsParts } from './metrics.js';
import type { SpanMetrics } from './span-metrics.js';

/** Measurements that wait while the SDK is loaded: some milliseconds of the first session. */
const MAX_EARLY = 1_024;

type Measurement = (spans: SpanMetrics) => void;

/**
 * The metrics of a set-up, whose SDK is loaded while spans pass already: what passes before waits
 * for it.
 */
export class LateMetrics {
  /** While they are loaded, if they are on. */
  #early: Measurement[] | undefined;
  #metrics: Metrics | undefined;
  #arrival: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(areOn: boolean) {
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

  /** Who calls this on the span path catches what a meter provider of somebody else throws. */
  sessionStarted(tenantId: string | undefined): void {
    if (this.#metrics !== undefined) this.#metrics.spans.sessionStarted(tenantId);
    else this.#wait((spans) => spans.sessionStarted(tenantId));
  }

  /** Like {@link sessionStarted}. */
  add(span: MeasuredSpan): void {
    if (this.#metrics !== undefined) this.#metrics.spans.add(span);
    else this.#wait((spans) => spans.add(span));
  }

  /** Sends what was measured, after the spans. */
  async flush(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    await this.#afterSpans(spans, timeoutMillis / 2);
    if (this.#metrics !== undefined) await within(this.#metrics.flush, timeoutMillis / 2);
  }

  /** Sends the rest, after the spans, and unregisters. */
  async close(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    await this.#afterSpans(spans, timeoutMillis / 2);
    this.#isClosed = true;
    if (this.#metrics !== undefined) await within(this.#metrics.close, timeoutMillis / 2);
  }

  /** So that metrics have what became of the spans. */
  async #afterSpans(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    if (this.#metrics === undefined && this.#early === undefined) return;
    await within(() => Promise.all([spans, this.#arrival]), timeoutMillis);
  }

  async #load(options: ResolvedMetricsOptions, parts: MetricsParts): Promise<void> {
    let metrics: Metrics | undefined;
    try {
      const { createMetrics } = await import('./metrics.js');
      metrics = await createMetrics(options, parts);
    } catch (error) {
      warnOnce('metrics_failed', 'Metrics could not be set up; spans are not affected.');
      debug(`Metrics: ${reasonOf(error)}`);
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    if (metrics === undefined) return;
    const { spans } = metrics;
    for (const measurement of early) attempt('Measuring', () => measurement(spans));
    if (this.#isClosed) await metrics.close(0);
    else this.#metrics = metrics;
  }

  #wait(measurement: Measurement): void {
    if (this.#early === undefined) return;
    if (this.#early.length < MAX_EARLY) this.#early.push(measurement);
    else warnOnce('metrics_early', 'Spans end before metrics are loaded: metrics miss some.');
  }
}

/** Waits until the work is done or the time is over: an application's meter provider may never answer. */
async function within(
  work: (timeoutMillis: number) => Promise<unknown>,
  timeoutMillis: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMillis);
  });
  await Promise.race([work(timeoutMillis), isOver]);
  clearTimeout(timer);
}
