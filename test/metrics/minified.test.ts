import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver } from '../support/otlp-receiver.js';

const AGENT = `
import { setup } from ${JSON.stringify(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))};
const tracing = await setup({ autoInstrument: false, metrics: true });
const tracer = tracing.provider.getTracer('livekit-agents');
tracer.startSpan('agent_session').end();
await tracing.shutdown();
`;

it('arrive from an agent that is bundled and minified, where no class has its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catalyst-minified-'));
  const outfile = join(folder, 'agent.mjs');
  const receiver = await startReceiver();
  try {
    await build({
      stdin: { contents: AGENT, resolveDir: process.cwd(), loader: 'ts' },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['@livekit/*'],
      banner: {
        js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);',
      },
      logLevel: 'silent',
    });
    // Nothing beside the bundle: no other copy of the API whose classes have their names.
    const child = spawn(process.execPath, [outfile], {
      cwd: folder,
      env: { ...process.env, CATALYST_OTLP_ENDPOINT: receiver.endpoint },
      stdio: 'inherit',
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    const metrics = MetricPoints.receivedBy(receiver);
    expect(metrics.sum('voice.sessions.started')).toBe(1);
    expect(metrics.count('voice.session.duration')).toBe(1);
  } finally {
    await receiver.close();
    await rm(folder, { recursive: true });
  }
});
