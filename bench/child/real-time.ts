import { readFileSync } from 'node:fs';
import type { Tracer } from '@opentelemetry/api';
import { TURN_MILLIS, type SessionPlan } from '../workload/session-plan.js';
import { createPlayer, playOperation } from './play-operation.js';

const LATENESS_INTERVAL_MILLIS = 1;

/**
 * Plays sessions side by side on real timers, `timeScale` times faster than the call, spread over a
 * turn; resolves when the last has ended.
 */
export async function playOnRealTime(
  tracer: Tracer,
  plans: readonly SessionPlan[],
  timeScale: number,
): Promise<void> {
  const beginMillis = performance.now();
  await Promise.all(
    plans.map((plan, index) => {
      const offsetMillis = (index * TURN_MILLIS) / plans.length / timeScale;
      return playSession(tracer, plan, beginMillis + offsetMillis, timeScale);
    }),
  );
}

function playSession(
  tracer: Tracer,
  plan: SessionPlan,
  beginMillis: number,
  timeScale: number,
): Promise<void> {
  const player = createPlayer(tracer);
  let next = 0;
  return new Promise((resolve) => {
    const play = (): void => {
      for (;;) {
        const operation = plan.operations[next];
        if (operation === undefined) {
          resolve();
          return;
        }
        const waitMillis = beginMillis + operation.atMillis / timeScale - performance.now();
        if (waitMillis > 0) {
          setTimeout(play, waitMillis);
          return;
        }
        next += 1;
        playOperation(operation, player);
      }
    };
    play();
  });
}

/** Runs a 1 ms timer until the returned function is called, which says how late it came at most. */
export function startLatenessMeter(): () => number {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - LATENESS_INTERVAL_MILLIS);
    last = now;
  }, LATENESS_INTERVAL_MILLIS);
  return () => {
    clearInterval(timer);
    return worst;
  };
}

/** The largest resident set this process has had, in bytes. */
export function peakResidentBytes(): number {
  try {
    // Not `resourceUsage().maxRSS`: that one starts from the size of the process that forked us.
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
