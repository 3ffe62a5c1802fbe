import { describe, expect, it } from 'vitest';
import { ROOM_SID, runJob, type EndedJob } from '../support/job-process.js';
import { MetricPoints } from '../support/metric-points.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { LIVEKIT_VERSIONS, type InstallationSpec } from './compatibility-cases.js';
import { install } from './installations.js';

/** Where the agent sets tracing up; `preload` is `node --import`, which LiveKit hands on to jobs. */
const PLACES = ['module', 'prewarm', 'entry', 'preload'] as const;
type Place = (typeof PLACES)[number];
/** What the job does: its session stays open, fails with its entry function, is not there, or is held up. */
type Entry = 'session' | 'throws' | 'no session' | 'stalls';

describe.each(LIVEKIT_VERSIONS)('a job of LiveKit %s', (livekit) => {
  it.concurrent.each(PLACES)('sends every span of a session, set up in %s', async (place) => {
    const { job, spans } = await run({ livekit, place, entry: 'session' });
    expectCleanEnd(job);
    expectWholeSession(spans);
    // It starts before the entry function does.
    expect(names(spans).includes('job_entrypoint')).toBe(place !== 'entry');
  });

  it.concurrent('sends the spans of a job without a session', async () => {
    const { job, spans } = await run({ livekit, place: 'module', entry: 'no session' });
    expectCleanEnd(job);
    expect(names(spans)).toEqual(['job_entrypoint', 'work']);
    expectRoom(spans);
  });
});

/** Before, a job whose entry function throws never ends by itself: its worker kills it. */
const ENDED_BY_THROWING = LIVEKIT_VERSIONS.filter((livekit) => livekit !== '1.0.51');

describe('a job whose entry function throws', () => {
  it.concurrent.each(ENDED_BY_THROWING)('sends every span, in LiveKit %s', async (livekit) => {
    const { job, spans } = await run({ livekit, place: 'module', entry: 'throws' });
    expectCleanEnd(job);
    expectWholeSession(spans);
    expect(names(spans)).toContain('job_entrypoint');
  });
});

describe('a job with two copies of the API', () => {
  it('has LiveKit’s own metric sent with ours', async () => {
    const { job, metrics } = await run({
      livekit: '1.9.0',
      apiCopies: 'two',
      place: 'module',
      entry: 'stalls',
      env: { CATALYST_METRICS: 'true' },
    });
    expectCleanEnd(job);
    expect(metrics.sum('voice.sessions.started')).toBe(1);
    expect(metrics.sum('lk.agents.event_loop.blocked_duration')).toBeGreaterThan(0.5);
  });
});

interface JobCase {
  readonly livekit: string;
  /** Default `one`. */
  readonly apiCopies?: InstallationSpec['apiCopies'];
  readonly env?: Readonly<Record<string, string>>;
  readonly place: Place;
  readonly entry: Entry;
}

interface JobRun {
  readonly job: EndedJob;
  readonly spans: readonly DecodedSpan[];
  readonly metrics: MetricPoints;
}

async function run({
  livekit,
  apiCopies = 'one',
  place,
  entry,
  env = {},
}: JobCase): Promise<JobRun> {
  const directory = await install({ livekit, packageManager: 'npm', apiCopies });
  const receiver = await startReceiver();
  try {
    const job = await runJob({
      directory,
      agent: 'job-agent.mjs',
      env: { CATALYST_OTLP_ENDPOINT: receiver.endpoint, SETUP_IN: place, ENTRY: entry, ...env },
      execArgv: place === 'preload' ? ['--import', 'catalyst-tracing/register'] : [],
    });
    return { job, spans: receiver.spans(), metrics: MetricPoints.receivedBy(receiver) };
  } finally {
    await receiver.close();
  }
}

/** LiveKit ended the process itself: nothing held it up and nothing went wrong in it. */
function expectCleanEnd({ code, signal, messages, output }: EndedJob): void {
  expect({ code, signal, done: messages.includes('done'), output: output.trim() }).toEqual({
    code: 0,
    signal: null,
    done: true,
    output: 'ENTRY DONE',
  });
}

function expectWholeSession(spans: readonly DecodedSpan[]): void {
  expectRoom(spans);
  const of = (name: string): number => names(spans).filter((each) => each === name).length;
  expect(of('agent_session')).toBe(1);
  expect(of('agent_turn')).toBe(4);
  expect(of('llm_request')).toBe(4);
  expect(of('llm_request_run')).toBe(4);
  expect(of('llm_node')).toBe(4);
  expect(of('function_tool')).toBe(2);
  // The last to end before the session does, when LiveKit closes it.
  expect(of('drain_agent_activity')).toBe(2);
  expect(of('on_exit')).toBe(2);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId));
  // Set up in the entry function, `job_entrypoint` started before there was a tracer.
  expect(orphans.map(({ name }) => name)).toEqual([]);
}

function expectRoom(spans: readonly DecodedSpan[]): void {
  expect(new Set(spans.map(({ attributes }) => attributes['session.id']))).toEqual(
    new Set([ROOM_SID]),
  );
}

function names(spans: readonly DecodedSpan[]): readonly string[] {
  return spans.map(({ name }) => name).toSorted();
}
