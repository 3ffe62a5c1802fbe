import { MAX_TIMER_MILLIS } from '../options/option-readers.js';

/** What the end of a process needs from a processor. */
export interface ExitHooks {
  /** Sends everything that is there; settles within `timeoutMillis` and never rejects. */
  readonly flush: (timeoutMillis: number) => Promise<unknown>;
  /** Spans added so far: at `beforeExit` another flush only follows when there are new ones. */
  readonly added: () => number;
  /** Called when the process is certain to end: the last moment to add spans. Never throws. */
  readonly beforeEnd: () => void;
  /**
   * Called last: sends what is left, or keeps it, or counts it. Blocks for a moment, and not on the
   * network unless `sends`. Never throws.
   */
  readonly exitSync: (sends: boolean) => void;
  /** Milliseconds that the end of the process may be delayed. */
  readonly timeoutMillis: number;
}

interface Watcher {
  readonly hooks: ExitHooks;
  addedAtLastFlush: number;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Marks the listeners of every copy of this package: they do not decide about a signal either. */
const OWN: unique symbol = Symbol.for('catalyst-tracing.signal-listener');

const watchers = new Set<Watcher>();
const signalHandlers = new Map<NodeJS.Signals, () => void>();
/** The signal that the process is about to die of. */
let dyingOf: NodeJS.Signals | undefined;

/**
 * Flushes when the process ends, and changes nothing about how it ends:
 *
 * - natural exit (`beforeExit`): the process waits for the flush;
 * - SIGTERM, SIGINT, SIGHUP: without another listener the process waits for the flush and then dies
 *   of the same signal, at once if the signal comes again; another listener decides by itself, and
 *   the flush runs meanwhile;
 * - `process.exit()`, an uncaught exception, an unhandled rejection: nothing asynchronous happens
 *   any more, so `exitSync` sends from another thread. Node prints and sets the exit code as ever.
 *
 * In each case `exitSync` is called last, so that what could not be sent is kept or counted.
 * Several watchers share the listeners and wait for one another. Returns how to stop watching.
 */
export function watchExit(hooks: ExitHooks): () => void {
  const watcher: Watcher = { hooks, addedAtLastFlush: 0 };
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
    const { flush, added, beforeEnd, timeoutMillis } = watcher.hooks;
    beforeEnd();
    // Node asks again whenever the loop runs empty; only new spans are a reason to put it off again.
    const addedNow = added();
    if (addedNow === watcher.addedAtLastFlush) continue;
    watcher.addedAtLastFlush = addedNow;
    void flush(timeoutMillis);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  if (dyingOf !== undefined) {
    // It came again: nobody waits any longer.
    die(dyingOf);
    return;
  }
  const isOurs = othersListening(signal) === 0;
  if (isOurs) {
    dyingOf = signal;
    for (const { hooks } of watchers) hooks.beforeEnd();
  }
  const flushed = Promise.all([...watchers].map(({ hooks }) => flushTwice(hooks, isOurs)));
  if (isOurs) void flushed.finally(() => die(signal));
}

/** Flushes, and where the process is about to die, once more what ended meanwhile, while there is time. */
async function flushTwice(hooks: ExitHooks, isDying: boolean): Promise<void> {
  const deadline = performance.now() + hooks.timeoutMillis;
  const before = hooks.added();
  await hooks.flush(hooks.timeoutMillis);
  const leftMillis = deadline - performance.now();
  if (isDying && leftMillis > 0 && hooks.added() > before) await hooks.flush(leftMillis);
}

/** Nothing is sent any more: the flush had its time. What it left is kept or counted. */
function die(signal: NodeJS.Signals): void {
  for (const { hooks } of watchers) {
    hooks.beforeEnd();
    hooks.exitSync(false);
  }
  for (const [name, handler] of signalHandlers) process.removeListener(name, handler);
  process.kill(process.pid, signal);
}

function onExit(): void {
  for (const { hooks } of watchers) {
    hooks.beforeEnd();
    hooks.exitSync(true);
  }
}

/**
 * How many listeners there are that may want the process to live on. Those of the `signal-exit`
 * package do not: it ends the process while its own are the only ones.
 */
function othersListening(signal: NodeJS.Signals): number {
  const foreign = process.listeners(signal).filter((listener) => !Reflect.has(listener, OWN));
  const emitter: unknown =
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')) ??
    Reflect.get(process, '__signal_exit_emitter__');
  const count: unknown = Reflect.get(Object(emitter), 'count');
  return foreign.length - (typeof count === 'number' ? count : 0);
}

/**
 * Milliseconds that a flush may take: what the caller asked for, else the default. What is no number
 * gets the default, and what is too long for a timer, infinity too, the longest one.
 */
export function resolveTimeoutMillis(asked: unknown, defaultMillis: number): number {
  if (typeof asked !== 'number' || Number.isNaN(asked)) return defaultMillis;
  return Math.min(Math.max(0, asked), MAX_TIMER_MILLIS);
}
