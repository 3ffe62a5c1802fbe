import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOAK = fileURLToPath(new URL('../../bench/soak/main.ts', import.meta.url));

/** What a short soak comes to; `npm run soak` is the long one. */
function soak(...flags: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', SOAK, ...flags],
    { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
  );
  expect({ status, stderr, stdout }).toMatchObject({ status: 0 });
  return JSON.parse(stdout);
}

it('12 minutes of 50 calls: nothing is lost to a collector that fails a fifth of all requests', () => {
  const report = soak('--seconds', '10');
  expect(report).toMatchObject({ dropped: 0, pending: 0, mappingFailures: 0 });
  expect(Reflect.get(Object(report), 'retries')).toBeGreaterThan(0);
}, 60_000);

it('a collector that comes back gets everything that ended meanwhile, once', () => {
  const flags = ['--seconds', '8', '--speed', '8', '--failing', '0', '--down', '2-6'];
  const report = soak(...flags);
  expect(report).toMatchObject({ dropped: 0, pending: 0, twice: 0 });
  expect(Reflect.get(Object(report), 'retries')).toBeGreaterThan(0);
}, 60_000);
