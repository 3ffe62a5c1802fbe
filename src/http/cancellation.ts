/**
 * Tells a request that nobody waits for it any more. An `AbortController` for each of them would be
 * a tenth of what a request costs the main thread.
 */
export class Cancellation {
  #isCancelled = false;
  #listener: (() => void) | undefined;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#listener?.();
  }

  /** What is to be done then, in place of what was before. At once, where it has been cancelled. */
  listen(listener: (() => void) | undefined): void {
    this.#listener = listener;
    if (this.#isCancelled) listener?.();
  }
}
