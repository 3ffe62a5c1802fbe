import type { Tracer } from '@opentelemetry/api';
import { TURN_MILLIS, type SessionPlan } from '../workload/session-plan.js';
import { createPlayer, playOperation } from './play-operation.js';

export interface RealTimeOptions {
  readonly tracer: Tracer;
  readonly plans: readonly SessionPlan[];
  /** Session time runs this much faster than the clock, as do the tracers' flush delays. */
  readonly timeScale: number;
}

/** Plays sessions side by side on real timers, spread over a turn; resolves when the last ended. */
export async function playOnRealTime(options: RealTimeOptions): Promise<void> {
  const staggerMillis = TURN_MILLIS / options.plans.length;
  await Promise.all(
    options.plans.map((plan, index) => playSession(plan, index * staggerMillis, options)),
  );
}

function playSession(
  plan: SessionPlan,
  offsetMillis: number,
  { tracer, timeScale }: RealTimeOptions,
): Promise<void> {
  const player = createPlayer(tracer);
  const begin = performance.now() + offsetMillis / timeScale;
  let next = 0;
  return new Promise((resolve) => {
    const play = (): void => {
      for (;;) {
        const operation = plan.operations[next];
        if (operation === undefined) {
          resolve();
          return;
        }
        const waitMillis = begin + operation.atMillis / timeScale - performance.now();
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
