import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryStats, SetupOptions } from '../../src/index.js';
import { startChild, type Ended, type RunningChild } from '../support/child-process.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let receiver: Receiver;
let spoolDirectory: string;

beforeEach(async () => {
  receiver = await startReceiver();
  spoolDirectory = mkdtempSync(join(tmpdir(), 'exit-spool-'));
});

afterEach(async () => {
  await receiver.close();
  rmSync(spoolDirectory, { recursive: true, force: true });
});

function start(how: string, options: SetupOptions = {}): RunningChild {
  const given = { endpoint: receiver.endpoint, ...options };
  return startChild('exit-child', [how, JSON.stringify(given)]);
}

function names(): string[] {
  return receiver
    .spans()
    .map(({ name }) => name)
    .toSorted();
}

/** What `tracing.stats()` told last. */
function statsOf({ stdout }: Ended): DeliveryStats {
  return JSON.parse(/stats (.*)\n/.exec(stdout)?.[1] ?? '{}') as DeliveryStats;
}

/** How many of these span names stand in the files of the spool. */
function spooled(spanNames: readonly string[]): number {
  const bytes = readdirSync(spoolDirectory).map((file) => readFileSync(join(spoolDirectory, file)));
  return spanNames.filter((name) => bytes.some((file) => file.includes(name))).length;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

describe('a signal that nobody else listens to, and a collector that hangs', () => {
  beforeEach(() => receiver.respond(() => ({ hang: true })));

  it.each(SIGNALS)('%s: what is left is said', async (signal) => {
    const child = start('signal', { delivery: { shutdownTimeoutMillis: 300 } });
    await child.wrote('ready');
    child.process.kill(signal);
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: null, signal });
    expect(ended.stderr.match(/catalyst-tracing\]/g)).toHaveLength(1);
    expect(ended.stderr).toContain('dropped');
  });

  it.each(SIGNALS)('%s: what is left goes to the spool', async (signal) => {
    const child = start('signal', { delivery: { shutdownTimeoutMillis: 300, spoolDirectory } });
    await child.wrote('ready');
    child.process.kill(signal);
    expect(await child.ended).toMatchObject({ code: null, signal, stderr: '' });
    expect(readdirSync(spoolDirectory).every((file) => file.endsWith('.spans'))).toBe(true);
    expect(spooled(['a', 'b', 'c'])).toBe(3);
  });

  it('goes to the spool at the second signal', async () => {
    const child = start('signal', { delivery: { spoolDirectory } });
    await child.wrote('ready');
    child.process.kill('SIGTERM');
    await receiver.waitForRequests(1);
    const second = performance.now();
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(performance.now() - second).toBeLessThan(1500);
    expect(spooled(['a', 'b', 'c'])).toBe(3);
  });

  it('is said at the second signal', async () => {
    const child = start('signal');
    await child.wrote('ready');
    child.process.kill('SIGTERM');
    await receiver.waitForRequests(1);
    child.process.kill('SIGTERM');
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(ended.stderr).toContain('dropped');
  });

  it('goes to the spool with what ended during the flush', async () => {
    const child = start('goesOn', { delivery: { shutdownTimeoutMillis: 1000, spoolDirectory } });
    await child.wrote('ended 3');
    child.process.kill('SIGTERM');
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    const count = ended.stdout.match(/ended \d+/g)?.length ?? 0;
    const all = Array.from({ length: count }, (_, index) => `span-${index}`);
    expect(count).toBeGreaterThan(10);
    expect(spooled(all)).toBe(count);
  });

  it('is written first when it is known to fail, and not waited for', async () => {
    receiver.respond(({ index }) => (index === 0 ? { status: 503 } : { hang: true }));
    const child = start('failing', { delivery: { spoolDirectory, flushIntervalMillis: 50 } });
    await child.wrote('ready');
    const sent = performance.now();
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    // The deadline is 10 s.
    expect(performance.now() - sent).toBeLessThan(3000);
    expect(spooled(['a', 'b', 'c'])).toBe(3);
  });
});

describe('a signal, and a collector that takes 1.5 s', () => {
  it('loses nothing of what ends during the flush, while there is time', async () => {
    receiver.respond(() => ({ delayMillis: 1500 }));
    const child = start('goesOn');
    await child.wrote('ended 10');
    child.process.kill('SIGTERM');
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    const count = ended.stdout.match(/ended \d+/g)?.length ?? 0;
    const received = new Set(names()).size;
    // What is lost is said, and it is only what ended in the last moments.
    if (received < count) expect(ended.stderr).toContain('dropped');
    expect(received).toBeGreaterThan(count / 2);
  }, 30_000);
});

