import type { RowModule, RunningRow } from '../rows/row.js';
import { createSessionPlan, pregenerate, type SessionPlan } from '../workload/session-plan.js';
import { measureAllocation } from './allocation.js';
import { startLatenessMeter } from './lateness-meter.js';
import { peakResidentBytes } from './peak-memory.js';
import { playOnRealTime } from './play-on-real-time.js';
import { playOnVirtualTime } from './play-on-virtual-time.js';
import { createPostWatch } from './post-watch.js';
import type { RunRequest, RunResult } from './run-request.js';
import { createSectionMeter } from './section-meter.js';
import { createThreadClock } from './thread-clock.js';
import { installVirtualTimers } from './virtual-timers.js';

/** A fresh process for one row: import it, set it up, play the sessions, report, exit. */
const request = JSON.parse(process.argv[2] ?? '') as RunRequest;
const clock = createThreadClock();
const result = await measure();
process.send?.(result, undefined, undefined, () => process.exit(0));

async function measure(): Promise<RunResult> {
  const stage = setTheStage();
  await import('../rows/livekit-baseline.js');
  const beforeImport = clock.nowMillis();
  const module = (await import(`../rows/${request.row}.js`)) as RowModule;
  const beforeSetUp = clock.nowMillis();
  const row = await module.start(request);
  const afterSetUp = clock.nowMillis();

  const plans = createPlans();
  const measured = await stage(row, plans);
  await row.shutdown();
  return {
    clock: clock.source,
    importMillis: beforeSetUp - beforeImport,
    setUpMillis: afterSetUp - beforeSetUp,
    spans: plans.reduce((sum, plan) => sum + plan.spanCount, 0) * request.repetitions,
    peakResidentBytes: peakResidentBytes(),
    ...measured,
  };
}

function createPlans(): readonly SessionPlan[] {
  return Array.from({ length: request.sessions }, (_, index) => {
    const { turns, alphabet } = request;
    const plan = createSessionPlan({ turns, alphabet, seed: index + 1 });
    return request.measure === 'load' ? plan : pregenerate(plan);
  });
}

type Stage = (row: RunningRow, plans: readonly SessionPlan[]) => Promise<Partial<RunResult>>;

/** What has to be in place before the row is loaded, and how the sessions are played then. */
function setTheStage(): Stage {
  if (request.measure === 'allocation') return stageAllocation;
  if (request.measure === 'load') return stageLoad;
  return setVirtualStage();
}

async function stageAllocation(
  row: RunningRow,
  plans: readonly SessionPlan[],
): Promise<Partial<RunResult>> {
  const [plan] = plans;
  if (plan === undefined) throw new Error('no session to play');
  return { allocation: await measureAllocation(row, plan) };
}

async function stageLoad(
  row: RunningRow,
  plans: readonly SessionPlan[],
): Promise<Partial<RunResult>> {
  const stopLateness = startLatenessMeter();
  const cpuMillis = await repeat(async () => {
    await playOnRealTime({ tracer: row.tracer, plans, timeScale: request.timeScale });
    await row.forceFlush();
  });
  return { cpuMillis, lateness: stopLateness() };
}

function setVirtualStage(): Stage {
  const meter = request.measure === 'section' ? createSectionMeter(clock) : undefined;
  const posts = createPostWatch();
  const timers = installVirtualTimers(meter?.around ?? ((callback) => callback()));
  return async (row, plans) => {
    const worstSectionMillis: number[] = [];
    let startMillis = 0;
    // What came before (loading, building strings) was not the calls'.
    meter?.takeWorstMillis();
    const cpuMillis = await repeat(async () => {
      for (const plan of plans) {
        await playOnVirtualTime({
          tracer: row.tracer,
          plan,
          startMillis,
          timers,
          posts,
          around: meter?.around,
          onDriver: meter?.leaveOut ?? (() => {}),
        });
        startMillis += plan.durationMillis;
      }
      await row.forceFlush();
      if (meter !== undefined) worstSectionMillis.push(meter.takeWorstMillis());
    });
    return { cpuMillis, worstSectionMillis };
  };
}

/** Main-thread CPU of each repetition. */
async function repeat(play: () => Promise<void>): Promise<number[]> {
  const cpuMillis: number[] = [];
  for (let repetition = 0; repetition < request.repetitions; repetition++) {
    const begin = clock.nowMillis();
    await play();
    cpuMillis.push(clock.nowMillis() - begin);
  }
  return cpuMillis;
}
