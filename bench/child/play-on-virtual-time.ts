import { setImmediate as nextImmediate } from 'node:timers/promises';
import type { Tracer } from '@opentelemetry/api';
import type { SessionPlan } from '../workload/session-plan.js';
import { createPlayer, playOperation, type Player } from './play-operation.js';
import type { PostWatch } from './post-watch.js';
import type { VirtualTimers } from './virtual-timers.js';

export interface VirtualTimeOptions {
  readonly tracer: Tracer;
  readonly plan: SessionPlan;
  /** Session time of the plan's start: one process may play several sessions in a row. */
  readonly startMillis: number;
  readonly timers: VirtualTimers;
  readonly posts: PostWatch;
  readonly around: Player['around'] | undefined;
  /** Called whenever the driver itself begins to run, which is no section of the tracer's. */
  readonly onDriver: () => void;
}

/** Plays one session without waiting for the clock; time stands still while a post is under way. */
export async function playOnVirtualTime(options: VirtualTimeOptions): Promise<void> {
  const { plan, startMillis, timers, posts } = options;
  const player = createPlayer(options.tracer, options.around);
  options.onDriver();
  let nowMillis = -1;
  for (const operation of plan.operations) {
    const atMillis = startMillis + operation.atMillis;
    if (atMillis > nowMillis) {
      // Between two moments of a call the event loop always turns.
      await nextImmediate();
      options.onDriver();
      nowMillis = atMillis;
    }
    for (;;) {
      const mark = posts.mark();
      if (!timers.fireNext(atMillis)) break;
      await posts.settled(mark);
      options.onDriver();
    }
    timers.moveTo(atMillis);
    playOperation(operation, player);
    if (posts.underWay() > 0) {
      await posts.settled(posts.mark());
      options.onDriver();
    }
  }
}
