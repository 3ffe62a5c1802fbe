import { afterEach, beforeEach, expect, it } from 'vitest';
import { startChild, type RunningChild } from '../support/child-process.js';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

const SHUTDOWN_MILLIS = 1_000;

let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
});

function start(how: string): RunningChild {
  const options = {
    endpoint: receiver.endpoint,
    metrics: true,
    delivery: { shutdownTimeoutMillis: SHUTDOWN_MILLIS },
  };
  return startChild('traced-child', [how, JSON.stringify(options)]);
}

it('sends what was measured when a process runs empty', async () => {
  expect(await start('natural').ended).toMatchObject({ code: 0, stderr: '' });
  expect(MetricPoints.receivedBy(receiver).sum('catalyst.spans.exported')).toBe(2);
});

it('sends what was measured when a process is asked to end', async () => {
  const child = start('signal');
  await child.wrote('ready');
  child.process.kill('SIGTERM');
  expect((await child.ended).signal).toBe('SIGTERM');
  expect(MetricPoints.receivedBy(receiver).sum('catalyst.spans.exported')).toBe(2);
});

it('lets a process end in time whose metrics nobody takes', async () => {
  receiver.respond(({ path }) => (path === '/v1/metrics' ? { hang: true } : undefined));
  const child = start('natural');
  await child.wrote('ready');
  const begin = performance.now();
  const { code, stderr } = await child.ended;
  // Half of the time is for metrics, and none of the SDK's timers outlives it.
  expect(performance.now() - begin).toBeLessThan(SHUTDOWN_MILLIS + 500);
  expect(code).toBe(0);
  expect(stderr).toContain('Metrics could not be delivered');
  expect(receiver.spans()).toHaveLength(2);
});
