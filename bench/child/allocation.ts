import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextImmediate } from 'node:timers/promises';
import type { RunningRow } from '../rows/row.js';
import { TURN_MILLIS, type SessionPlan } from '../workload/session-plan.js';
import { createPlayer, playOperation } from './play-operation.js';
import type { Allocation } from './run-request.js';

/** Node's flags without which the numbers mean nothing. */
export const ALLOCATION_NODE_FLAGS: readonly string[] = [
  // The optimizing compiler removes allocations when it gets to it, which depends on the clock.
  '--no-opt',
  // A young generation that is never full, an old one that needs no marking: between the forced
  // collections below there is none, so what the heap grows by is what was allocated.
  '--min-semi-space-size=1024',
  '--max-semi-space-size=1024',
  '--initial-old-space-size=4096',
  '--no-incremental-marking',
  '--no-flush-bytecode',
  '--single-threaded-gc',
];

/** Off-heap buffers make V8 collect by itself when they add up (64 MB); the heap is emptied before. */
const COLLECT_AT_BYTES = 24_000_000;

/**
 * Plays a session as fast as it can and flushes after every turn, so that batches do not depend on
 * a clock. Adds up what is allocated in every turn, and says whether V8 collected in one.
 */
export async function measureAllocation(row: RunningRow, plan: SessionPlan): Promise<Allocation> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('needs --expose-gc');
  const player = createPlayer(row.tracer);
  let unforced = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (!isForced(detail)) unforced += 1;
  });
  observer.observe({ entryTypes: ['gc'] });

  const sum = { heapBytes: 0, offHeapBytes: 0 };
  let next = 0;
  let sinceCollection = Infinity;
  for (let turn = 0; next < plan.operations.length; turn++) {
    if (sinceCollection > COLLECT_AT_BYTES) {
      gc();
      sinceCollection = 0;
    }
    const before = process.memoryUsage();
    for (;;) {
      const operation = plan.operations[next];
      if (operation === undefined || operation.atMillis >= (turn + 1) * TURN_MILLIS) break;
      playOperation(operation, player);
      next += 1;
    }
    await row.forceFlush();
    const after = process.memoryUsage();
    sum.heapBytes += after.heapUsed - before.heapUsed;
    sum.offHeapBytes += after.arrayBuffers - before.arrayBuffers;
    sinceCollection += after.arrayBuffers - before.arrayBuffers;
  }
  // Entries are handed over in a later turn of the loop.
  await nextImmediate();
  await nextImmediate();
  observer.disconnect();
  return { ...sum, collections: unforced };
}

function isForced(detail: unknown): boolean {
  const { flags } = detail as { readonly flags: number };
  return (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
}
