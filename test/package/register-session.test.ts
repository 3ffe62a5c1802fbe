import { copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { createConsumer, REPOSITORY, type Consumer } from './consumer.js';

let consumer: Consumer;
let receiver: Receiver;

beforeAll(async () => {
  consumer = await createConsumer();
  receiver = await startReceiver();
  const session = 'scripted-session.cjs';
  copyFileSync(
    join(REPOSITORY, 'test', 'compat', 'application', session),
    join(consumer.directory, session),
  );
  symlinkSync(
    join(REPOSITORY, 'node_modules', 'zod'),
    join(consumer.directory, 'node_modules', 'zod'),
  );
});
afterAll(async () => {
  consumer.remove();
  await receiver.close();
});

/** The session starts in the tick in which everything was loaded. */
const RUN = `
  const run = runSession({ livekit, zod, trace, manualSpan });
  run.then(async (outcome) => report(outcome, await setup()));`;
const REQUIRED = `
  const livekit = require('@livekit/agents');
  const { trace } = require('@opentelemetry/api');
  const { manualSpan, setup } = require('catalyst-tracing');
  const zod = require('zod');
  const { report, runSession } = require('./scripted-session.cjs');${RUN}`;
const IMPORTED = `
  import * as livekit from '@livekit/agents';
  import { trace } from '@opentelemetry/api';
  import { manualSpan, setup } from 'catalyst-tracing';
  import * as zod from 'zod';
  import session from './scripted-session.cjs';
  const { report, runSession } = session;${RUN}`;

describe('a session in the tick in which tracing was registered is one whole trace', () => {
  it.each([
    ['import on the first line', 'first.mjs', [], `import 'catalyst-tracing/register';${IMPORTED}`],
    [
      'import on the last line',
      'last.mjs',
      [],
      IMPORTED.replace(RUN, `import 'catalyst-tracing/register';${RUN}`),
    ],
    [
      'require on the first line',
      'first.cjs',
      [],
      `require('catalyst-tracing/register');${REQUIRED}`,
    ],
    [
      'require after LiveKit',
      'last.cjs',
      [],
      `require('@livekit/agents'); require('catalyst-tracing/register');${REQUIRED}`,
    ],
    ['node -r, CommonJS', 'preloaded.cjs', ['-r', 'catalyst-tracing/register'], REQUIRED],
    ['node -r, ESM', 'preloaded.mjs', ['-r', 'catalyst-tracing/register'], IMPORTED],
  ])('%s', async (_what, name, args, code) => {
    const before = receiver.spans().length;
    const { stdout, stderr } = await consumer.node([...args, consumer.write(name, code)], {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
    });
    expect(stderr).toBe('');
    const outcome: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(outcome).toMatchObject({
      errors: [],
      installResults: expect.arrayContaining([
        { name: 'livekitAgents', status: 'installed', installed: true, version: '1.9.0' },
      ]),
    });
    const spans = receiver.spans().slice(before);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === '')).toMatchObject([
      { name: 'agent_session' },
    ]);
    expect(spans.filter((span) => span.name === 'llm_request')).toHaveLength(4);
  });
});
