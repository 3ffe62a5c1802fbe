import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setup } from '../../src/index.js';
import type { CollectorCount } from './collector.js';
import { PacedSession } from './load.js';

/**
 * `npm run soak`: a paced load of voice sessions against a collector that fails. Exits with 1 when a
 * span is lost or memory grows. Retries, timeouts and the batch delay are
 * not compressed with the load, except for the collector's silence, which is waited for 1 s.
 *   --seconds n    how long (default 50)
 *   --speed n      seconds of a call per second (default 72: an hour in 50 s)
 *   --sessions n   at the same time (default 50)
 *   --failing n    share of the requests that fail: 503, 429, reset, silence (default 0.2)
 *   --down a-b     the collector resets everything from second a to second b
 */
const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '50' },
    speed: { type: 'string', default: '72' },
    sessions: { type: 'string', default: '50' },
    failing: { type: 'string', default: '0.2' },
    down: { type: 'string', default: '0-0' },
  },
});

/** Far less than what passes through, which is hundreds of megabytes in an hour. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
/** By then the first calls have ended, and whatever is bounded is full. */
const WARM_SHARE = 0.4;
const TICK_MILLIS = 20;

/** What is held when nothing is under way: buffers are freed some time after they are collected. */
async function heldBytes(): Promise<number> {
  if (global.gc === undefined) throw new Error('run me with --expose-gc');
  await tracing.forceFlush({ timeoutMillis: 20_000 });
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 4; look++) {
    await sleep(100);
    global.gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

const collector = fork(fileURLToPath(new URL('./collector.ts', import.meta.url)), [
  flags.failing,
  ...flags.down.split('-'),
]);
const [endpoint]: unknown[] = await once(collector, 'message');
const tracing = await setup({
  endpoint: String(endpoint),
  delivery: { flushIntervalMillis: 500, exportTimeoutMillis: 1000 },
});
const tracer = tracing.provider.getTracer('livekit-agents', '1.9.0');
const sessions = Array.from(
  { length: Number(flags.sessions) },
  (_, index) => new PacedSession(tracer, index),
);

const seconds = Number(flags.seconds);
const began = Date.now();
let ended = 0;
let warmBytes = 0;
let worstTickMillis = 0;
let peakPendingBytes = 0;
for (let second = 0; second < seconds; second = (Date.now() - began) / 1000) {
  const slept = Date.now();
  await sleep(TICK_MILLIS);
  worstTickMillis = Math.max(worstTickMillis, Date.now() - slept - TICK_MILLIS);
  for (const session of sessions) ended += session.playUntil(second * Number(flags.speed));
  peakPendingBytes = Math.max(peakPendingBytes, tracing.stats().pendingBytes);
  if (warmBytes === 0 && second > seconds * WARM_SHARE) warmBytes = await heldBytes();
}
for (const session of sessions) ended += session.end();
const endBytes = await heldBytes();
const result = await tracing.shutdown();
collector.send('count');
const [counted]: CollectorCount[] = await once(collector, 'message');
collector.disconnect();

const { retries, requests, dropped, mappingFailures } = tracing.stats();
const report = {
  ended,
  received: counted?.ids,
  twice: (counted?.spans ?? 0) - (counted?.ids ?? 0),
  ...result,
  requests,
  retries,
  mappingFailures,
  warmBytes,
  endBytes,
  peakPendingBytes,
  worstTickMillis,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
// A collector that takes a request and answers too late gets it again: that is at-least-once.
const isWhole = counted?.ids === ended && dropped === 0;
if (ended === 0 || !isWhole || endBytes - warmBytes > MAX_GROWTH_BYTES) process.exitCode = 1;
