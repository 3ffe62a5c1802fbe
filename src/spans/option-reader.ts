import { SpanKind } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { describeType } from '../options/option-readers.js';
import { SpanKindValues, type SpanKindValue } from '../semconv/span-kinds.js';
import { asJsonRecord } from './serialize-value.js';

const OTEL_KINDS: ReadonlySet<unknown> = new Set(Object.values(SpanKind));

/**
 * Reads the options of one call. Types are gone at run time: a value that cannot be used is left
 * out and said once, by its option's name, and nothing here throws.
 */
export class OptionReader {
  readonly #caller: string;
  readonly #options: unknown;

  constructor(caller: string, options: unknown) {
    this.#caller = caller;
    this.#options = options;
    if (!isRecord(options)) this.#warn('options', 'an object', options);
  }

  /** Any value, as it is. */
  value(name: string): unknown {
    try {
      return isRecord(this.#options) ? this.#options[name] : undefined;
    } catch {
      warnOnce(`${this.#caller}_${name}`, `${this.#caller}(): "${name}" could not be read.`);
      return undefined;
    }
  }

  /** The first of these options that holds text; blank is unset. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.value(name);
      if (typeof value === 'string') {
        if (value.trim() !== '') return value;
      } else if (isGiven(value)) this.#warn(name, 'a string', value);
    }
    return undefined;
  }

  spanKind(fallback: SpanKindValue): SpanKindValue {
    const value = this.value('spanKind');
    if (!isGiven(value)) return fallback;
    const kind = Object.values(SpanKindValues).find((known) => known === value);
    if (kind === undefined) this.#warn('spanKind', 'one of SpanKindValues', value);
    return kind ?? fallback;
  }

  otelKind(): SpanKind {
    const value = this.value('otelKind');
    if (isOtelKind(value)) return value;
    if (isGiven(value)) this.#warn('otelKind', 'a SpanKind of OpenTelemetry', value);
    return SpanKind.INTERNAL;
  }

  /** A copy of an object that stays as it was given and can be written as JSON. */
  jsonRecord(name: string): JsonRecord | undefined {
    const value = this.value(name);
    const record = asJsonRecord(value);
    if (record === undefined && isGiven(value)) this.#warn(name, 'an object', value);
    return record;
  }

  /** An object, as it is. */
  record(name: string): JsonRecord | undefined {
    const value = this.value(name);
    if (isRecord(value)) return value;
    if (isGiven(value)) this.#warn(name, 'an object', value);
    return undefined;
  }

  /** The texts of a list; `undefined` when there are none. */
  texts(name: string): readonly string[] | undefined {
    const value = this.value(name);
    if (!isGiven(value)) return undefined;
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const texts = items.filter((item) => typeof item === 'string');
    if (!Array.isArray(value) || texts.length < items.length) {
      this.#warn(name, 'an array of strings', value);
    }
    return texts.length === 0 ? undefined : texts;
  }

  #warn(name: string, expected: string, seen: unknown): void {
    warnOnce(
      `${this.#caller}_${name}`,
      `${this.#caller}(): "${name}" must be ${expected}; saw ${describeType(seen)}. It is left out.`,
    );
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isOtelKind(value: unknown): value is SpanKind {
  return typeof value === 'number' && OTEL_KINDS.has(value);
}
