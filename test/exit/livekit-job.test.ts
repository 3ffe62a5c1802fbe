import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SetupOptions } from '../../src/index.js';
import { bundled } from '../support/child-process.js';
import { type EndedJob, ENTRY_DONE, ROOM_NAME, ROOM_SID, runJob } from '../support/job-process.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

/** What LiveKit 1.9 records of a session of one turn. `event_loop_blocked` comes and goes with the machine. */
const SPANS_OF_A_JOB = [
  'agent_session',
  'agent_speaking',
  'agent_turn',
  'drain_agent_activity',
  'job_entrypoint',
  'llm_node',
  'llm_request',
  'llm_request_run',
  'on_enter',
  'on_exit',
  'start_agent_activity',
  'user_turn',
];

let receiver: Receiver;
let spoolDirectory: string;

beforeEach(async () => {
  receiver = await startReceiver();
  spoolDirectory = mkdtempSync(join(tmpdir(), 'job-spool-'));
});

afterEach(async () => {
  await receiver.close();
  rmSync(spoolDirectory, { recursive: true });
});

interface Job {
  readonly scenario?: string;
  readonly setupAt?: string;
  readonly options?: SetupOptions;
  readonly sessionId?: string;
}

function run({
  scenario = '',
  setupAt = 'module',
  options = {},
  sessionId = '',
}: Job = {}): Promise<EndedJob> {
  return runJob({
    agent: bundled('job-child'),
    env: {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
      SCENARIO: scenario,
      SETUP_AT: setupAt,
      SETUP_OPTIONS: JSON.stringify(options),
      SESSION_ID: sessionId,
    },
  });
}

function received(): readonly DecodedSpan[] {
  return receiver.spans().filter(({ name }) => name !== 'event_loop_blocked');
}

function names(spans: readonly DecodedSpan[] = received()): readonly string[] {
  return spans.map(({ name }) => name).toSorted();
}

/** Every span came, each once, in one trace, under a root that says what was said. */
function expectWhole(rootName: string, leftOut: readonly string[] = []): void {
  const spans = received();
  expect(names(spans)).toEqual(SPANS_OF_A_JOB.filter((name) => !leftOut.includes(name)));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const [root, ...others] = spans.filter(({ parentSpanId }) => parentSpanId === '');
  expect(others).toEqual([]);
  expect(root).toMatchObject({
    name: rootName,
    attributes: { 'input.value': 'Good morning', 'output.value': 'At your service.' },
  });
}

describe("a job's process, which LiveKit leaves with process.exit(0)", () => {
  it.each(['module', 'prewarm'])('has sent every span: set up at %s', async (setupAt) => {
    const ended = await run({ setupAt });
    expect(ended).toMatchObject({ code: 0, signal: null, output: ENTRY_DONE });
    expectWhole('job_entrypoint');
  });

  it.each([
    ['name of the room', ROOM_NAME],
    // No room is joined here: LiveKit's id stands in.
    ['name of the room, if joined', ROOM_SID],
  ])('has the session id that a function gives: the %s', async (sessionId, expected) => {
    await run({ sessionId });
    expectWhole('job_entrypoint');
    const ids = received().map(({ attributes }) => attributes['session.id']);
    expect([...new Set(ids)]).toEqual([expected]);
  });

  it('has sent every span: set up in the entry function, inside of its span', async () => {
    const ended = await run({ setupAt: 'entry' });
    expect(ended).toMatchObject({ code: 0, signal: null, output: ENTRY_DONE });
    expectWhole('agent_session', ['job_entrypoint']);
  });

  it.each(['throws', 'signalled', 'stays'])(
    'ends as without us, and whole: %s',
    async (scenario) => {
      const [ended, without] = await Promise.all([
        run({ scenario }),
        run({ scenario, setupAt: 'nowhere' }),
      ]);
      expect(ended).toEqual(without);
      expectWhole('job_entrypoint');
    },
  );

  it('goes through the shutdown callbacks of the application, spans of theirs included', async () => {
    const ended = await run({ scenario: 'callbacks' });
    expect(ended).toMatchObject({ code: 0, output: ENTRY_DONE });
    expect(names()).toEqual([...SPANS_OF_A_JOB, 'report'].toSorted());
  });

  it.each([
    ['exits', 0],
    ['crashes', 1],
  ])('has sent what there was when the application %s', async (scenario, code) => {
    const ended = await run({ scenario });
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.output).not.toContain('catalyst');
    const spans = received();
    const open = spans.filter(({ attributes }) => attributes['catalyst.incomplete'] === true);
    expect(names(open)).toEqual(['agent_session', 'job_entrypoint']);
    expect(names(spans)).toEqual(expect.arrayContaining(['agent_turn', 'llm_request', 'llm_node']));
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  });
});

describe('a collector that is down when jobs end', () => {
  it('holds a job up no longer than the deadline', async () => {
    receiver.respond(() => ({ hang: true }));
    const ended = await run({ options: { delivery: { shutdownTimeoutMillis: 1000 } } });
    const [first] = receiver.requests();
    // 1 s for the flush, 2 s for the last resort; the request itself would wait for 10 s.
    expect(Date.now() - (first?.receivedAtMillis ?? 0)).toBeLessThan(8000);
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.messages.at(-1)).toBe('done');
    expect(ended.output.match(/catalyst-tracing/g)).toHaveLength(1);
    expect(ended.output).toContain('The process exited before every span could be delivered');
  });

  it('gets the spans of both jobs from the next one, once each', async () => {
    receiver.respond(() => ({ status: 503 }));
    const options = { delivery: { spoolDirectory, shutdownTimeoutMillis: 1000 } };
    const jobs = await Promise.all([run({ options }), run({ options })]);
    for (const job of jobs) expect(job).toMatchObject({ code: 0, signal: null });
    expect(receiver.spans()).toEqual([]);
    expect(readdirSync(spoolDirectory)).not.toEqual([]);

    receiver.respond(() => undefined);
    expect(await run({ options })).toMatchObject({ code: 0, output: ENTRY_DONE });
    const spans = received();
    expect(names(spans)).toEqual(SPANS_OF_A_JOB.flatMap((name) => [name, name, name]));
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    expect(readdirSync(spoolDirectory)).toEqual([]);
  });
});
