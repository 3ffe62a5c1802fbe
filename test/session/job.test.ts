import { expect, it } from 'vitest';
import { bundled } from '../support/child-process.js';
import { ROOM_SID, runJob } from '../support/job-process.js';
import { MetricPoints } from '../support/metric-points.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';

interface JobRun {
  readonly spans: readonly DecodedSpan[];
  readonly metrics: MetricPoints;
  readonly paths: readonly string[];
}

async function run(env: Readonly<Record<string, string>>): Promise<JobRun> {
  const receiver = await startReceiver();
  try {
    const job = await runJob({
      agent: bundled('session-job-child'),
      env: {
        CATALYST_OTLP_ENDPOINT: receiver.endpoint,
        CATALYST_OTLP_TOKEN: 'secret',
        // No span of a slow machine (`telemetry/loop_monitor.ts`).
        LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS: '0',
        ...env,
      },
    });
    expect({ code: job.code, output: job.output.trim() }).toEqual({
      code: 0,
      output: 'ENTRY DONE',
    });
    const requests = receiver.requests();
    expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer secret']),
    );
    return {
      spans: receiver.spans(),
      metrics: MetricPoints.receivedBy(receiver),
      paths: requests.map(({ path }) => path),
    };
  } finally {
    await receiver.close();
  }
}

function only(spans: readonly DecodedSpan[], name: string): DecodedSpan {
  const found = spans.filter((span) => span.name === name);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} spans ${name}`);
  return first;
}

it('puts one span around a job: the root of one trace, ended when the job ends', async () => {
  const { spans, paths } = await run({ OBSERVE: 'yes' });
  expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const root = only(spans, 'voice.session');
  expect(spans.filter(({ parentSpanId }) => !parentSpanId)).toEqual([root]);
  for (const name of ['job_entrypoint', 'agent_session', 'voice.deliver_initial_greeting']) {
    expect(only(spans, name).parentSpanId, name).toBe(root.spanId);
  }
  const seconds = Number(root.endNanos - root.startNanos) / 1e9;
  expect(root.attributes).toMatchObject({
    'openinference.span.kind': 'AGENT',
    'session.id': ROOM_SID,
    'voice.room.sid': ROOM_SID,
    'tenant.id': 'acme',
    'user.id': 'user-1',
    'agent.name': 'Front desk',
    'agent.outcome': 'success',
    // LiveKit's word for a session that the end of its job closes.
    'voice.session.close_reason': 'user_initiated',
    'input.value': 'First question',
    'output.value': 'Second answer.',
    'voice.session.turns': 2,
    'voice.session.tool_errors': 1,
    'voice.session.interruptions': 0,
    'voice.session.agents': ['clerk'],
    'agent.tool_call_count': 2,
    'agent.llm_call_count': 3,
    'voice.session.tokens_by_model': '{"scripted-model-1":{"input":600,"output":60}}',
  });
  expect(only(spans, 'agent_session').attributes).toMatchObject({
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': 'First question',
    'llm.input_messages.1.message.content': 'First answer.',
    'llm.input_messages.2.message.content': 'Second question',
    'llm.output_messages.0.message.role': 'assistant',
    'llm.output_messages.0.message.content': 'Second answer.',
  });
  expect(Number(root.attributes['voice.duration_ms']) / 1000).toBeCloseTo(seconds, 2);
  const last = Math.max(...spans.map(({ endNanos }) => Number(endNanos)));
  expect(Number(root.endNanos)).toBe(last);
  for (const span of spans) {
    expect(span.attributes, span.name).toMatchObject({
      'session.id': ROOM_SID,
      'tenant.id': 'acme',
      'user.id': 'user-1',
      'tag.tags': ['night'],
      metadata: expect.stringContaining('"plan":"gold"') as string,
    });
  }
});

it('says that a job failed whose entry function threw', async () => {
  const { spans } = await run({ FAIL: 'yes' });
  const root = only(spans, 'voice.session');
  expect(root.status.code).toBe(2);
  expect(root.attributes).toMatchObject({
    'agent.outcome': 'failure',
    'voice.session.close_reason': 'error',
  });
});

it.each(['delta', 'cumulative'] as const)(
  'sends metrics whose sums are those of the session, %s',
  async (temporality) => {
    const { spans, metrics } = await run({
      CATALYST_METRICS: 'true',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
    });
    const acme = { 'tenant.id': 'acme' };
    expect(metrics.sum('voice.sessions.started', acme)).toBe(1);
    expect(metrics.of('voice.sessions.active', acme).at(-1)).toMatchObject({
      value: 0,
      isMonotonic: false,
    });
    const root = only(spans, 'voice.session');
    const seconds = Number(root.endNanos - root.startNanos) / 1e9;
    const ended = { ...acme, outcome: 'success', 'voice.session.close_reason': 'job_shutdown' };
    expect(metrics.sum('voice.session.duration', ended)).toBeCloseTo(seconds, 2);
    expect(metrics.of('voice.session.duration').at(-1)?.count).toBe(1);
    expect(metrics.sum('voice.session.duration_ms', ended) / 1000).toBeCloseTo(seconds, 2);
    expect(metrics.sum('llm.tokens.input', { ...acme, 'llm.model': 'scripted-model-1' })).toBe(600);
    expect(metrics.sum('llm.tokens.output', acme)).toBe(60);
    expect(metrics.sum('gen_ai.client.token.usage', { 'gen_ai.token.type': 'input' })).toBe(600);
    expect(metrics.sum('gen_ai.client.token.usage', { 'gen_ai.token.type': 'output' })).toBe(60);
    expect(metrics.sum('voice.tool.calls')).toBe(2);
    expect(metrics.sum('voice.tool.errors', { 'gen_ai.tool.name': 'fails' })).toBe(1);
    expect(metrics.sum('voice.retries', { 'voice.component': 'llm' })).toBe(1);
    const calls = spans.filter(({ name }) => name === 'llm_request');
    const callSeconds = calls.reduce(
      (all, { startNanos: start, endNanos: end }) => all + Number(end - start) / 1e9,
      0,
    );
    expect(metrics.sum('gen_ai.client.operation.duration')).toBeCloseTo(callSeconds, 6);
    expect(metrics.sum('catalyst.spans.exported')).toBeGreaterThan(0);
    const temporalities = new Set(metrics.of('llm.tokens.input').map((point) => point.temporality));
    expect(temporalities).toEqual(new Set([temporality]));
    const said = JSON.stringify(metrics.all, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    for (const word of ['question', 'answer', 'user-1', ROOM_SID, root.traceId]) {
      expect(said).not.toContain(word);
    }
  },
);
