import { Cancellation } from '../http/cancellation.js';
import type { Batch } from './batch.js';

/** Batches whose request has not been answered yet. */
export class RequestsUnderWay {
  readonly #cancellations = new Map<Batch, Cancellation>();

  get size(): number {
    return this.#cancellations.size;
  }

  get batches(): readonly Batch[] {
    return [...this.#cancellations.keys()];
  }

  get spans(): number {
    return this.batches.reduce((sum, batch) => sum + batch.spans.length, 0);
  }

  /** Memory that they hold, in bytes. */
  get cost(): number {
    return this.batches.reduce((sum, batch) => sum + batch.cost, 0);
  }

  /** Starts one; what it returns tells when it is given up. */
  start(batch: Batch): Cancellation {
    const cancellation = new Cancellation();
    this.#cancellations.set(batch, cancellation);
    return cancellation;
  }

  /** Ends one; false when it was given up meanwhile. */
  end(batch: Batch): boolean {
    return this.#cancellations.delete(batch);
  }

  /** Gives all up. They may arrive all the same. */
  abortAll(): Batch[] {
    const batches = [...this.#cancellations.keys()];
    for (const cancellation of this.#cancellations.values()) cancellation.cancel();
    this.#cancellations.clear();
    return batches;
  }
}
