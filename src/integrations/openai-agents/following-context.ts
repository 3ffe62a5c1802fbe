import type { Context } from '@opentelemetry/api';

/**
 * A context that is another one at each moment. OpenAI Agents makes a span current by writing it
 * into the value of its AsyncLocalStorage (`setCurrentSpan`), with no function that runs inside: what
 * is active has to be looked up when somebody asks.
 */
export class FollowingContext implements Context {
  readonly #base: Context;
  readonly #current: (base: Context) => Context | undefined;

  constructor(base: Context, current: (base: Context) => Context | undefined) {
    this.#base = base;
    this.#current = current;
  }

  getValue(key: symbol): unknown {
    return this.#now().getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#now().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#now().deleteValue(key);
  }

  #now(): Context {
    return this.#current(this.#base) ?? this.#base;
  }
}
