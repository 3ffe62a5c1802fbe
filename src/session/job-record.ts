import type { JobSummary } from '../mapping/mapping-context.js';
import { SessionTally } from './session-tally.js';

/** What is asked of a job; of its end, when its span ends. */
export interface JobWatch {
  /** Sid of the room, which names the session where nothing else does. */
  readonly roomSid: string | undefined;
  participantKind(): string | undefined;
  closeReason(): string | undefined;
}

/** A job that `tracing.job` put a span around: known to every span below. */
export class JobRecord {
  /** Id of the job's own span. */
  readonly spanId: string;
  readonly tenantId: string | undefined;
  readonly roomSid: string | undefined;
  /** Counts what all spans of the job say, whatever session they are of. */
  readonly tally: SessionTally = new SessionTally();
  readonly #startMillis: number;
  readonly #watch: JobWatch;

  constructor(init: {
    readonly spanId: string;
    readonly startMillis: number;
    readonly tenantId: string | undefined;
    readonly watch: JobWatch;
  }) {
    this.spanId = init.spanId;
    this.tenantId = init.tenantId;
    this.roomSid = init.watch.roomSid;
    this.#startMillis = init.startMillis;
    this.#watch = init.watch;
  }

  facts(endMillis: number): JobSummary {
    return {
      durationMillis: Math.max(0, Math.round(endMillis - this.#startMillis)),
      closeReason: this.#watch.closeReason(),
      participantKind: this.#watch.participantKind(),
      roomSid: this.roomSid,
    };
  }
}
