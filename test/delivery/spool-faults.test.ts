import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDelivery } from '../support/delivery-fixture.js';
import { startReceiver, type Receiver, type ReceiverResponse } from '../support/otlp-receiver.js';

let spoolDirectory: string;
let port: number;
let url: string;
let receiver: Receiver | undefined;

beforeEach(async () => {
  spoolDirectory = await mkdtemp(join(tmpdir(), 'spool-'));
  const gone = await startReceiver();
  await gone.close();
  ({ port, url } = gone);
});

afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
  await rm(spoolDirectory, { recursive: true, force: true });
});

/** A process's worth of spans that nobody takes. */
async function leaveBehind(names: readonly string[], text = ''): Promise<void> {
  const { addWith, delivery } = openDelivery(url, { spoolDirectory });
  for (const name of names) addWith(name, { text });
  await delivery.shutdown({ timeoutMillis: 50 });
  expect(delivery.stats().spooled).toBe(names.length);
}

/** The collector comes up, and answers requests by the names of their spans. */
async function receive(
  respond: (names: readonly string[], bytes: number) => ReceiverResponse | undefined,
): Promise<Receiver> {
  receiver = await startReceiver({
    port,
    respond: ({ spans, body }) =>
      respond(
        spans.map(({ name }) => name),
        body.length,
      ),
  });
  return receiver;
}

function received(): string[] {
  return (receiver?.spans() ?? []).map(({ name }) => name).toSorted();
}

describe('a request of the spool that the collector does not take', () => {
  it.each([400, 401, 403, 415, 429, 503])('holds no other up: %i', async (status) => {
    for (let index = 0; index < 5; index++) await leaveBehind([`refused-${index}`]);
    await leaveBehind(['taken']);
    const collector = await receive((names) =>
      names.some((name) => name.startsWith('refused')) ? { status } : undefined,
    );
    const { delivery } = openDelivery(url, { spoolDirectory });
    await collector.waitForSpans(1, 4000);
    await delivery.shutdown({ timeoutMillis: 1000 });
    expect(received()).toEqual(['taken']);
    expect(delivery.stats().recovered).toBe(1);
  });

  it('is split when it is too large, and all of it arrives', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `span-${index}`);
    await leaveBehind(names, 'x'.repeat(4000));
    const collector = await receive((_, bytes) => (bytes > 30_000 ? { status: 413 } : undefined));
    const { delivery } = openDelivery(url, { spoolDirectory, compression: 'none' });
    await collector.waitForSpans(40, 4000);
    await delivery.shutdown();
    expect(received()).toEqual(names.toSorted());
    expect(await readdir(spoolDirectory)).toEqual([]);
    expect(delivery.stats().recovered).toBe(40);
  });

  it('and never will is said and counted', async () => {
    await leaveBehind(['a', 'b']);
    await receive(() => ({ status: 400 }));
    const { delivery, said } = openDelivery(url, { spoolDirectory });
    while ((await readdir(spoolDirectory)).length > 0) await sleep(10);
    await delivery.shutdown();
    expect(said.warnings.join('\n')).toMatch(/given up|dropped/);
    expect(delivery.stats()).toMatchObject({ recovered: 0, spoolDropped: 2 });
  });

  it('in part is counted and said', async () => {
    await leaveBehind(['a', 'b', 'c']);
    const message = 'attribute limit';
    const partial = Buffer.concat([
      Buffer.from([0x08, 2, 0x12, message.length]),
      Buffer.from(message),
    ]);
    const body = Buffer.concat([Buffer.from([0x0a, partial.length]), partial]);
    const headers = { 'content-type': 'application/x-protobuf' };
    await receive(() => ({ headers, body }));
    const { delivery, said } = openDelivery(url, { spoolDirectory });
    while ((await readdir(spoolDirectory)).length > 0) await sleep(10);
    await delivery.shutdown();
    expect(said.warnings.join('\n')).toContain(message);
    expect(delivery.stats()).toMatchObject({ recovered: 1, spoolDropped: 2 });
  });
});

