import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/otlp-receiver.js';

it('takes errors of another realm for what they are, as under jest and vmThreads', async () => {
  const gone = await startReceiver();
  await gone.close();
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/support/realm/vitest.config.ts'],
    { env: { ...process.env, REFUSING_ENDPOINT: gone.endpoint }, stdio: 'pipe' },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect(output).not.toContain('TypeError');
  expect({ code, output }).toMatchObject({ code: 0 });
}, 60_000);
