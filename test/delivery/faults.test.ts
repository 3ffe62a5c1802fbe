import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDelivery } from '../support/delivery-fixture.js';
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/otlp-receiver.js';

const opened: { close(): Promise<void> }[] = [];

async function receive(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  opened.push(receiver);
  return receiver;
}

/** A server that answers every request with these bytes. */
async function answerRaw(answer: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    close: async () => {
      server.close();
      await Promise.resolve();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

/** Nobody listens there. */
async function refusingUrl(): Promise<string> {
  const gone = await startReceiver();
  await gone.close();
  return gone.url;
}

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `span-${index}`);
}

function names(receiver: Receiver): string[] {
  return receiver.spans().map(({ name }) => name);
}

describe('a clock that is set back an hour', () => {
  it('holds up no span that waits for its batch', async () => {
    const receiver = await receive();
    const { add, delivery } = openDelivery(receiver.url, { flushIntervalMillis: 100 });
    vi.useFakeTimers({ toFake: ['Date'] });
    add(...numbered(16));
    vi.setSystemTime(Date.now() - 3_600_000);
    await receiver.waitForSpans(16, 2000);
    await delivery.shutdown();
  });

  it('holds up no retry', async () => {
    const receiver = await receive({
      respond: ({ index }) => (index < 3 ? { status: 503 } : undefined),
    });
    const { add, delivery } = openDelivery(receiver.url, { flushIntervalMillis: 10 });
    vi.useFakeTimers({ toFake: ['Date'] });
    add('a');
    await receiver.waitForRequests(1);
    vi.setSystemTime(Date.now() - 3_600_000);
    await receiver.waitForSpans(1, 8000);
    await delivery.shutdown();
  }, 15_000);
});

describe('a flush waits for nothing that cannot come', () => {
  it('a Retry-After beyond its deadline', async () => {
    const receiver = await receive({
      respond: () => ({ status: 503, headers: { 'retry-after': '120' } }),
    });
    const { add, delivery } = openDelivery(receiver.url);
    add('a');
    const started = performance.now();
    expect(await delivery.forceFlush({ timeoutMillis: 8000 })).toMatchObject({ pending: 1 });
    expect(await delivery.shutdown({ timeoutMillis: 8000 })).toMatchObject({ dropped: 1 });
    expect(performance.now() - started).toBeLessThan(2000);
  }, 30_000);

  it.each(['127.0.0.1', 'localhost', '[::1]'])(
    'a collector on %s that refuses',
    async (host) => {
      const url = (await refusingUrl()).replace('127.0.0.1', host);
      const { add, delivery } = openDelivery(url);
      add('a');
      const started = performance.now();
      expect(await delivery.forceFlush({ timeoutMillis: 8000 })).toMatchObject({ pending: 1 });
      expect(await delivery.shutdown({ timeoutMillis: 8000 })).toMatchObject({ dropped: 1 });
      expect(performance.now() - started).toBeLessThan(2000);
    },
    30_000,
  );
});

describe('no answer of a collector', () => {
  it('stalls the event loop by a header', async () => {
    const url = await answerRaw(
      `HTTP/1.1 200 OK\r\nx:${' '.repeat(3000)}\ncontent-length: 0\r\n\r\n`,
    );
    const { add, delivery } = openDelivery(url, { exportTimeoutMillis: 500 });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    add('a');
    await delivery.forceFlush({ timeoutMillis: 1000 });
    await delivery.shutdown({ timeoutMillis: 100 });
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(500);
  }, 60_000);

  it.each([
    ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['not HTTP\r\n\r\n'],
  ])('keeps a request for ever: %j', async (answer) => {
    const url = await answerRaw(answer);
    const { add, delivery } = openDelivery(url, { exportTimeoutMillis: 300 });
    add('a');
    await delivery.forceFlush({ timeoutMillis: 700 });
    const { pendingSpans, exported, retries, dropped } = delivery.stats();
    expect(exported + dropped + retries).toBeGreaterThan(0);
    expect(pendingSpans + exported + dropped).toBe(1);
    await delivery.shutdown({ timeoutMillis: 100 });
  });

  it('that is a web page passes for success in silence', async () => {
    const receiver = await receive({
      respond: () => ({
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!doctype html><title>Log in</title>',
      }),
    });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a');
    await delivery.forceFlush();
    add('b');
    await delivery.shutdown();
    expect(said.warnings).toHaveLength(1);
    expect(said.warnings[0]).toContain('web page');
  });

  it.each(['hello', 'x'.repeat(40)])(
    'in protobuf is quoted with bytes around it: %s',
    async (message) => {
      const status = Buffer.concat([
        Buffer.from([0x08, 7, 0x12, message.length]),
        Buffer.from(message),
      ]);
      const receiver = await receive({
        respond: () => ({
          status: 403,
          headers: { 'content-type': 'application/x-protobuf' },
          body: status,
        }),
      });
      const { add, delivery, said } = openDelivery(receiver.url);
      add('a');
      await delivery.shutdown();
      expect(said.warnings[0]).toMatch(new RegExp(`It says: ${message}$`));
    },
  );
});

