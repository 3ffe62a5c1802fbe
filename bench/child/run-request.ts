import type { RowOptions } from '../rows/row.js';
import type { Alphabet } from '../workload/text.js';
import type { CpuClock } from './cpu-clock.js';

/** What to measure, whoever is measured. */
export interface Task {
  /**
   * - `job`: import, set-up, a call on virtual time, shutdown; strings are built beforehand;
   * - `section`: the same with the section meter on;
   * - `load`: calls on real time, strings built as they are needed, the lateness meter on;
   * - `text`: a process that runs a real text session of LiveKit;
   * - `allocation`: no clock at all, but what is allocated in a call.
   */
  readonly measure: 'job' | 'section' | 'load' | 'text' | 'allocation';
  readonly turns: number;
  readonly alphabet: Alphabet;
  /** Sessions side by side, of `load`. */
  readonly sessions: number;
  /** Session time runs so much faster than the clock; 1 for what needs no clock. */
  readonly timeScale: number;
}

/** The only argument of a measured process, as JSON. */
export interface RunRequest extends Task, Omit<RowOptions, 'connectLiveKit'> {
  /** File name in rows/, without extension. */
  readonly row: string;
}

export interface RunResult {
  readonly spans?: number;
  readonly job?: JobCost;
  readonly worstSectionMillis?: number;
  readonly load?: { readonly latestMillis: number; readonly peakBytes: number };
  /** CPU of the whole process, from its start. */
  readonly textProcessMillis?: number;
  readonly allocation?: Allocation;
}

/** CPU milliseconds; `mainMillis` is import, set-up and call together. */
export interface JobCost {
  readonly clock: CpuClock['source'];
  readonly importMillis: number;
  readonly setUpMillis: number;
  /** With shutdown. */
  readonly callMillis: number;
  readonly mainMillis: number;
  readonly processMillis: number;
}

export interface Allocation {
  readonly heapBytes: number;
  readonly offHeapBytes: number;
  /** Collections V8 made by itself; any makes the two numbers above meaningless. */
  readonly collections: number;
}
