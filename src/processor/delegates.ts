import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { debug, warnOnce } from '../diagnostics.js';

/**
 * Span processors of the user's own. They are somebody else's code: one that throws costs neither a
 * span of ours nor the next processor's, and one that hangs costs a flush no more than its deadline.
 */
export class Delegates {
  readonly #processors: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors;
  }

  get isEmpty(): boolean {
    return this.#processors.length === 0;
  }

  onStart(span: Span, parentContext: Context): void {
    for (const each of this.#processors) attempt(() => each.onStart(span, parentContext));
  }

  /** Hands over the mapped view of a span that has ended. */
  onEnd(view: ReadableSpan): void {
    for (const each of this.#processors) attempt(() => each.onEnd(view));
  }

  /** Settles within `timeoutMillis` and never rejects. */
  forceFlush(timeoutMillis: number): Promise<void> {
    return this.#settleAll((each) => each.forceFlush(), timeoutMillis);
  }

  /** Settles within `timeoutMillis` and never rejects. */
  shutdown(timeoutMillis: number): Promise<void> {
    return this.#settleAll((each) => each.shutdown(), timeoutMillis);
  }

  async #settleAll(
    call: (processor: SpanProcessor) => Promise<void>,
    timeoutMillis: number,
  ): Promise<void> {
    if (this.isEmpty) return;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      // Not unref'd: whoever waits for this flush is to get its answer before the process ends.
      timer = setTimeout(() => {
        warnOnce(
          'span_processor_slow',
          'A span processor or exporter that was given to setup() did not flush in time; it is not waited for.',
        );
        resolve();
      }, timeoutMillis);
    });
    const all = this.#processors.map(async (each) => {
      try {
        await call(each);
      } catch (error) {
        sayFailure(error);
      }
    });
    await Promise.race([Promise.all(all), deadline]);
    clearTimeout(timer);
  }
}

/** A processor may be async against its type, and what it rejects with would end the process. */
function attempt(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(sayFailure);
  } catch (error) {
    sayFailure(error);
  }
}

function sayFailure(error: unknown): void {
  warnOnce(
    'span_processor_failed',
    'A span processor or exporter that was given to setup() failed; spans are sent to the collector all the same.',
  );
  debug(`Span processor failed: ${error instanceof Error ? error.name : typeof error}`);
}
