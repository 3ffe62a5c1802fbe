import type { MeasuredSpan } from '../summary/measured-span.js';
import type { Metrics } from './metrics.js';

/**
 * The metrics of a set-up, whose SDK is loaded while spans pass already: what passes before is not
 * measured. Nothing here throws.
 */
export class LateMetrics {
  /** Whether they were asked for at all. */
  readonly areOn: boolean;
  #metrics: Metrics | undefined;

  constructor(areOn: boolean) {
    this.areOn = areOn;
  }

  arrive(metrics: Metrics | undefined): void {
    this.#metrics = metrics;
  }

  sessionStarted(tenantId: string | undefined): void {
    this.#metrics?.spans.sessionStarted(tenantId);
  }

  add(span: MeasuredSpan): void {
    this.#metrics?.spans.add(span);
  }

  /** Sends what was measured, after the spans. */
  async flush(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    const metrics = this.#metrics;
    if (metrics !== undefined) {
      await sendAfter(spans, timeoutMillis, (millis) => metrics.flush(millis));
    }
  }

  /** Sends the rest, after the spans, and lets go of the process. */
  async close(spans: Promise<unknown>, timeoutMillis: number): Promise<void> {
    const metrics = this.#metrics;
    if (metrics !== undefined) {
      await sendAfter(spans, timeoutMillis, (millis) => metrics.close(millis));
    }
  }
}

/** After the spans, to tell what became of those; when half of the time is over at the latest. */
async function sendAfter(
  spans: Promise<unknown>,
  timeoutMillis: number,
  send: (timeoutMillis: number) => Promise<void>,
): Promise<void> {
  const half = timeoutMillis / 2;
  let timer: NodeJS.Timeout | undefined;
  const halfTime = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, half);
  });
  await Promise.race([spans, halfTime]);
  clearTimeout(timer);
  await send(half);
}
