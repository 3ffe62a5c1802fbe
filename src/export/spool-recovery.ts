import { Cancellation } from '../http/cancellation.js';
import type { PostRequest } from './post-request.js';
import type { DeliveryMessages } from './delivery-messages.js';
import type { DeliveryLedger } from './delivery-stats.js';
import type { Spool, SpoolClaim } from './spool.js';

/** How often it is looked for what other processes have left behind. */
const LOOK_AGAIN_MILLIS = 30_000;

export interface SpoolRecoveryOptions {
  readonly spool: Spool;
  readonly post: PostRequest;
  readonly ledger: DeliveryLedger;
  readonly messages: DeliveryMessages;
  /** Whether the collector fails, by what the live spans have met. */
  readonly isFailing: () => boolean;
}

/** Sends what earlier processes left in the spool, one request at a time, never keeping this process alive. */
export class SpoolRecovery {
  readonly #options: SpoolRecoveryOptions;
  readonly #cancellation = new Cancellation();
  #timer: NodeJS.Timeout;
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(options: SpoolRecoveryOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#look(), 0).unref();
  }

  /** Ends it. A request under way has `timeoutMillis` to be answered, then it goes back into the spool. */
  async stop(timeoutMillis: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const deadline = setTimeout(() => this.#cancellation.cancel(), timeoutMillis);
    await this.#running;
    clearTimeout(deadline);
  }

  #look(): void {
    this.#running = this.#sendAll()
      // The file system's troubles are not the application's; the files are still there.
      .catch((error: unknown) => this.#options.messages.debug(`spool: ${String(error)}`))
      .finally(() => {
        this.#running = undefined;
        if (this.#stopping) return;
        this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MILLIS).unref();
      });
  }

  async #sendAll(): Promise<void> {
    const { spool, isFailing } = this.#options;
    while (!this.#stopping && !isFailing()) {
      const claim = await spool.claim();
      if (claim === undefined || !(await this.#send(claim))) return;
    }
  }

  /** False when it makes no sense to go on now. */
  async #send(claim: SpoolClaim): Promise<boolean> {
    const { spool, post, ledger, messages } = this.#options;
    const verdict = await post(() => [claim.body], claim.contentType, this.#cancellation);
    if (verdict.kind === 'accepted') {
      ledger.recovered += Math.max(0, claim.spans - verdict.rejected);
      await spool.remove(claim);
      return true;
    }
    if (verdict.kind === 'tooLarge') {
      messages.spoolLost('too large for the collector');
      await spool.remove(claim);
      return true;
    }
    // Refused counts too: the token may be right the next time, and age bounds the tries.
    await spool.release(claim);
    return false;
  }
}
