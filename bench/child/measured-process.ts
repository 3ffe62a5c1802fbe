import type { RowModule, RunningRow } from '../rows/row.js';
import { createSessionPlan, pregenerate } from '../workload/session-plan.js';
import { measureAllocation } from './allocation.js';
import { createCpuClock } from './cpu-clock.js';
import { peakResidentBytes, playOnRealTime, startLatenessMeter } from './real-time.js';
import type { RunRequest, RunResult } from './run-request.js';
import { createSectionMeter } from './section-meter.js';
import { installVirtualTime } from './virtual-time.js';

/** A fresh process for one row: import it, set it up, play, shut down, report, exit. */
const request = JSON.parse(process.argv[2] ?? '') as RunRequest;
const clock = createCpuClock();
const MEASURES: Readonly<Record<RunRequest['measure'], () => Promise<RunResult>>> = {
  job: measureJob,
  section: measureJob,
  load: measureLoad,
  text: measureTextSession,
  allocation: async () => {
    const plan = createPlan(1);
    const row = await startRow();
    const allocation = await measureAllocation(row, pregenerate(plan));
    await row.shutdown();
    return { spans: plan.spanCount, allocation };
  },
};
const result = await MEASURES[request.measure]();
process.send?.(result, undefined, undefined, () => process.exit(0));

async function measureJob(): Promise<RunResult> {
  const meter = request.measure === 'section' ? createSectionMeter(clock) : undefined;
  const time = installVirtualTime(meter);
  const plan = pregenerate(createPlan(1));
  await import('../rows/livekit-baseline.js');
  // The garbage of building the strings is not to be collected on the row's account.
  globalThis.gc?.();

  const begin = clock.now();
  const module = await importRow();
  const imported = clock.now();
  const row = await module.start({ ...request, connectLiveKit: false });
  const setUp = clock.now();
  // What came before was no part of the call.
  meter?.takeWorstMillis();
  await time.play(row.tracer, plan);
  await row.shutdown();
  const end = clock.now();
  if (meter !== undefined)
    return { spans: plan.spanCount, worstSectionMillis: meter.takeWorstMillis() };
  return {
    spans: plan.spanCount,
    job: {
      clock: clock.source,
      importMillis: imported.mainMillis - begin.mainMillis,
      setUpMillis: setUp.mainMillis - imported.mainMillis,
      callMillis: end.mainMillis - setUp.mainMillis,
      mainMillis: end.mainMillis - begin.mainMillis,
      processMillis: end.processMillis - begin.processMillis,
    },
  };
}

async function measureLoad(): Promise<RunResult> {
  const plans = Array.from({ length: request.sessions }, (_, index) => createPlan(index + 1));
  const row = await startRow();
  const stopLateness = startLatenessMeter();
  await playOnRealTime(row.tracer, plans, request.timeScale);
  await row.shutdown();
  return {
    spans: plans.reduce((sum, { spanCount }) => sum + spanCount, 0),
    load: { latestMillis: stopLateness(), peakBytes: peakResidentBytes() },
  };
}

/** Without a row the session is untraced: LiveKit makes no spans then. */
async function measureTextSession(): Promise<RunResult> {
  const { runTextSession } = await import('./text-session.js');
  const row =
    request.row === 'noop'
      ? undefined
      : await (await importRow()).start({ ...request, connectLiveKit: true });
  await runTextSession(request);
  await row?.shutdown();
  return { textProcessMillis: clock.now().processMillis };
}

async function startRow(): Promise<RunningRow> {
  await import('../rows/livekit-baseline.js');
  return (await importRow()).start({ ...request, connectLiveKit: false });
}

async function importRow(): Promise<RowModule> {
  return (await import(`../rows/${request.row}.js`)) as RowModule;
}

function createPlan(seed: number): ReturnType<typeof createSessionPlan> {
  return createSessionPlan({ turns: request.turns, alphabet: request.alphabet, seed });
}
