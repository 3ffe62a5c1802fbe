import {
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild } from '../support/child-process.js';
import { openDelivery } from '../support/delivery-fixture.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

let spoolDirectory: string;
let port: number;
let url: string;
const receivers: Receiver[] = [];

beforeEach(async () => {
  spoolDirectory = join(await mkdtemp(join(tmpdir(), 'spool-')), 'inside');
  const gone = await startReceiver();
  await gone.close();
  ({ port, url } = gone);
});

afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  await rm(join(spoolDirectory, '..'), { recursive: true, force: true });
});

/** The collector at `url` comes up. */
async function receive(): Promise<Receiver> {
  const receiver = await startReceiver({ port });
  receivers.push(receiver);
  return receiver;
}

async function files(): Promise<string[]> {
  return readdir(spoolDirectory).catch(() => []);
}

/** A process's worth of spans that nobody takes. */
async function leaveBehind(...names: string[]): Promise<void> {
  const { add, delivery } = openDelivery(url, { spoolDirectory });
  add(...names);
  expect(await delivery.shutdown({ timeoutMillis: 50 })).toEqual({
    exported: 0,
    dropped: 0,
    pending: names.length,
  });
  expect(delivery.stats().spooled).toBe(names.length);
}

describe('the spool', () => {
  it('keeps what could not be sent, for its owner only, and the next process sends it', async () => {
    await leaveBehind('a', 'b');
    const [file] = await files();
    expect((await stat(join(spoolDirectory, file!))).mode & 0o777).toBe(0o600);
    expect((await stat(spoolDirectory)).mode & 0o777).toBe(0o700);
    const receiver = await receive();
    const { delivery } = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(2);
    await delivery.shutdown();
    expect(receiver.spans().map((span) => span.name)).toEqual(['a', 'b']);
    expect(receiver.spans()[0]?.resourceAttributes).toEqual({ 'service.name': 'agent' });
    expect(await files()).toEqual([]);
    expect(delivery.stats()).toMatchObject({ recovered: 2, added: 0, exported: 0 });
  });

  it('gives every request to one of many processes only', async () => {
    for (let index = 0; index < 20; index++) await leaveBehind(`span-${index}`);
    const receiver = await receive();
    const all = Array.from({ length: 5 }, () => openDelivery(url, { spoolDirectory }).delivery);
    await receiver.waitForSpans(20);
    await Promise.all(all.map((delivery) => delivery.shutdown()));
    expect(new Set(receiver.spans().map((span) => span.name)).size).toBe(20);
    expect(receiver.spans()).toHaveLength(20);
    expect(all.reduce((sum, delivery) => sum + delivery.stats().recovered, 0)).toBe(20);
  }, 60_000);

  it('is not sent to another collector', async () => {
    await leaveBehind('a');
    const other = await startReceiver();
    receivers.push(other);
    const { add, delivery } = openDelivery(other.url, { spoolDirectory });
    add('own');
    await delivery.shutdown();
    expect(other.spans().map((span) => span.name)).toEqual(['own']);
    expect(await files()).toHaveLength(1);
  });

  it('survives a collector that is still away, and takes it up again', async () => {
    await leaveBehind('a');
    const { delivery } = openDelivery(url, { spoolDirectory });
    while (delivery.stats().requests === 0) await sleep(5);
    await delivery.shutdown();
    expect(await files()).toHaveLength(1);
    const receiver = await receive();
    const next = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(1);
    await next.delivery.shutdown();
    expect(await files()).toEqual([]);
  });

  it('is bounded in bytes: the oldest make room', async () => {
    await leaveBehind('a');
    const [first] = await files();
    const { size } = await stat(join(spoolDirectory, first!));
    const { add, delivery, said } = openDelivery(url, { spoolDirectory, maxSpoolBytes: size + 10 });
    add('b');
    await delivery.shutdown({ timeoutMillis: 50 });
    const left = await files();
    expect(left).toHaveLength(1);
    expect(left[0]).not.toBe(first);
    expect(said.codes).toContain('delivery_spool_lost_no room');
  });

  it('is bounded in age', async () => {
    await leaveBehind('a');
    await receive();
    await sleep(50);
    const { delivery } = openDelivery(url, { spoolDirectory, maxSpoolAgeMillis: 10 });
    while ((await files()).length > 0) await sleep(5);
    await delivery.shutdown();
    expect(delivery.stats().recovered).toBe(0);
  });

  it('that is broken or foreign is neither sent nor touched, and hurts nobody', async () => {
    await leaveBehind('a');
    await leaveBehind('b');
    const [broken] = await files();
    await truncate(join(spoolDirectory, broken!), 40);
    await writeFile(join(spoolDirectory, 'notes.txt'), 'mine');
    const receiver = await receive();
    const { delivery, said } = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(1);
    await delivery.shutdown();
    expect(receiver.spans().map((span) => span.name)).toEqual(['b']);
    expect(await files()).toEqual(['notes.txt']);
    expect(await readFile(join(spoolDirectory, 'notes.txt'), 'utf8')).toBe('mine');
    expect(said.codes).toContain('delivery_spool_lost_not whole');
  });

  it('that a killed process had claimed is free again after a while', async () => {
    await leaveBehind('a');
    const [name] = await files();
    const claimed = join(spoolDirectory, name!.replace('.spans', '.claimed'));
    await writeFile(claimed, await readFile(join(spoolDirectory, name!)));
    await rm(join(spoolDirectory, name!));
    const receiver = await receive();
    const early = openDelivery(url, { spoolDirectory });
    early.add('own');
    await early.delivery.forceFlush();
    await early.delivery.shutdown();
    expect(receiver.spans().map((span) => span.name)).toEqual(['own']);
    const longAgo = new Date(Date.now() - 10 * 60_000);
    await utimes(claimed, longAgo, longAgo);
    const late = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(2);
    await late.delivery.shutdown();
    expect(await files()).toEqual([]);
  });

  it('that cannot be written counts the spans as lost and says so', async () => {
    await writeFile(spoolDirectory, 'a file, no directory');
    const { add, delivery, said } = openDelivery(url, { spoolDirectory });
    add('a');
    expect(await delivery.shutdown({ timeoutMillis: 50 })).toEqual({
      exported: 0,
      dropped: 1,
      pending: 0,
    });
    expect(said.codes).toContain('delivery_spool_failed');
  });

  it('takes what process.exit() leaves when the collector is away', async () => {
    const child = startChild('delivery-child', [url, 'exit', spoolDirectory]);
    expect(await child.ended).toMatchObject({ code: 5, signal: null });
    const receiver = await receive();
    const { delivery } = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(3);
    await delivery.shutdown();
    expect(receiver.spans().map((span) => span.name)).toEqual(['a', 'b', 'c']);
  });

  it('is whole after a kill -9 in the middle of writing', async () => {
    const child = startChild('delivery-child', [url, 'flood', spoolDirectory]);
    await child.wrote('....');
    await sleep(200);
    child.process.kill('SIGKILL');
    const { signal, stdout } = await child.ended;
    expect(signal).toBe('SIGKILL');
    const saved = stdout.length;
    const receiver = await receive();
    const { delivery, said } = openDelivery(url, { spoolDirectory });
    await receiver.waitForSpans(saved, 20_000);
    await delivery.shutdown();
    const names = receiver.spans().map((span) => span.name);
    expect(new Set(names).size).toBe(names.length);
    // One more may have been whole on disk before its dot was written.
    expect(names.length - saved).toBeLessThanOrEqual(1);
    expect(said.codes).toEqual([]);
  });
});
