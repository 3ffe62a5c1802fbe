import type { ExportOutcome } from './export-outcome.js';
import { splitRequest, joinRequests } from './otlp-request.js';
import type { Spool, SpoolClaim } from './spool.js';

/** How often it is looked for what other processes have left behind. */
const LOOK_AGAIN_MILLIS = 30_000;
/** Requests in a row that may fail before a round ends: the collector takes nothing at all. */
const MAX_FAILURES = 3;

export interface SpoolRecoveryOptions {
  readonly spool: Spool;
  readonly send: (body: Uint8Array, contentType: string) => Promise<ExportOutcome>;
  /** Whether the collector fails, by what the live spans have met. */
  readonly isFailing: () => boolean;
  readonly onRecovered: (spans: number) => void;
  /** Spans that the collector will never take. */
  readonly onRefused: (outcome: ExportOutcome, spans: number) => void;
  readonly debug: (text: string) => void;
}

/**
 * Sends what earlier processes left in the spool, one request at a time, never keeping this process
 * alive. A request that cannot be sent now is passed over, and never holds up the others.
 */
export class SpoolRecovery {
  readonly #options: SpoolRecoveryOptions;
  #timer: NodeJS.Timeout;
  #isStopped = false;
  #round: Promise<void> | undefined;

  constructor(options: SpoolRecoveryOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#look(), 0).unref();
  }

  /** Ends it. A request in flight has `timeoutMillis` to be answered. */
  async stop(timeoutMillis: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#round === undefined) return;
    let deadline: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, timeoutMillis);
    });
    await Promise.race([this.#round, over]);
    clearTimeout(deadline);
  }

  #look(): void {
    this.#round = this.#sendAll()
      // The file system's troubles are not the application's; the files are still there.
      .catch((error: unknown) => this.#options.debug(`spool: ${String(error)}`))
      .finally(() => {
        this.#round = undefined;
        if (this.#isStopped) return;
        this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MILLIS).unref();
      });
  }

  async #sendAll(): Promise<void> {
    const { spool, isFailing } = this.#options;
    const passedOver = new Set<string>();
    let failures = 0;
    while (!this.#isStopped && !isFailing() && failures < MAX_FAILURES) {
      const claim = await spool.claim(passedOver);
      if (claim === undefined) return;
      passedOver.add(spool.keyOf(claim));
      if (await this.#send(claim)) failures = 0;
      else failures += 1;
    }
  }

  /** False when the collector could not be asked, or asks for time. */
  async #send(claim: SpoolClaim): Promise<boolean> {
    const { spool } = this.#options;
    const outcome = await this.#sendBody(claim.contentType, claim.body, claim.spans);
    if (outcome.kind === 'retry' || outcome.kind === 'failed') {
      await spool.release(claim);
      return false;
    }
    // A token may be right the next time; age bounds the tries.
    if (outcome.kind === 'refused' && (outcome.status === 401 || outcome.status === 403)) {
      await spool.release(claim);
      return true;
    }
    await spool.remove(claim);
    return true;
  }

  /** Sends a body, and its halves where it is too large. What it counts is settled for good. */
  async #sendBody(contentType: string, body: Uint8Array, spans: number): Promise<ExportOutcome> {
    const { send, onRecovered, onRefused } = this.#options;
    const outcome = await send(body, contentType);
    if (outcome.kind === 'accepted') {
      const rejected = Math.min(spans, outcome.rejected);
      onRecovered(spans - rejected);
      if (rejected > 0) onRefused(outcome, rejected);
    } else if (outcome.kind === 'too_large') {
      const parts = splitRequest(contentType, body);
      if (parts.length < 2) {
        onRefused(outcome, spans);
        return outcome;
      }
      const middle = parts.length >> 1;
      for (const half of [parts.slice(0, middle), parts.slice(middle)]) {
        const joined = joinRequests(contentType, half);
        const ofHalf = await this.#sendBody(contentType, joined, half.length);
        // The other half was sent already, and is sent again with the whole: at least once.
        if (ofHalf.kind === 'retry' || ofHalf.kind === 'failed') return ofHalf;
      }
    } else if (outcome.kind === 'refused' && outcome.status !== 401 && outcome.status !== 403) {
      onRefused(outcome, spans);
    }
    return outcome;
  }
}
