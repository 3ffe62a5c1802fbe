import { openSync, readSync } from 'node:fs';

/** CPU time in milliseconds. Only differences mean something. */
export interface CpuTime {
  readonly mainMillis: number;
  /** All threads: garbage collection, compilation and gzip have their own. */
  readonly processMillis: number;
}

export interface CpuClock {
  /** Where the main thread's time comes from on this machine. */
  readonly source: 'threadCpuUsage' | 'schedstat' | 'process';
  readonly mainMillis: () => number;
  readonly now: () => CpuTime;
}

/**
 * CPU time of the calling thread: `process.threadCpuUsage()` (Node 22.15), or Linux's schedstat, or,
 * where there is neither, of the whole process.
 */
export function createCpuClock(): CpuClock {
  const [source, mainMillis] = findThreadClock();
  const now = (): CpuTime => ({
    mainMillis: mainMillis(),
    processMillis: usageMillis(process.cpuUsage()),
  });
  return { source, mainMillis, now };
}

function findThreadClock(): readonly [CpuClock['source'], () => number] {
  if ('threadCpuUsage' in process && typeof process.threadCpuUsage === 'function') {
    const read: () => unknown = process.threadCpuUsage.bind(process);
    return ['threadCpuUsage', () => usageMillis(read())];
  }
  const schedstat = createSchedstatClock();
  if (schedstat !== undefined) return ['schedstat', schedstat];
  return ['process', () => usageMillis(process.cpuUsage())];
}

/** Nanosecond CPU time, in the first of three numbers. The open file stays with this thread. */
function createSchedstatClock(): (() => number) | undefined {
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
  return nowMillis() > 0 ? nowMillis : undefined;
}

function usageMillis(usage: unknown): number {
  const { user, system } = usage as NodeJS.CpuUsage;
  return (user + system) / 1000;
}
