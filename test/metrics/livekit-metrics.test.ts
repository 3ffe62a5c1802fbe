import { expect, it } from 'vitest';
import { bundled } from '../support/child-process.js';
import { JOB_ID, ROOM_SID, runJob } from '../support/job-process.js';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver } from '../support/otlp-receiver.js';

it('carries LiveKit’s own histogram of event-loop stalls, in seconds and without ids of the call', async () => {
  const receiver = await startReceiver();
  const { code } = await runJob({
    agent: bundled('session-job-child'),
    env: {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_METRICS_EXPORTER: 'otlp',
      BLOCK: 'yes',
    },
  });
  await receiver.close();
  expect(code).toBe(0);
  const metrics = MetricPoints.receivedBy(receiver);
  const stalls = metrics.of('lk.agents.event_loop.blocked_duration');
  expect(metrics.sum('lk.agents.event_loop.blocked_duration')).toBeGreaterThan(0.5);
  for (const { attributes, bounds, unit } of stalls) {
    expect(unit).toBe('s');
    expect(bounds).toContain(0.5);
    expect(attributes['lk.agent_name']).toBe('the-agent');
    const values = Object.values(attributes);
    expect(values).not.toContain(JOB_ID);
    expect(values).not.toContain(ROOM_SID);
  }
});
