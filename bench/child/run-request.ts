import type { SetupOptions } from '../rows/row.js';
import type { Alphabet } from '../workload/text.js';
import type { Lateness } from './lateness-meter.js';
import type { ThreadClockSource } from './thread-clock.js';

/** What one measured process is asked to do; its only argument, as JSON. */
export interface RunRequest {
  /** File name in rows/, without extension. */
  readonly row: string;
  readonly gzip: boolean;
  readonly setupOptions: SetupOptions;
  readonly endpoint: string;
  readonly measure: Measure;
  readonly turns: number;
  readonly alphabet: Alphabet;
  /** Sessions side by side. */
  readonly sessions: number;
  /** Times the sessions are played; the first is the cold one. */
  readonly repetitions: number;
  /** Of `load`; 1 otherwise. */
  readonly timeScale: number;
}

/**
 * - `cpu`: strings built beforehand, virtual time, nothing else running;
 * - `section`: the same with the section meter on;
 * - `load`: real time, strings built as they are needed, the lateness meter on;
 * - `allocation`: no clock at all; heap in use before and after, in a process that never collects
 *   garbage.
 */
export type Measure = 'cpu' | 'section' | 'load' | 'allocation';

export interface RunResult {
  readonly clock: ThreadClockSource;
  readonly importMillis: number;
  readonly setUpMillis: number;
  readonly spans: number;
  readonly peakResidentBytes: number;
  /** Main-thread CPU of each repetition, flush included. */
  readonly cpuMillis?: readonly number[];
  readonly worstSectionMillis?: readonly number[];
  readonly lateness?: Lateness;
  readonly allocation?: Allocation;
}

export interface Allocation {
  readonly heapBytes: number;
  readonly offHeapBytes: number;
  /** Collections V8 made by itself; any makes the two numbers above meaningless. */
  readonly collections: number;
}
