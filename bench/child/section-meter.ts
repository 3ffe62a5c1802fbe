import { createHook } from 'node:async_hooks';
import type { CpuClock } from './cpu-clock.js';

export interface SectionMeter {
  /** Measures one span operation. */
  readonly around: (operation: () => void) => void;
  /** Leaves the running callback out: it is the driver's, whose operations are measured singly. */
  readonly leaveOut: () => void;
  /** The longest section so far, in milliseconds of the thread's CPU time; starts over. */
  readonly takeWorstMillis: () => number;
}

/**
 * Watches for the longest stretch the event loop is held: every span operation, and every callback
 * (timer, socket, zlib, promise) that Node runs for the tracer. Slows a run, so it has runs of its
 * own. CPU time, so that a neighbour on the machine is not taken for the tracer.
 */
export function createSectionMeter(clock: CpuClock): SectionMeter {
  let worst = 0;
  let depth = 0;
  let begin = 0;
  let leftOut = false;
  createHook({
    before() {
      depth += 1;
      if (depth > 1) return;
      leftOut = false;
      begin = clock.mainMillis();
    },
    after() {
      depth = Math.max(0, depth - 1);
      if (depth === 0 && !leftOut) worst = Math.max(worst, clock.mainMillis() - begin);
    },
  }).enable();
  return {
    around(operation) {
      const start = clock.mainMillis();
      operation();
      worst = Math.max(worst, clock.mainMillis() - start);
    },
    leaveOut() {
      leftOut = true;
    },
    takeWorstMillis() {
      const taken = worst;
      worst = 0;
      return taken;
    },
  };
}
