import { openSync, readSync } from 'node:fs';

/** Where the CPU time of the main thread comes from on this machine. */
export type ThreadClockSource = 'threadCpuUsage' | 'schedstat' | 'process';

export interface ThreadClock {
  readonly source: ThreadClockSource;
  /** CPU time of this thread in milliseconds; only differences mean something. */
  readonly nowMillis: () => number;
}

/**
 * CPU time of the calling thread: `process.threadCpuUsage()` (Node 22.15), or Linux's schedstat,
 * or, where there is neither, of the whole process (gzip and socket threads included).
 */
export function createThreadClock(): ThreadClock {
  if ('threadCpuUsage' in process && typeof process.threadCpuUsage === 'function') {
    const read: () => unknown = process.threadCpuUsage.bind(process);
    return { source: 'threadCpuUsage', nowMillis: () => usageMillis(read()) };
  }
  return (
    createSchedstatClock() ?? {
      source: 'process',
      nowMillis: () => usageMillis(process.cpuUsage()),
    }
  );
}

/** Nanosecond CPU time, in the first of three numbers. The open file stays with this thread. */
function createSchedstatClock(): ThreadClock | undefined {
  let file: number;
  try {
    file = openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
  const bytes = Buffer.alloc(64);
  const nowMillis = (): number => {
    // The file alone moves with the scheduler's tick (4 ms). getrusage brings the running thread's
    // account up to date first, which makes the number exact.
    process.cpuUsage();
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return Number(bytes.toString('latin1', 0, length).split(' ', 1)[0]) / 1e6;
  };
  // Kernels without scheduler statistics show zeros.
  return nowMillis() > 0 ? { source: 'schedstat', nowMillis } : undefined;
}

function usageMillis(usage: unknown): number {
  const { user, system } = usage as NodeJS.CpuUsage;
  return (user + system) / 1000;
}
