import { expect, it } from 'vitest';
import { startChild } from '../support/child-process.js';
import { startReceiver } from '../support/otlp-receiver.js';

it.each([
  ['off', 'false'],
  ['on', 'true'],
])('with metrics %s, whether their SDK is loaded is %s', async (_, expected) => {
  const receiver = await startReceiver();
  const child = startChild('metrics-modules-child', [], {
    CATALYST_OTLP_ENDPOINT: receiver.endpoint,
    CATALYST_METRICS: expected,
  });
  const { code, stdout } = await child.ended;
  await receiver.close();
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: `METRICS SDK ${expected}` });
});
