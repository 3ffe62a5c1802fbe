import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { warnOnce } from '../diagnostics.js';

/** A span processor whose flush may have a deadline. */
export interface FlushableProcessor extends SpanProcessor {
  /** It keeps the deadline by itself, and need not be given up on. */
  readonly settlesInTime?: true;
  forceFlush(options?: FlushDeadline): Promise<void>;
  shutdown(options?: FlushDeadline): Promise<void>;
}

export interface FlushDeadline {
  /** Milliseconds after which the flush settles, whatever has been sent. */
  readonly timeoutMillis?: number | undefined;
}

type Method = 'onStart' | 'onEnding' | 'onEnd' | 'forceFlush' | 'shutdown';

/** Says that a processor has failed, once for each code. */
type SayFailure = (method: Method, errorName: string) => void;

/** Processors and exporters that the application passed to `setup()`. */
export const APPLICATION_FAILURES: SayFailure = (method, errorName) =>
  warnOnce(
    'span_processor_failed',
    `A span processor or exporter that was passed to setup() failed in ${method}() (${errorName}); spans are sent to the collector all the same.`,
  );

/** Processors of raw spans: LiveKit's, and those that were added to the provider later. */
export const RAW_FAILURES: SayFailure = (method, errorName) =>
  warnOnce(
    `raw_processor_${method}`,
    `A span processor that was added to the tracer provider failed in ${method}() (${errorName}): the others go on.`,
  );

/**
 * Hands spans to several processors. They are somebody else's code: one that throws or rejects
 * costs neither the host nor the other processors anything, and one that hangs costs a flush no
 * more than its deadline.
 *
 * One exception: what a failed `onEnding` was to strip is unknown, so such a span goes to none of
 * them, as it would go to nobody if the error were thrown on.
 */
export class SpanProcessorFanout implements FlushableProcessor {
  readonly #processors: FlushableProcessor[];
  readonly #withheld = new WeakSet<ReadableSpan>();
  readonly #report: SayFailure;

  constructor(processors: readonly FlushableProcessor[], report: SayFailure) {
    this.#processors = [...processors];
    this.#report = report;
  }

  get isEmpty(): boolean {
    return this.#processors.length === 0;
  }

  /** OpenTelemetry 2.x providers take processors at construction only; this one takes more later. */
  add(processor: FlushableProcessor): void {
    this.#processors.push(processor);
  }

  onStart(span: Span, parentContext: Context): void {
    for (const each of this.#processors) {
      this.#attempt('onStart', () => each.onStart(span, parentContext));
    }
  }

  onEnding(span: Span): void {
    for (const each of this.#processors) {
      if (!this.#attempt('onEnding', () => each.onEnding?.(span))) this.#withheld.add(span);
    }
  }

  onEnd(span: ReadableSpan): void {
    if (this.#withheld.has(span)) return;
    for (const each of this.#processors) this.#attempt('onEnd', () => each.onEnd(span));
  }

  /** Settles within the deadline and never rejects. */
  forceFlush(options: FlushDeadline = {}): Promise<void> {
    return this.#settleAll('forceFlush', options);
  }

  /** Settles within the deadline and never rejects. */
  shutdown(options: FlushDeadline = {}): Promise<void> {
    return this.#settleAll('shutdown', options);
  }

  async #settleAll(method: 'forceFlush' | 'shutdown', options: FlushDeadline): Promise<void> {
    const { timeoutMillis } = options;
    await Promise.all(
      this.#processors.map((each) => {
        const settled = this.#settle(method, () => each[method](options));
        if (timeoutMillis === undefined || each.settlesInTime === true) return settled;
        return Promise.race([settled, deadline(settled, timeoutMillis)]);
      }),
    );
  }

  /** Whether the call went well. A processor may be async against its type and reject later. */
  #attempt(method: Method, call: () => unknown): boolean {
    try {
      const result = call();
      if (result !== undefined) void this.#settle(method, () => result);
      return true;
    } catch (error) {
      this.#sayFailure(method, error);
      return false;
    }
  }

  async #settle(method: Method, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#sayFailure(method, error);
    }
  }

  #sayFailure(method: Method, error: unknown): void {
    this.#report(method, nameOf(error));
  }
}

/** Anything can be thrown, also what throws when it is looked at. */
function nameOf(error: unknown): string {
  try {
    const name: unknown = error instanceof Error ? error.name : typeof error;
    return String(name);
  } catch {
    return 'unknown';
  }
}

/** A deadline that warns when it passes, and whose timer does not outlive the work. */
async function deadline(work: Promise<unknown>, timeoutMillis: number): Promise<void> {
  await new Promise<void>((resolve) => {
    // Not unref'd: whoever waits for this flush is to get its answer before the process ends.
    const timer = setTimeout(() => {
      warnOnce(
        'span_processor_slow',
        'A span processor or exporter that was passed to setup() did not flush in time; it is not waited for.',
      );
      resolve();
    }, timeoutMillis);
    void work.finally(() => clearTimeout(timer));
  });
}
