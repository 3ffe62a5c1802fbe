import type { Span } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { asAttributeValue, serializeValue } from './serialize-value.js';
import { describeException } from './span-exception.js';
import { addReport, usageAttributes, type NormalizedUsage } from './usage.js';

/** Writes on one span until it ends. Nothing that is recorded disturbs the code that records it. */
export class SpanRecorder {
  readonly #span: Span;
  readonly #keyOnSpan: (key: string) => string;
  readonly #written = new Set<string>();
  #usage: NormalizedUsage = {};
  #lastException: { readonly thrown: unknown } | undefined;
  #isClosed = false;

  /** `keyOnSpan` gives the key on the live span for the key an attribute is sent under. */
  constructor(span: Span, keyOnSpan: (key: string) => string) {
    this.#span = span;
    this.#keyOnSpan = keyOnSpan;
  }

  /** Whether an attribute was set, by the application or by this package. */
  has(key: string): boolean {
    return this.#written.has(key);
  }

  /** Runs a step that writes. What it throws costs no more than what it would have written. */
  write(step: () => void): void {
    if (this.#isClosed) return warnEnded();
    if (!this.#span.isRecording()) return;
    try {
      step();
    } catch {
      warnUnreadable();
    }
  }

  set(key: string, value: unknown): void {
    const attribute = asAttributeValue(value);
    if (attribute === undefined) return;
    this.#written.add(key);
    this.#span.setAttribute(this.#keyOnSpan(key), attribute);
  }

  setSerialized(valueKey: string, mimeTypeKey: string, value: unknown): void {
    const serialized = serializeValue(value);
    this.set(valueKey, serialized?.text);
    this.set(mimeTypeKey, serialized?.mimeType);
  }

  addUsage(report: NormalizedUsage): void {
    this.#usage = addReport(this.#usage, report);
    for (const [key, tokens] of usageAttributes(this.#usage)) this.set(key, tokens);
  }

  /** Once for an error that was recorded where it was caught and is thrown on. */
  addException(thrown: unknown): void {
    if (this.#lastException !== undefined && this.#lastException.thrown === thrown) return;
    this.#lastException = { thrown };
    this.#span.recordException(describeException(thrown).event);
  }

  fail(thrown: unknown): void {
    this.addException(thrown);
    const { message } = describeException(thrown);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  /** Ends the span, once. */
  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#span.end();
    } catch {
      warnUnreadable();
    }
  }

  get hasEnded(): boolean {
    return this.#isClosed;
  }
}

function warnUnreadable(): void {
  warnOnce('span_value_unreadable', 'A value could not be recorded on a span and was left out.');
}

function warnEnded(): void {
  warnOnce(
    'span_already_ended',
    'Something was set on a span that had already ended: it is not recorded. Set it before the end.',
  );
}
