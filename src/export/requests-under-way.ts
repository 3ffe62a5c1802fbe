import { Cancellation } from '../http/cancellation.js';
import type { Batch } from './batch.js';

/** Batches whose request has not been answered yet. */
export class RequestsUnderWay {
  readonly #cancellations = new Map<Batch, Cancellation>();
  /** Asked for with every span that ends, so it is kept and not added up. */
  #cost = 0;

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
    return this.#cost;
  }

  /** Starts one; what it returns tells when it is given up. */
  start(batch: Batch): Cancellation {
    const cancellation = new Cancellation();
    this.#cancellations.set(batch, cancellation);
    this.#cost += batch.cost;
    return cancellation;
  }

  /** Ends one; false when it was given up meanwhile. */
  end(batch: Batch): boolean {
    if (!this.#cancellations.delete(batch)) return false;
    this.#cost -= batch.cost;
    return true;
  }

  /** Gives all up. They may arrive all the same. */
  abortAll(): Batch[] {
    const batches = [...this.#cancellations.keys()];
    for (const cancellation of this.#cancellations.values()) cancellation.cancel();
    this.#cancellations.clear();
    this.#cost = 0;
    return batches;
  }
}
