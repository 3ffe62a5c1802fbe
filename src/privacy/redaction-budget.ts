import { threadCpuMillis } from './thread-cpu.js';

const LATE_VALUES_IN_A_ROW = 3;
/** How long no content is sent after three late values in a row. */
export const PAUSE_MILLIS = 30_000;
/** For this part of the budget, one reading of the CPU time serves every value that begins. */
const READING_SHARE = 0.25;

/** The time of one value. */
export interface ValueTime {
  /** When it is late by the clock. */
  readonly deadline: number;
  /** Whether its time is used up; asked between pieces of work. */
  readonly isOverdue: () => boolean;
}

/**
 * Watches the time that redaction takes.
 *
 * A function that runs cannot be interrupted, so slowness is seen afterwards. The clock alone would
 * blame the redactor for a process that got no CPU: a value that is late by the clock is excused
 * when its thread did not use the time. But a redactor that waits, for a file or another process,
 * uses none either and holds up the call all the same, so the third late value in a row has no
 * excuse. After it nothing is begun for half a minute; then one value is tried.
 */
export class RedactionBudget {
  readonly #millis: number;
  #lateInARow = 0;
  #pausedUntil = 0;
  #cpuMillis: number | undefined;
  #cpuReadAt = -Infinity;

  constructor(millis: number) {
    this.#millis = millis;
  }

  /** Whether no value was in time since the last pause. */
  get isInDoubt(): boolean {
    return this.#pausedUntil !== 0;
  }

  /** Begins a value; `undefined` within a pause. */
  begin(): ValueTime | undefined {
    return performance.now() < this.#pausedUntil ? undefined : this.measure();
  }

  /** The time of something that is not told apart from its neighbours, and is done in a pause too. */
  measure(): ValueTime {
    const now = performance.now();
    if (now - this.#cpuReadAt > this.#millis * READING_SHARE) {
      this.#cpuMillis = threadCpuMillis();
      this.#cpuReadAt = now;
    }
    const deadline = now + this.#millis;
    // The reading may be older than the value: it then is charged with more than it used.
    const cpuBefore = this.#cpuMillis;
    return {
      deadline,
      isOverdue: () => performance.now() > deadline && !this.#isExcused(cpuBefore),
    };
  }

  /** Ends a value that was begun: whether it was in time. */
  end({ deadline, isOverdue }: ValueTime): boolean {
    const now = performance.now();
    if (now <= deadline) {
      this.#lateInARow = 0;
      this.#pausedUntil = 0;
      return true;
    }
    const inTime = !isOverdue();
    this.#lateInARow += 1;
    if (this.#lateInARow >= LATE_VALUES_IN_A_ROW) {
      this.#pausedUntil = now + PAUSE_MILLIS;
      this.#lateInARow = LATE_VALUES_IN_A_ROW - 1;
    }
    return inTime;
  }

  /** Whether the thread was kept from running. In doubt it was not. */
  #isExcused(cpuBefore: number | undefined): boolean {
    if (this.#lateInARow >= LATE_VALUES_IN_A_ROW - 1 || cpuBefore === undefined) return false;
    const cpuNow = threadCpuMillis();
    return cpuNow !== undefined && cpuNow - cpuBefore <= this.#millis;
  }
}
