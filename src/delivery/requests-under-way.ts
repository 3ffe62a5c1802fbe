import type { Batch } from './batch.js';

/** Batches whose request has not been answered yet. */
export class RequestsUnderWay {
  readonly #controllers = new Map<Batch, AbortController>();

  get size(): number {
    return this.#controllers.size;
  }

  get batches(): readonly Batch[] {
    return [...this.#controllers.keys()];
  }

  get spans(): number {
    return this.batches.reduce((sum, batch) => sum + batch.spans.length, 0);
  }

  /** Memory that they hold, in bytes. */
  get cost(): number {
    return this.batches.reduce((sum, batch) => sum + batch.cost, 0);
  }

  /** Starts one; the signal tells when it is given up. */
  start(batch: Batch): AbortSignal {
    const controller = new AbortController();
    this.#controllers.set(batch, controller);
    return controller.signal;
  }

  /** Ends one; false when it was given up meanwhile. */
  end(batch: Batch): boolean {
    return this.#controllers.delete(batch);
  }

  /** Gives all up. They may arrive all the same. */
  abortAll(): Batch[] {
    const batches = [...this.#controllers.keys()];
    for (const controller of this.#controllers.values()) controller.abort();
    this.#controllers.clear();
    return batches;
  }
}
