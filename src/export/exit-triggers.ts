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

interface Watcher {
  readonly options: ExitTriggerOptions;
  addedAtLastFlush: number;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Marks the listeners of every copy of this package: they don't decide about a signal either. */
const OWN: unique symbol = Symbol.for('catalyst-tracing.signal-listener');

const watchers = new Set<Watcher>();
const signalHandlers = new Map<NodeJS.Signals, () => void>();

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
 * Several that watch share the listeners and wait for one another. Returns how to stop watching.
 */
export function watchExit(options: ExitTriggerOptions): () => void {
  const watcher: Watcher = { options, addedAtLastFlush: 0 };
  if (watchers.size === 0) listen();
  watchers.add(watcher);
  return () => {
    if (watchers.delete(watcher) && watchers.size === 0) stopListening();
  };
}

function listen(): void {
  process.on('beforeExit', onBeforeExit);
  process.on('exit', onExit);
  for (const signal of SIGNALS) {
    const handler = Object.assign(() => onSignal(signal), { [OWN]: true });
    signalHandlers.set(signal, handler);
    process.on(signal, handler);
  }
}

function stopListening(): void {
  process.removeListener('beforeExit', onBeforeExit);
  process.removeListener('exit', onExit);
  for (const [signal, handler] of signalHandlers) process.removeListener(signal, handler);
}

function onBeforeExit(): void {
  for (const watcher of watchers) {
    const { flush, added, beforeEnd, timeoutMillis } = watcher.options;
    beforeEnd();
    // Node asks again whenever the loop runs empty; only new spans are a reason to put it off again.
    const addedNow = added();
    if (addedNow === watcher.addedAtLastFlush) continue;
    watcher.addedAtLastFlush = addedNow;
    void flush(timeoutMillis);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  const isOurs = othersListening(signal) === 0;
  if (isOurs) for (const { options } of watchers) options.beforeEnd();
  const flushed = Promise.all(
    [...watchers].map(({ options }) => options.flush(options.timeoutMillis)),
  );
  const handler = signalHandlers.get(signal);
  if (!isOurs || handler === undefined) return;
  // Taken away now, so that the signal coming a second time ends the process at once.
  process.removeListener(signal, handler);
  void flushed.finally(() => process.kill(process.pid, signal));
}

function onExit(): void {
  for (const { options } of watchers) {
    options.beforeEnd();
    options.lastResort();
  }
}

/** How many listeners there are that may want the process to live on. */
function othersListening(signal: NodeJS.Signals): number {
  const foreign = process.listeners(signal).filter((listener) => !Reflect.has(listener, OWN));
  return foreign.length - signalExitListeners();
}

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
