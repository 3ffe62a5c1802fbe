interface Waiter {
  /** Number of the first span that it doesn't wait for. */
  readonly until: number;
  readonly done: () => void;
}

/** Those who wait until spans have reached their end. While there are any, the process stays alive. */
export class FlushWaiters {
  readonly #waiters = new Set<Waiter>();

  get isFlushing(): boolean {
    return this.#waiters.size > 0;
  }

  /** Resolves when no span with a number below `until` is left, or after `timeoutMillis`. */
  add(until: number, timeoutMillis: number): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        until,
        done: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      // Not unref'd: it is what keeps the process alive during a flush, as nothing else here does.
      const timer = setTimeout(waiter.done, timeoutMillis);
      this.#waiters.add(waiter);
    });
  }

  /** Every span with a number below `oldest` has reached its end. */
  settle(oldest: number): void {
    for (const waiter of this.#waiters) if (oldest >= waiter.until) waiter.done();
  }
}
