import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer, type Consumer } from './consumer.js';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createConsumer();
});
afterAll(() => consumer.remove());

async function evaluate<T>(name: string, code: string): Promise<T> {
  const outcome = await consumer.node([consumer.write(name, code)]);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout.trim().split('\n').at(-1) ?? '');
}

/** Whether LiveKit's own tracer has our provider, and whether LiveKit could add its processors. */
const REPORT = `
  const report = (tracing, livekit) => console.log(JSON.stringify({
    installed: tracing.installResults.find(({ name }) => name === 'livekitAgents')?.installed,
    arrived: livekit.telemetry.tracer.getProvider() === tracing.provider,
  }));
`;

describe('LiveKit’s own tracer gets the provider', () => {
  it.each([
    [
      'in an ESM application',
      'app.mjs',
      `import * as livekit from '@livekit/agents';
       import { setup } from 'catalyst-tracing';${REPORT}
       report(await setup(), livekit);`,
    ],
    [
      'in a CommonJS application',
      'app.cjs',
      `const livekit = require('@livekit/agents');
       const { setup } = require('catalyst-tracing');${REPORT}
       setup().then((tracing) => report(tracing, livekit));`,
    ],
    [
      'in a CommonJS application that imports the ESM copy',
      'mixed.cjs',
      `const { setup } = require('catalyst-tracing');${REPORT}
       (async () => {
         const livekit = await import('@livekit/agents');
         report(await setup(), livekit);
       })();`,
    ],
    [
      'in an ESM application that requires our CommonJS build',
      'mixed.mjs',
      `import * as livekit from '@livekit/agents';
       import { createRequire } from 'node:module';
       const { setup } = createRequire(import.meta.url)('catalyst-tracing');${REPORT}
       report(await setup(), livekit);`,
    ],
    [
      'when it is given by name',
      'given.mjs',
      `import * as livekit from '@livekit/agents';
       import { setup } from 'catalyst-tracing';${REPORT}
       report(await setup({ modules: { livekitAgents: livekit }, autoInstrument: false }), livekit);`,
    ],
  ])('%s', async (_, name, code) => {
    expect(await evaluate(name, code)).toEqual({ installed: true, arrived: true });
  });
});