describe('a 413', () => {
  it('that passes does not shrink requests for the rest of the process', async () => {
    const receiver = await receive({
      respond: ({ body, index }) =>
        index < 2 && body.length > 20_000 ? { status: 413 } : undefined,
    });
    const { addWith, delivery } = openDelivery(receiver.url, { compression: 'none' });
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
    const fill = (): void => {
      for (const name of numbered(50)) addWith(name, { text: 'x'.repeat(4000) });
    };
    fill();
    await delivery.forceFlush();
    const shrunk = Math.max(
      ...receiver
        .requests()
        .slice(2)
        .map(({ body }) => body.length),
    );
    expect(shrunk).toBeLessThan(120_000);
    for (let round = 0; round < 4; round++) {
      vi.setSystemTime(Date.now() + 600_000);
      vi.advanceTimersByTime(600_000);
      fill();
      await delivery.forceFlush();
    }
    expect(receiver.requests().at(-1)?.body.length).toBeGreaterThan(180_000);
    await delivery.shutdown();
  });
});

describe('maxRequestBytes', () => {
  it.each(['x', 'é', '漢', '🙂'])('holds for text of %s', async (unit) => {
    const receiver = await receive();
    const { addWith, delivery } = openDelivery(receiver.url, {
      compression: 'none',
      maxBatchBytes: 60_000,
      maxRequestBytes: 60_000,
    });
    for (const name of numbered(100)) addWith(name, { text: unit.repeat(2000) });
    expect(await delivery.shutdown()).toEqual({ exported: 100, dropped: 0, pending: 0 });
    expect(Math.max(...receiver.requests().map(({ body }) => body.length))).toBeLessThanOrEqual(
      60_000,
    );
    expect(delivery.stats().splits).toBe(0);
  });
});

describe('a burst', () => {
  it('of 64 MiB a second loses nothing while the collector is up', async () => {
    // A collector of its own process: this one makes the burst.
    const server = spawn(
      process.execPath,
      [
        '-e',
        `require('node:http').createServer((request, response) => {
          request.resume().on('end', () => response.end());
        }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    opened.push({
      close: async () => {
        server.kill();
        await once(server, 'close');
      },
    });
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const { addWith, delivery, said } = openDelivery(
      `http://127.0.0.1:${port.toString().trim()}/v1/traces`,
      { compression: 'gzip' },
    );
    const words = Array.from({ length: 8192 }, (_, index) => `word${(index * 7919) % 9973} `).join(
      '',
    );
    const text = words.slice(0, 64 * 1024);
    for (let tick = 0; tick < 20; tick++) {
      for (let index = 0; index < 100; index++) addWith('span', { text });
      await sleep(100);
    }
    expect(await delivery.shutdown()).toEqual({ exported: 2000, dropped: 0, pending: 0 });
    expect(said.warnings).toEqual([]);
  }, 30_000);
});

describe('after shutdown', () => {
  it('no request is made of what was being zipped', async () => {
    const receiver = await receive();
    const { addWith, delivery } = openDelivery(receiver.url);
    for (const name of numbered(3)) {
      addWith(name, { text: Array.from({ length: 200_000 }, () => Math.random()).join() });
    }
    await delivery.shutdown({ timeoutMillis: 1 });
    const { exported, dropped } = delivery.stats();
    expect(exported + dropped).toBe(3);
    await sleep(500);
    expect(names(receiver)).toHaveLength(exported);
  });
});