describe('what is given up in the spool', () => {
  it('for its age is counted and said', async () => {
    await leaveBehind(['a', 'b']);
    await receive(() => undefined);
    await sleep(50);
    const { delivery, said } = openDelivery(url, { spoolDirectory, maxSpoolAgeMillis: 10 });
    while ((await readdir(spoolDirectory)).length > 0) await sleep(10);
    await delivery.shutdown();
    expect(said.codes).toContain('delivery_spool_lost_too old');
    expect(delivery.stats()).toMatchObject({ recovered: 0, spoolDropped: 2 });
  });

  it('for room is counted and said', async () => {
    await leaveBehind(['a', 'b'], 'x'.repeat(3000));
    const { addWith, delivery, said } = openDelivery(url, { spoolDirectory, maxSpoolBytes: 8000 });
    addWith('c', { text: 'x'.repeat(3000) });
    await delivery.shutdown({ timeoutMillis: 50 });
    expect(said.codes).toContain('delivery_spool_lost_no room');
    expect(delivery.stats()).toMatchObject({ spooled: 1, spoolDropped: 2 });
  });
});

describe('a spool that loses nothing of its own process', () => {
  it('counts every span once, whoever sends it in the end', async () => {
    let failures = 0;
    const collector = await receive(() => (failures++ < 2 ? { status: 503 } : undefined));
    const { addWith, delivery } = openDelivery(url, { spoolDirectory });
    for (const name of ['a', 'b', 'c']) addWith(name, {});
    await delivery.forceFlush({ timeoutMillis: 3000 });
    await delivery.shutdown({ timeoutMillis: 3000 });
    const { added, exported, dropped, spooled, pendingSpans } = delivery.stats();
    expect(exported + dropped + spooled + pendingSpans).toBe(added);
    const files = await Promise.all(
      (await readdir(spoolDirectory)).map((file) => readFile(join(spoolDirectory, file))),
    );
    const kept = ['a', 'b', 'c'].filter((name) =>
      files.some((file) => file.includes(`\u0001${name}`)),
    );
    expect(new Set([...received(), ...kept]).size).toBe(3);
    expect(collector.requests().length).toBeGreaterThan(0);
  });
});

describe('a spool that cannot be written while the collector fails', () => {
  /** Fails once, so that flushes write to the spool first. */
  async function openFailing(given: { readonly maxRequestBytes?: number } = {}) {
    const file = join(spoolDirectory, 'a-file');
    await writeFile(file, '');
    const opened = openDelivery(url, {
      spoolDirectory: join(file, 'spool'),
      compression: 'none',
      ...given,
    });
    opened.addWith('first', { text: '' });
    await opened.delivery.forceFlush({ timeoutMillis: 200 });
    expect(opened.delivery.stats()).toMatchObject({ pendingSpans: 1 });
    return opened;
  }

  it('leaves no span uncounted when shutdown() meets a flush', async () => {
    const { addWith, delivery, said } = await openFailing();
    addWith('second', { text: '' });
    await Promise.all([delivery.forceFlush(), delivery.shutdown()]);
    expect(delivery.stats()).toMatchObject({
      pendingSpans: 0,
      droppedByReason: { shutdown_deadline: 2 },
    });
    expect(said.codes).toContain('delivery_dropped_shutdown_deadline');
  });

  it('leaves no span uncounted when the process exits in a flush', async () => {
    const { addWith, delivery } = await openFailing();
    // Several requests for the spool: the first has failed when the exit comes.
    for (const name of ['b', 'c', 'd', 'e']) addWith(name, { text: 'x'.repeat(200_000) });
    const flushed = delivery.forceFlush();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    delivery.exitSync(false);
    const counted = { pendingSpans: 0, spooled: 0, dropped: 5 };
    expect(delivery.stats()).toMatchObject(counted);
    await flushed;
    expect(delivery.stats()).toMatchObject(counted);
  });

  it('sends on when the collector is back, in requests no larger than others', async () => {
    const { addWith, delivery } = await openFailing({ maxRequestBytes: 20_000 });
    const names = Array.from({ length: 30 }, (_, index) => `span-${index}`);
    for (const name of names) addWith(name, { text: 'x'.repeat(4000) });
    await delivery.forceFlush();
    const sizes: number[] = [];
    const collector = await receive((_, bytes) => {
      sizes.push(bytes);
      return undefined;
    });
    await collector.waitForSpans(31, 8000);
    await delivery.shutdown();
    expect(received()).toEqual(['first', ...names].toSorted());
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20_000);
  });
});