describe('process.exit()', () => {
  it('right after setup(), in JSON, loses nothing', async () => {
    const ended = await start('exitAtOnce', { protocol: 'http/json' }).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(statsOf(ended)).toMatchObject({ exported: 3, dropped: 0, requests: 1 });
  });

  it('right after setup(), in JSON, with nobody there, goes to the spool', async () => {
    await receiver.close();
    const delivery = { spoolDirectory };
    await start('exitAtOnce', { protocol: 'http/json', delivery }).ended;
    expect(spooled(['a', 'b', 'c'])).toBe(3);
  });

  it('after a flush that nobody awaits sends once', async () => {
    const ended = await start('unawaitedFlush').ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(statsOf(ended)).toMatchObject({ exported: 3, requests: 1 });
  });

  it('splits what is too large for the collector', async () => {
    receiver.respond(({ body }) => (body.length > 50_000 ? { status: 413 } : undefined));
    const ended = await start('large', { compression: 'none' }).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(names()).size).toBe(40);
    const { exported, requests } = statsOf(ended);
    expect(exported).toBe(40);
    expect(requests).toBe(receiver.requests().length);
  });

  it('keeps to maxRequestBytes with many small spans', async () => {
    const delivery = { maxRequestBytes: 128 * 1024 };
    const ended = await start('many', { compression: 'none', delivery }).ended;
    expect(statsOf(ended)).toMatchObject({ exported: 2000, dropped: 0 });
    const bodies = receiver.requests().map(({ body }) => body.length);
    expect(Math.max(...bodies)).toBeLessThanOrEqual(128 * 1024);
  });

  it('is not held up by one request that is refused', async () => {
    receiver.respond(({ spans }) =>
      spans.some(({ name }) => name === 'span-0') ? { status: 400 } : undefined,
    );
    const delivery = { maxRequestBytes: 20_000, maxBatchBytes: 20_000 };
    const ended = await start('large', { compression: 'none', delivery }).ended;
    const refused = receiver.requests()[0]?.spans.length ?? 0;
    expect(new Set(names()).size).toBe(40 - refused);
    expect(statsOf(ended).droppedByReason).toMatchObject({ rejected: refused, process_exit: 0 });
  });
});

describe('a span that cannot be written', () => {
  it.each(['odd', 'oddFlushed'])('costs no other, and everything is counted: %s', async (how) => {
    const ended = await start(how).ended;
    expect(ended.code).toBe(0);
    expect(names()).toEqual(expect.arrayContaining(['a', 'b', 'odd status']));
    const { added, exported, dropped } = statsOf(ended);
    expect(exported + dropped).toBe(added);
    expect(exported).toBe(receiver.spans().length);
  });
});

describe('a collector that answers as Go collectors do', () => {
  it('costs no module that the default path does without', async () => {
    receiver.respond(() => ({
      headers: { 'content-type': 'application/x-protobuf' },
      body: Uint8Array.of(0x0a, 0),
    }));
    const ended = await start('loaded').ended;
    expect(names()).toEqual(['a']);
    expect(ended.stdout).toContain('transformer 0');
  });
});

describe('nobody there', () => {
  it('ends a process without work at once', async () => {
    await receiver.close();
    const ended = await start('natural').ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stderr).toContain('dropped');
    expect(ended.millis).toBeLessThan(6000);
  });
});

describe('a spool of four requests', () => {
  it('survives setup() with any options, and all of it is sent', async () => {
    const { port } = receiver;
    await receiver.close();
    const delivery = { spoolDirectory };
    for (let index = 0; index < 4; index++) await start('exitAtOnce', { delivery }).ended;
    expect(readdirSync(spoolDirectory)).toHaveLength(4);
    receiver = await startReceiver({ port });
    const child = start('recovering', {
      delivery,
      userId: 'someone',
      tags: ['a tag'],
      metadata: { tier: 'gold' },
      protocol: 'http/json',
      resourceAttributes: { 'k8s.pod.name': 'agent-1' },
    });
    await receiver.waitForSpans(12, 10_000);
    await child.wrote('ready');
    await sleep(200);
    child.process.kill('SIGUSR2');
    expect(statsOf(await child.ended)).toMatchObject({ recovered: 12, spoolDropped: 0 });
    expect(readdirSync(spoolDirectory)).toEqual([]);
  }, 60_000);
});

describe('a request of the spool that a process has claimed', () => {
  it('is free again when the process exits', async () => {
    await receiver.close();
    const delivery = { spoolDirectory };
    await start('exitAtOnce', { delivery }).ended;
    expect(readdirSync(spoolDirectory)).toHaveLength(1);
    receiver = await startReceiver({ port: receiver.port, respond: () => ({ hang: true }) });
    const child = start('recovering', { delivery });
    await receiver.waitForRequests(1, 10_000);
    await child.wrote('ready');
    child.process.kill('SIGUSR2');
    expect((await child.ended).code).toBe(0);
    expect(readdirSync(spoolDirectory).map((file) => /\.\w+$/.exec(file)?.[0])).toEqual(['.spans']);
    receiver.respond(() => undefined);
    const next = start('recovering', { delivery });
    await receiver.waitForSpans(3, 10_000);
    await next.wrote('ready');
    await sleep(200);
    next.process.kill('SIGUSR2');
    await next.ended;
    expect(readdirSync(spoolDirectory)).toEqual([]);
  }, 30_000);
});
