/** How late the event loop's shortest timer came. */
export interface Lateness {
  readonly maxMillis: number;
  readonly p99Millis: number;
}

const INTERVAL_MILLIS = 1;

/** Runs a 1 ms timer until the returned function is called. What holds up the loop holds up it. */
export function startLatenessMeter(): () => Lateness {
  const late: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - last - INTERVAL_MILLIS));
    last = now;
  }, INTERVAL_MILLIS);
  return () => {
    clearInterval(timer);
    late.sort((one, other) => one - other);
    return {
      maxMillis: late.at(-1) ?? 0,
      p99Millis: late[Math.floor(late.length * 0.99)] ?? 0,
    };
  };
}
