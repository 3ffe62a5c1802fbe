/** What the end of a process needs from whoever has spans. */
export interface ExitTriggerOptions {
  /** Sends everything that is there; settles within `timeoutMillis` and never rejects. */
  readonly flush: (timeoutMillis: number) => Promise<unknown>;
  /** Spans handed over so far: tells whether another flush at `beforeExit` has anything to do. */
  readonly added: () => number;
  /** Called when the process is certain to end: the last moment to hand spans over. Never throws. */
  readonly beforeEnd: () => void;
  /** Called while the process exits: blocks, briefly, and never throws. */
  readonly lastResort: () => void;
  /** Milliseconds that the end of the process may be put off for. */
  readonly timeoutMillis: number;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Listeners that the `signal-exit` package has for a signal. It ends the process only while its
 * own are the only ones, so they don't count as somebody who decides about the signal.
 */
function signalExitListeners(): number {
  const emitter: unknown =
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')) ??
    Reflect.get(process, '__signal_exit_emitter__');
  const count: unknown =
    typeof emitter === 'object' && emitter !== null && 'count' in emitter ? emitter.count : 0;
  return typeof count === 'number' ? count : 0;
}

/**
 * Flushes when the process ends, and changes nothing about how it ends:
 *
 * - natural exit (`beforeExit`): the process waits for the flush;
 * - SIGTERM, SIGINT, SIGHUP: where nobody else listens, the process waits for the flush and then
 *   dies of the same signal, at once if the signal comes again; where somebody does, theirs decides
 *   and the flush goes along;
 * - `process.exit()`, an uncaught exception, an unhandled rejection: nothing asynchronous happens
 *   any more, so `lastResort` runs at `exit`. Node prints and sets the exit code as ever.
 *
 * Returns a function that takes every listener away again.
 */
export function installExitTriggers(options: ExitTriggerOptions): () => void {
  const { flush, added, beforeEnd, lastResort, timeoutMillis } = options;
  let addedAtLastFlush = 0;
  const handlers = new Map<NodeJS.Signals, () => void>();

  function onBeforeExit(): void {
    beforeEnd();
    // Node asks again whenever the loop runs empty; only new spans are a reason to put it off again.
    const addedNow = added();
    if (addedNow === addedAtLastFlush) return;
    addedAtLastFlush = addedNow;
    void flush(timeoutMillis);
  }

  function onSignal(signal: NodeJS.Signals, handler: () => void): void {
    const others = process.listenerCount(signal) - 1 - signalExitListeners();
    if (others === 0) beforeEnd();
    const flushed = flush(timeoutMillis);
    if (others > 0) return;
    // Taken away now, so that the signal coming a second time ends the process at once.
    process.removeListener(signal, handler);
    void flushed.finally(() => process.kill(process.pid, signal));
  }

  function onExit(): void {
    beforeEnd();
    lastResort();
  }

  process.on('beforeExit', onBeforeExit);
  process.on('exit', onExit);
  for (const signal of SIGNALS) {
    const handler = (): void => onSignal(signal, handler);
    handlers.set(signal, handler);
    process.on(signal, handler);
  }

  return () => {
    process.removeListener('beforeExit', onBeforeExit);
    process.removeListener('exit', onExit);
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
  };
}
