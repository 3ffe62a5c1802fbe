import { ROOT_CONTEXT, trace, type Context, type SpanContext } from '@opentelemetry/api';

/**
 * A context in which the span is active, put together when somebody looks into it: an SDK that has
 * exemplars does, and OpenTelemetry's has none yet.
 */
export class SpanContextOf implements Context {
  readonly #source: { readonly spanContext: SpanContext };
  #context: Context | undefined;

  constructor(source: { readonly spanContext: SpanContext }) {
    this.#source = source;
  }

  getValue(key: symbol): unknown {
    return this.#whole().getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#whole().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#whole().deleteValue(key);
  }

  #whole(): Context {
    this.#context ??= trace.setSpanContext(ROOT_CONTEXT, this.#source.spanContext);
    return this.#context;
  }
}
