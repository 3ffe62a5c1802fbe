/** Node 22.15 and 23.9 brought it; the types are those of the oldest Node that is supported. */
type CpuClock = typeof process & { readonly threadCpuUsage?: () => NodeJS.CpuUsage };

const clock: CpuClock = process;

/**
 * CPU time that this thread has used, in milliseconds; `undefined` where it cannot be read. A Node
 * that knows of processes only tells the time of all threads: more than this one's and never less.
 */
export function threadCpuMillis(): number | undefined {
  try {
    const { user, system } = clock.threadCpuUsage?.() ?? clock.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    return undefined;
  }
}
