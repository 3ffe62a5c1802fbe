import { threadCpuMillis } from '../../src/privacy/thread-cpu.js';

/** Works for so long, by the clock and by the time that the thread really had. */
export function work(millis: number): void {
  const until = performance.now() + millis;
  const usedUp = (threadCpuMillis() ?? 0) + millis;
  while (performance.now() < until || (threadCpuMillis() ?? Infinity) < usedUp);
}
