import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setImmediate as nextImmediate } from 'node:timers/promises';
import type { Tracer } from '@opentelemetry/api';
import type { SessionPlan } from '../workload/session-plan.js';
import { createPlayer, playOperation } from './play-operation.js';
import type { SectionMeter } from './section-meter.js';

/** Shorter delays mean "after this", not "later in the call". They stay on the clock. */
const SHORTEST_VIRTUAL_MILLIS = 500;
/** A timer that led to no post: how long, in real time, until that is taken for granted. */
const NO_POST_MILLIS = 50;

export interface VirtualTime {
  /** Plays one session without waiting for the clock. Time stands still while a post is in flight. */
  readonly play: (tracer: Tracer, plan: SessionPlan) => Promise<void>;
}

/**
 * Lets a call of half an hour be played in a second with every batch as it would be in the call.
 * Must be installed before a tracer is loaded.
 */
export function installVirtualTime(meter?: SectionMeter): VirtualTime {
  const posts = watchPosts();
  const timers = installVirtualTimers(meter?.around ?? ((callback) => callback()));
  return {
    async play(tracer, plan) {
      const player = createPlayer(tracer, meter?.around);
      meter?.leaveOut();
      let nowMillis = -1;
      for (const operation of plan.operations) {
        if (operation.atMillis > nowMillis) {
          // Between two moments of a call the event loop always turns.
          await nextImmediate();
          meter?.leaveOut();
          nowMillis = operation.atMillis;
        }
        for (;;) {
          const answered = posts.answered();
          if (!timers.fireNext(nowMillis)) break;
          await posts.settled(answered);
          meter?.leaveOut();
        }
        timers.moveTo(nowMillis);
        playOperation(operation, player);
        if (posts.inFlight() > 0) {
          await posts.settled(posts.answered());
          meter?.leaveOut();
        }
      }
    },
  };
}

interface VirtualTimers {
  /** Moves time on to the next timer due by `untilMillis` and fires it; false when there is none. */
  readonly fireNext: (untilMillis: number) => boolean;
  readonly moveTo: (millis: number) => void;
}

interface PendingTimer {
  readonly callback: () => void;
  readonly everyMillis: number | undefined;
  dueMillis: number;
}

/**
 * Replaces this process's global timers, `Date.now` and `performance.now`. Sockets are not affected:
 * Node's own timeouts do not go through the globals.
 */
function installVirtualTimers(around: (callback: () => void) => void): VirtualTimers {
  const pending = new Set<PendingTimer>();
  let nowMillis = 0;
  const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
  const { clearTimeout: realClear } = globalThis;
  // A tracer may count on a timer of its own to keep the process alive; a virtual one does not.
  realInterval(() => {}, 2 ** 30);

  const add = (callback: () => void, delayMillis: number, everyMillis?: number): object => {
    const timer: PendingTimer = { callback, everyMillis, dueMillis: nowMillis + delayMillis };
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
    if (!pending.delete(timer as PendingTimer)) realClear(timer as NodeJS.Timeout);
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
  const [dateMillis, monotonicMillis] = [Date.now(), performance.now()];
  Date.now = () => dateMillis + nowMillis;
  performance.now = () => monotonicMillis + nowMillis;

  return {
    fireNext(untilMillis) {
      let first: PendingTimer | undefined;
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

interface PostWatch {
  readonly inFlight: () => number;
  readonly answered: () => number;
  /** Resolves when none is in flight and more than `answered` were answered, or none was sent. */
  readonly settled: (answered: number) => Promise<void>;
}

/**
 * Watches the sockets of whatever HTTP client a row uses. Waits on events, without polling: waiting
 * costs no CPU that would be counted. Must run before the global timers are replaced.
 */
function watchPosts(): PostWatch {
  const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
  let sent = 0;
  let answered = 0;
  let wake: (() => void) | undefined;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    watchWrites(socket, () => {
      sent += 1;
    });
    socket.on('data', (chunk: unknown) => {
      if (!begins(chunk, 'HTTP/1.1 ')) return;
      answered += 1;
      // The exporter's own listeners, and what they queue, come first.
      if (sent === answered) setImmediate(() => wake?.());
    });
  });
  return {
    inFlight: () => sent - answered,
    answered: () => answered,
    async settled(before) {
      for (;;) {
        if (sent === answered && answered > before) return;
        const came = await new Promise<boolean>((resolve) => {
          const timer = realTimeout(() => resolve(false), NO_POST_MILLIS);
          wake = () => {
            realClear(timer);
            resolve(true);
          };
        });
        wake = undefined;
        if (!came && sent === answered) return;
      }
    },
  };
}

/** Calls back with every post whose head is written: a head is a piece of its own. */
function watchWrites(socket: Socket, onPost: () => void): void {
  const writeOne = socket._write.bind(socket);
  const writeAll = socket._writev?.bind(socket);
  Object.assign(socket, {
    _write(chunk: unknown, ...rest: [BufferEncoding, () => void]) {
      if (begins(chunk, 'POST ')) onPost();
      writeOne(chunk, ...rest);
    },
    _writev(pieces: readonly { chunk: unknown; encoding: BufferEncoding }[], done: () => void) {
      for (const { chunk } of pieces) if (begins(chunk, 'POST ')) onPost();
      writeAll?.([...pieces], done);
    },
  });
}

function begins(chunk: unknown, text: string): boolean {
  if (typeof chunk === 'string') return chunk.startsWith(text);
  return Buffer.isBuffer(chunk) && chunk.toString('latin1', 0, text.length) === text;
}
