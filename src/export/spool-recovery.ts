import type { ExportOutcome } from './export-outcome.js';
import { splitRequest, joinRequests } from './otlp-request.js';
import type { Spool, SpoolClaim } from './spool.js';

/** How often it is looked for what other processes have left behind. */
const LOOK_AGAIN_MILLIS = 30_000;
/** Requests that may be put off in a round: one that fails for its own sake holds up no other. */
const MAX_PUT_OFF = 100;
/** Without an answer nobody is there, and a round ends; an answer may be about one request alone. */
const ANSWERED = /^status /;

export interface SpoolRecoveryOptions {
  readonly spool: Spool;
  readonly send: (body: Uint8Array, contentType: string) => Promise<ExportOutcome>;
  /** Whether the collector fails, by what the live spans have met. */
  readonly isFailing: () => boolean;
  readonly onRecovered: (spans: number, key: string) => void;
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
  /** Requests that were put off lately: the others come first. */
  readonly #putOff = new Set<string>();
  #timer: NodeJS.Timeout;
  #isStopped = false;
  #round: Promise<void> | undefined;

  constructor(options: SpoolRecoveryOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#look(), 0).unref();
  }

  /** Looks now, even where the collector is known to fail, until something fails or time is over. */
  async tryNow(timeoutMillis: number): Promise<void> {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    if (this.#round === undefined) this.#look(true);
    await this.#roundOver(timeoutMillis);
  }

  /** Ends it. A request in flight has `timeoutMillis` to be answered. */
  async stop(timeoutMillis: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#roundOver(timeoutMillis);
  }

  async #roundOver(timeoutMillis: number): Promise<void> {
    if (this.#round === undefined) return;
    let deadline: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, timeoutMillis);
    });
    await Promise.race([this.#round, over]);
    clearTimeout(deadline);
  }

  #look(isForced = false): void {
    this.#round = this.#sendAll(isForced)
      // The file system's troubles are not the application's; the files are still there.
      .catch((error: unknown) => this.#options.debug(`spool: ${String(error)}`))
      .finally(() => {
        this.#round = undefined;
        if (this.#isStopped) return;
        this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MILLIS).unref();
      });
  }

  async #sendAll(isForced: boolean): Promise<void> {
    const { spool, isFailing } = this.#options;
    let putOff = 0;
    while (!this.#isStopped && putOff < MAX_PUT_OFF) {
      if (isFailing() && !isForced) return;
      const claim = await spool.claim(this.#putOff);
      if (claim === undefined) {
        // Everything else was tried: these have their turn again in the next round.
        this.#putOff.clear();
        return;
      }
      const outcome = await this.#send(claim);
      if (outcome === 'settled') continue;
      this.#putOff.add(spool.keyOf(claim));
      putOff += 1;
      if (isForced || outcome === 'unanswered') return;
    }
  }

  async #send(claim: SpoolClaim): Promise<'settled' | 'put off' | 'unanswered'> {
    const { spool } = this.#options;
    const key = spool.keyOf(claim);
    const outcome = await this.#sendBody(claim.contentType, claim.body, claim.spans, key);
    if (outcome.kind === 'retry' || outcome.kind === 'failed') {
      await spool.release(claim);
      const isAnswered = outcome.kind === 'retry' && ANSWERED.test(outcome.reason);
      return isAnswered ? 'put off' : 'unanswered';
    }
    // A token may be right the next time; age bounds the tries.
    if (outcome.kind === 'refused' && (outcome.status === 401 || outcome.status === 403)) {
      await spool.release(claim);
      return 'put off';
    }
    await spool.remove(claim);
    return 'settled';
  }

  /** Sends a body, and its halves where it is too large. What it counts is settled for good. */
  async #sendBody(
    contentType: string,
    body: Uint8Array,
    spans: number,
    key: string,
  ): Promise<ExportOutcome> {
    const { send, onRecovered, onRefused } = this.#options;
    const outcome = await send(body, contentType);
    if (outcome.kind === 'accepted') {
      const rejected = Math.min(spans, outcome.rejected);
      onRecovered(spans - rejected, key);
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
        const ofHalf = await this.#sendBody(contentType, joined, half.length, key);
        // The other half was sent already, and is sent again with the whole: at least once.
        if (ofHalf.kind === 'retry' || ofHalf.kind === 'failed') return ofHalf;
      }
    } else if (outcome.kind === 'refused' && outcome.status !== 401 && outcome.status !== 403) {
      onRefused(outcome, spans);
    }
    return outcome;
  }
}
