/** Timers that wait for the session's time instead of the clock's. */
export interface VirtualTimers {
  /** Moves time on to the next timer due by `untilMillis` and fires it; false when there is none. */
  readonly fireNext: (untilMillis: number) => boolean;
  readonly moveTo: (millis: number) => void;
}

/** Shorter delays mean "after this", not "later in the call"; they stay on the clock. */
const SHORTEST_VIRTUAL_MILLIS = 500;

interface Pending {
  readonly callback: () => void;
  readonly everyMillis: number | undefined;
  dueMillis: number;
}

/**
 * Replaces this process's global timers and `Date.now`, so that a call of half an hour can be played in a second
 * with every batch exactly as it would be in the call. Sockets are not affected: Node's own
 * timeouts do not go through the globals. Must run before a tracer is loaded.
 */
export function installVirtualTimers(around: (callback: () => void) => void): VirtualTimers {
  const pending = new Set<Pending>();
  let nowMillis = 0;
  const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
  const { clearTimeout: realClear } = globalThis;
  // A tracer may count on a timer of its own to keep the process alive; a virtual one does not.
  realInterval(() => {}, 2 ** 30);

  const add = (callback: () => void, delayMillis: number, everyMillis?: number): object => {
    const timer: Pending = { callback, everyMillis, dueMillis: nowMillis + delayMillis };
    pending.add(timer);
    const handle = Object.assign(timer, {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => false,
      refresh: () => {
        timer.dueMillis = nowMillis + delayMillis;
        pending.add(timer);
        return handle;
      },
    });
    return handle;
  };
  const clear = (timer: unknown): void => {
    if (!pending.delete(timer as Pending)) realClear(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    setTimeout(callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) {
      if (delay < SHORTEST_VIRTUAL_MILLIS) return realTimeout(callback, delay, ...args);
      return add(() => callback(...args), delay);
    },
    setInterval(callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) {
      if (delay < SHORTEST_VIRTUAL_MILLIS) return realInterval(callback, delay, ...args);
      return add(() => callback(...args), delay, delay);
    },
    clearTimeout: clear,
    clearInterval: clear,
  });

  const beginMillis = Date.now();
  Date.now = () => beginMillis + nowMillis;

  return {
    fireNext(untilMillis) {
      let first: Pending | undefined;
      for (const timer of pending) {
        if (timer.dueMillis <= untilMillis && timer.dueMillis < (first?.dueMillis ?? Infinity)) {
          first = timer;
        }
      }
      if (first === undefined) return false;
      nowMillis = Math.max(nowMillis, first.dueMillis);
      if (first.everyMillis === undefined) pending.delete(first);
      else first.dueMillis += first.everyMillis;
      around(first.callback);
      return true;
    },
    moveTo(millis) {
      nowMillis = Math.max(nowMillis, millis);
    },
  };
}
