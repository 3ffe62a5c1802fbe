import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { createConsumer, type Consumer } from './consumer.js';

let consumer: Consumer;
let receiver: Receiver;
beforeAll(async () => {
  consumer = await createConsumer();
  receiver = await startReceiver();
});
afterAll(async () => {
  consumer.remove();
  await receiver.close();
});

const SPAN = `trace.getTracer('app').startSpan(process.argv[2] ?? 'span of the application').end();`;
const APPS = [
  ['app.mjs', `import { trace } from '@opentelemetry/api';${SPAN}`],
  ['app.cjs', `const { trace } = require('@opentelemetry/api');${SPAN}`],
] as const;
const REGISTER = ['--import', 'catalyst-tracing/register'];

describe('node --import catalyst-tracing/register', () => {
  it.each(APPS)('sends the spans of %s, set up from the environment alone', async (name, code) => {
    const before = receiver.spans().length;
    const outcome = await consumer.node([...REGISTER, consumer.write(name, code)], {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
      CATALYST_SERVICE_NAME: 'zero-code',
    });
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    const [span] = (await receiver.waitForSpans(before + 1)).slice(before);
    expect(span).toMatchObject({ name: 'span of the application' });
    expect(span?.resourceAttributes['service.name']).toBe('zero-code');
  });

  it('reaches a process that the application forks, as LiveKit forks one for each job', async () => {
    consumer.write(...APPS[0]);
    const parent = consumer.write(
      'parent.mjs',
      `import { fork } from 'node:child_process';
       import { trace } from '@opentelemetry/api';
       trace.getTracer('app').startSpan('parent').end();
       fork('./app.mjs', ['child']);`,
    );
    const before = receiver.spans().length;
    const outcome = await consumer.node([...REGISTER, parent], {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
    });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const spans = (await receiver.waitForSpans(before + 2)).slice(before);
    expect(spans.map(({ name }) => name).toSorted()).toEqual(['child', 'parent']);
  });

  it.each([
    ['nothing in it', {}, 'CATALYST_OTLP_ENDPOINT'],
    ['a bad endpoint in it', { CATALYST_OTLP_ENDPOINT: 'nonsense' }, 'CATALYST_OTLP_ENDPOINT'],
    [
      'a certificate that is not there',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere.pem' },
      'catalyst-tracing',
    ],
  ])('leaves the application alone in an environment with %s', async (_, env, said) => {
    const app = consumer.write('alone.mjs', `${APPS[0][1]}console.log('the application ran');`);
    const outcome = await consumer.node([...REGISTER, app], env);
    expect(outcome).toMatchObject({ code: 0, stdout: 'the application ran\n' });
    expect(outcome.stderr).toContain(said);
  });

  it('says nothing where tracing is disabled', async () => {
    const app = consumer.write('disabled.mjs', APPS[0][1]);
    const outcome = await consumer.node([...REGISTER, app], { OTEL_SDK_DISABLED: 'true' });
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('shares its tracing with an application that calls setup()', async () => {
    const app = consumer.write(
      'calls.cjs',
      `require('catalyst-tracing').setup().then((tracing) => console.log(tracing.serviceName));`,
    );
    const outcome = await consumer.node([...REGISTER, app], {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
      CATALYST_SERVICE_NAME: 'shared',
    });
    expect(outcome).toEqual({ code: 0, stdout: 'shared\n', stderr: '' });
  });
});
