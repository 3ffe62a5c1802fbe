import type { DeliveryReport } from './delivery-stats.js';
import type { ExportOutcome } from './export-outcome.js';
import type { OtlpExporter } from './otlp-exporter.js';
import { readFields } from './protobuf-fields.js';
import type { Spool, SpoolClaim } from './spool.js';

/** How often it is looked for what other processes have left behind. */
const LOOK_AGAIN_MILLIS = 30_000;
/** Requests that may be put off in a round: one that fails by itself does not delay the others. */
const MAX_PUT_OFF = 100;
/** Without an answer nobody is there, and a round ends; an answer may be about one request alone. */
const ANSWERED = /^status /;
/** Not for good: a token may be right the next time. Age bounds the tries. */
const UNAUTHORIZED: ReadonlySet<number> = new Set([401, 403]);

/**
 * Sends what earlier processes left in the spool, one request at a time, never keeping this process
 * alive. A request that cannot be sent now is skipped, and never delays the others.
 */
export class SpoolRecovery {
  readonly #spool: Spool;
  readonly #exporter: OtlpExporter;
  readonly #report: DeliveryReport;
  readonly #isFailing: () => boolean;
  /** Requests that were put off lately: the others come first. */
  readonly #putOff = new Set<string>();
  #timer: NodeJS.Timeout;
  #isStopped = false;
  #round: Promise<void> | undefined;

  /** `isFailing`: whether the collector fails, by what the live spans have met. */
  constructor(
    spool: Spool,
    exporter: OtlpExporter,
    report: DeliveryReport,
    isFailing: () => boolean,
  ) {
    this.#spool = spool;
    this.#exporter = exporter;
    this.#report = report;
    this.#isFailing = isFailing;
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
      .catch((error: unknown) => this.#report.debug(`spool: ${String(error)}`))
      .finally(() => {
        this.#round = undefined;
        if (this.#isStopped) return;
        this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MILLIS).unref();
      });
  }

  async #sendAll(isForced: boolean): Promise<void> {
    for (let putOff = 0; !this.#isStopped && putOff < MAX_PUT_OFF;) {
      if (this.#isFailing() && !isForced) return;
      const claim = await this.#spool.claim(this.#putOff);
      if (claim === undefined) {
        // Everything else was tried: these have their turn again in the next round.
        this.#putOff.clear();
        return;
      }
      const outcome = await this.#sendBody(claim, claim.body, claim.spans);
      if (isSettled(outcome)) {
        await this.#spool.remove(claim);
        continue;
      }
      await this.#spool.release(claim);
      this.#putOff.add(claim.key);
      putOff += 1;
      const isAnswered =
        outcome.kind === 'refused' || (outcome.kind === 'retry' && ANSWERED.test(outcome.reason));
      if (isForced || !isAnswered) return;
    }
  }

  /** Sends a body, and its halves where it is too large. What it counts is settled for good. */
  async #sendBody(claim: SpoolClaim, body: Uint8Array, spans: number): Promise<ExportOutcome> {
    const { contentType } = claim;
    const outcome = await this.#exporter.send(body, contentType);
    if (outcome.kind !== 'too_large') {
      this.#count(claim, outcome, spans);
      return outcome;
    }
    const parts = splitRequest(contentType, body);
    if (parts.length < 2) {
      this.#report.loseSpooled('too large for the collector', spans);
      return outcome;
    }
    const middle = parts.length >> 1;
    for (const half of [parts.slice(0, middle), parts.slice(middle)]) {
      const joined = joinRequests(contentType, half);
      const ofHalf = await this.#sendBody(claim, joined, half.length);
      // The other half was sent already, and is sent again with the whole: at least once.
      if (ofHalf.kind === 'retry' || ofHalf.kind === 'failed') return ofHalf;
    }
    return outcome;
  }

  #count({ isOwn }: SpoolClaim, outcome: ExportOutcome, spans: number): void {
    const report = this.#report;
    if (outcome.kind === 'refused' && isSettled(outcome)) {
      report.refuse(0, outcome.status, outcome.message);
      report.loseSpooled('refused by the collector', spans);
    }
    if (outcome.kind !== 'accepted') return;
    const rejected = Math.min(spans, outcome.rejected);
    const accepted = spans - rejected;
    if (isOwn) {
      report.counts.spooled -= accepted;
      report.counts.exported += accepted;
    } else {
      report.counts.recovered += accepted;
    }
    if (rejected === 0) return;
    report.partlyRejected(rejected, outcome.message);
    report.loseSpooled('refused by the collector', rejected);
  }
}

/** Whether a request is done with: taken, or never to be taken. */
function isSettled(outcome: ExportOutcome): boolean {
  if (outcome.kind === 'refused') return !UNAUTHORIZED.has(outcome.status);
  return outcome.kind !== 'retry' && outcome.kind !== 'failed';
}

/** One request of several: in protobuf their bytes one after the other, in JSON one list. */
export function joinRequests(contentType: string, bodies: readonly Uint8Array[]): Uint8Array {
  if (contentType !== 'application/json') return Buffer.concat(bodies);
  const texts = bodies.map((body) => Buffer.from(body).toString('utf8'));
  const lists = texts.map((text) => text.slice(text.indexOf('[') + 1, text.lastIndexOf(']')));
  return Buffer.from(`{"resourceSpans":[${lists.join(',')}]}`);
}

/** The parts of a request that each are a request: one for each of its `resourceSpans`. */
export function splitRequest(contentType: string, body: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  try {
    // The fields of the outermost message, of which `resourceSpans` is the only one.
    if (contentType !== 'application/json') return readFields(bytes).map(({ encoded }) => encoded);
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    const list: unknown = Reflect.get(Object(json), 'resourceSpans');
    if (!Array.isArray(list)) return [body];
    return list.map((spans) => Buffer.from(`{"resourceSpans":[${JSON.stringify(spans)}]}`));
  } catch {
    return [body]; // No request of ours.
  }
}
