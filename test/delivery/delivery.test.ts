import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/otlp-receiver.js';
import { openDelivery, type TestDelivery } from '../support/delivery-fixture.js';

const receivers: Receiver[] = [];

async function receive(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  receivers.push(receiver);
  return receiver;
}

afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

function names(receiver: Receiver): string[] {
  return receiver.spans().map((span) => span.name);
}

/** Until the delivery knows of a failed request: the receiver knows of it earlier. */
async function untilRetrying(delivery: TestDelivery): Promise<void> {
  while (delivery.stats().retries === 0) await setImmediate();
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `span-${index}`);
}

describe('a healthy collector', () => {
  it('gets what was added, by age, over one connection', async () => {
    const receiver = await receive();
    const { add, delivery } = openDelivery(receiver.url, { flushIntervalMillis: 30 });
    add('a', 'b');
    await receiver.waitForSpans(2);
    add('c');
    await receiver.waitForSpans(3);
    expect(names(receiver)).toEqual(['a', 'b', 'c']);
    expect(receiver.requests()).toHaveLength(2);
    expect(receiver.connections()).toBe(1);
    expect(await delivery.shutdown()).toEqual({ exported: 3, dropped: 0, pending: 0 });
  });

  it('gets a batch as soon as it is full', async () => {
    const receiver = await receive();
    const { addWith, delivery } = openDelivery(receiver.url, {
      flushIntervalMillis: 60_000,
      maxBatchBytes: 10_000,
    });
    for (const name of numbered(25)) addWith(name, { text: 'x'.repeat(1000) });
    await receiver.waitForSpans(9);
    await delivery.shutdown();
    expect(names(receiver).toSorted()).toEqual(numbered(25).toSorted());
    for (const { body } of receiver.requests()) expect(body.length).toBeLessThanOrEqual(10_000);
  });

  it('gets gzip where it pays and only there, with the configured headers', async () => {
    const receiver = await receive();
    const { add, addWith, delivery } = openDelivery(receiver.url, {
      headers: { Authorization: 'Bearer secret-token', 'x-tenant': 'acme' },
    });
    add('small');
    await delivery.forceFlush();
    addWith('large', { text: 'hello '.repeat(10_000) });
    await delivery.forceFlush();
    const [small, large] = receiver.requests();
    expect(small?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'x-tenant': 'acme',
      'content-type': 'application/x-protobuf',
    });
    expect(small?.headers['content-encoding']).toBeUndefined();
    expect(large?.headers['content-encoding']).toBe('gzip');
    expect(large!.wireBytes).toBeLessThan(large!.body.length / 10);
    expect(delivery.stats()).toMatchObject({
      requests: 2,
      bytesSent: small!.wireBytes + large!.wireBytes,
    });
    await delivery.shutdown();
  });

  it('gets every span of a burst that is followed by shutdown', async () => {
    const receiver = await receive();
    const { add, delivery } = openDelivery(receiver.url);
    add(...numbered(20_000));
    expect(await delivery.shutdown()).toEqual({ exported: 20_000, dropped: 0, pending: 0 });
    expect(new Set(names(receiver)).size).toBe(20_000);
    expect(receiver.spans()).toHaveLength(20_000);
  });

  it('settles a flush without spans at once, and shutdown twice', async () => {
    const { delivery, add, said } = openDelivery('http://127.0.0.1:9/v1/traces');
    expect(await delivery.forceFlush()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    const first = delivery.shutdown();
    expect(delivery.shutdown()).toBe(first);
    expect(await first).toEqual({ exported: 0, dropped: 0, pending: 0 });
    add('late', 'later');
    expect(await delivery.forceFlush()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    expect(delivery.stats()).toMatchObject({
      added: 2,
      dropped: 2,
      droppedByReason: { after_shutdown: 2 },
    });
    expect(said.codes).toEqual(['delivery_dropped_after_shutdown']);
  });
});

describe('a failing collector', () => {
  it('that is away and comes back gets everything once', async () => {
    const first = await startReceiver();
    const { port, url } = first;
    await first.close();
    const { add, delivery, said } = openDelivery(url, { flushIntervalMillis: 20 });
    for (const name of numbered(20)) {
      add(name);
      await sleep(10);
    }
    const back = await receive({ port });
    expect(await delivery.shutdown()).toEqual({ exported: 20, dropped: 0, pending: 0 });
    expect(names(back).toSorted()).toEqual(numbered(20).toSorted());
    expect(said.codes).toEqual(['delivery_failing']);
    expect(said.warnings[0]).toContain('ECONNREFUSED');
    expect(delivery.stats().retries).toBeGreaterThan(0);
  });

  it('that answers 503 five times gets everything once', async () => {
    let failures = 0;
    const receiver = await receive({
      respond: () => (failures++ < 5 ? { status: 503 } : undefined),
    });
    const { add, delivery } = openDelivery(receiver.url);
    add('a', 'b');
    expect(await delivery.forceFlush()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    expect(names(receiver)).toEqual(['a', 'b']);
    expect(delivery.stats()).toMatchObject({ requests: 6, retries: 5 });
    await delivery.shutdown();
  });

  it.each([
    ['seconds', (): string => '1'],
    ['a date', (): string => new Date(Date.now() + 2000).toUTCString()],
  ])('is left alone for as long as its Retry-After asks in %s', async (_, retryAfter) => {
    const receiver = await receive({
      respond: ({ index }) =>
        index === 0 ? { status: 429, headers: { 'retry-after': retryAfter() } } : undefined,
    });
    const { add, delivery } = openDelivery(receiver.url, { flushIntervalMillis: 10 });
    add('a');
    await untilRetrying(delivery);
    add('b');
    await delivery.forceFlush();
    const [first, second] = receiver.requests();
    expect(second!.receivedAtMillis - first!.receivedAtMillis).toBeGreaterThanOrEqual(990);
    expect(names(receiver).toSorted()).toEqual(['a', 'b']);
    await delivery.shutdown();
  });

  it.each([408, 500, 502, 504])('with status %i is tried again', async (status) => {
    const receiver = await receive({
      respond: ({ index }) => (index === 0 ? { status } : undefined),
    });
    const { add, delivery } = openDelivery(receiver.url);
    add('a');
    expect(await delivery.shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(names(receiver)).toEqual(['a']);
  });

  it('that resets the connection in the middle of a body gets everything once', async () => {
    const receiver = await receive({ resetMidBody: (index) => index < 2 });
    const { addWith, delivery } = openDelivery(receiver.url, { compression: 'none' });
    for (const name of numbered(50)) addWith(name, { text: randomBytes(10_000).toString('hex') });
    expect(await delivery.shutdown()).toEqual({ exported: 50, dropped: 0, pending: 0 });
    expect(names(receiver).toSorted()).toEqual(numbered(50).toSorted());
  });

  it('whose connections die while idle is reached over a new one without a failure', async () => {
    const receiver = await receive();
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a');
    await delivery.forceFlush();
    await receiver.close();
    const again = await receive({ port: receiver.port });
    add('b');
    expect(await delivery.shutdown()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    expect(names(again)).toEqual(['b']);
    expect(said.warnings).toEqual([]);
  });

  it('that fails for its budget costs the spans that waited, counted', async () => {
    const receiver = await receive({ respond: () => ({ status: 503 }) });
    const { add, delivery, said } = openDelivery(receiver.url, { retryBudgetMillis: 200 });
    add('a', 'b');
    expect(await delivery.forceFlush()).toEqual({ exported: 0, dropped: 2, pending: 0 });
    expect(delivery.stats().droppedByReason.retry_budget).toBe(2);
    expect(said.codes).toEqual(['delivery_failing', 'delivery_dropped_retry_budget']);
    await delivery.shutdown();
  });

  it('for one batch only does not hold up the others', async () => {
    const receiver = await receive({
      respond: ({ spans }) =>
        spans.some((span) => span.name === 'poison') ? { status: 500 } : undefined,
    });
    const { add, delivery } = openDelivery(receiver.url, { flushIntervalMillis: 10 });
    add('poison');
    await receiver.waitForRequests(1);
    add('a');
    await receiver.waitForSpans(1);
    add('b');
    await receiver.waitForSpans(2);
    expect(names(receiver)).toEqual(['a', 'b']);
    expect(await delivery.shutdown({ timeoutMillis: 50 })).toEqual({
      exported: 2,
      dropped: 1,
      pending: 0,
    });
  });

  it('that hangs does not hold shutdown beyond its deadline', async () => {
    const receiver = await receive({ respond: () => ({ hang: true }) });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a', 'b', 'c');
    expect(await delivery.forceFlush({ timeoutMillis: 100 })).toEqual({
      exported: 0,
      dropped: 0,
      pending: 3,
    });
    const started = Date.now();
    expect(await delivery.shutdown({ timeoutMillis: 300 })).toEqual({
      exported: 0,
      dropped: 3,
      pending: 0,
    });
    expect(Date.now() - started).toBeLessThan(2000);
    expect(delivery.stats().droppedByReason.shutdown_deadline).toBe(3);
    expect(said.codes).toEqual(['delivery_dropped_shutdown_deadline']);
  });

  it('that hangs once is asked again after the request timeout', async () => {
    const receiver = await receive({
      respond: ({ index }) => (index === 0 ? { hang: true } : undefined),
    });
    const { add, delivery, said } = openDelivery(receiver.url, { exportTimeoutMillis: 100 });
    add('a');
    expect(await delivery.shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(said.warnings[0]).toContain('timeout');
  });

  it('loses the oldest spans first when memory is full, counted and said once', async () => {
    const receiver = await receive({ respond: () => ({ status: 503 }) });
    const { addWith, delivery, said } = openDelivery(receiver.url, {
      maxQueueBytes: 20_000,
      flushIntervalMillis: 10,
    });
    for (const name of numbered(10)) addWith(name, { text: 'x'.repeat(1000) });
    await untilRetrying(delivery);
    for (const name of numbered(40).slice(10)) addWith(name, { text: 'x'.repeat(1000) });
    expect(delivery.stats().pendingBytes).toBeLessThanOrEqual(20_000);
    receiver.respond(() => undefined);
    const result = await delivery.shutdown();
    expect(result.exported + result.dropped).toBe(40);
    expect(delivery.stats().droppedByReason.queue_full).toBe(result.dropped);
    expect(result.dropped).toBeGreaterThan(15);
    expect(names(receiver).toSorted()).toEqual(numbered(40).slice(-result.exported).toSorted());
    expect(said.codes).toEqual(['delivery_failing', 'delivery_dropped_queue_full']);
  });
});

describe('a collector that fails now and then', () => {
  it('gets everything once, from a load that goes on', async () => {
    const receiver = await receive({
      respond: ({ index }) =>
        [{ status: 503 }, undefined, undefined, { reset: true }, undefined, undefined, undefined][
          index % 7
        ],
    });
    const { addWith, delivery, said } = openDelivery(receiver.url, {
      flushIntervalMillis: 5,
      maxBatchBytes: 50_000,
    });
    const all = numbered(3000);
    let most = 0;
    for (let at = 0; at < all.length; at += 30) {
      for (const name of all.slice(at, at + 30)) addWith(name, { text: 'x'.repeat(300) });
      await sleep(5);
      most = Math.max(most, delivery.stats().pendingBytes);
    }
    expect(await delivery.shutdown()).toEqual({ exported: 3000, dropped: 0, pending: 0 });
    expect(names(receiver).toSorted()).toEqual(all.toSorted());
    expect(delivery.stats()).toMatchObject({ pendingSpans: 0, pendingBytes: 0 });
    expect(delivery.stats().retries).toBeGreaterThan(5);
    expect(most).toBeGreaterThan(0);
    expect(said.codes).toEqual(['delivery_failing']);
  });
});

describe('a collector that refuses', () => {
  it.each([400, 401, 403, 404, 415, 501])(
    'with %i is asked once, and its words are told once',
    async (status) => {
      const receiver = await receive({
        respond: ({ headers }) => ({
          status,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            message: `no use:\n ${headers.authorization}\u001b[31m ${'x'.repeat(500)}`,
          }),
        }),
      });
      const { add, delivery, said } = openDelivery(receiver.url, {
        headers: { authorization: 'Bearer secret-token' },
      });
      add('a', 'b');
      expect(await delivery.forceFlush()).toEqual({ exported: 0, dropped: 2, pending: 0 });
      add('c');
      expect(await delivery.shutdown()).toEqual({ exported: 0, dropped: 3, pending: 0 });
      expect(receiver.requests()).toHaveLength(2);
      expect(said.warnings).toHaveLength(1);
      expect(said.warnings[0]).toContain(`status ${status}`);
      expect(said.warnings[0]).toMatch(/no use:\s+\[redacted\]/);
      expect(said.warnings[0]).not.toContain('secret-token');
      expect(said.warnings[0]).not.toContain('\u001b');
      expect(said.warnings[0]!.length).toBeLessThan(600);
    },
  );

  it('in protobuf is quoted too', async () => {
    const message = 'project is suspended';
    const status = Buffer.concat([
      Buffer.from([0x08, 7, 0x12, message.length]),
      Buffer.from(message),
    ]);
    const receiver = await receive({ respond: () => ({ status: 403, body: status }) });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a');
    await delivery.shutdown();
    expect(said.warnings[0]).toContain(message);
  });

  it('by a redirect is not followed', async () => {
    const other = await receive();
    const receiver = await receive({
      respond: () => ({ status: 307, headers: { location: `${other.url}?key=hidden` } }),
    });
    const { add, delivery, said } = openDelivery(receiver.url, {
      headers: { authorization: 'Bearer secret-token' },
    });
    add('a');
    expect(await delivery.shutdown()).toEqual({ exported: 0, dropped: 1, pending: 0 });
    expect(other.requests()).toEqual([]);
    expect(said.warnings[0]).toContain(other.url);
    expect(said.warnings[0]).not.toContain('hidden');
  });

  it('a part is counted and quoted', async () => {
    const message = 'attribute limit';
    const partial = Buffer.concat([
      Buffer.from([0x08, 2, 0x12, message.length]),
      Buffer.from(message),
    ]);
    const receiver = await receive({
      respond: () => ({ body: Buffer.concat([Buffer.from([0x0a, partial.length]), partial]) }),
    });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a', 'b', 'c');
    expect(await delivery.shutdown()).toEqual({ exported: 1, dropped: 2, pending: 0 });
    expect(said.codes).toEqual(['delivery_partly_rejected']);
    expect(said.warnings[0]).toContain(message);
  });

  it('a part in JSON is counted too', async () => {
    const receiver = await receive({
      respond: () => ({
        headers: { 'content-type': 'application/json' },
        body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}',
      }),
    });
    const { add, delivery } = openDelivery(receiver.url);
    add('a', 'b');
    expect(await delivery.shutdown()).toEqual({ exported: 1, dropped: 1, pending: 0 });
  });

  it('with an endless answer is not listened to for ever', async () => {
    const receiver = await receive({
      respond: () => ({ status: 400, body: 'x'.repeat(5_000_000) }),
    });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a');
    expect(await delivery.shutdown()).toEqual({ exported: 0, dropped: 1, pending: 0 });
    expect(said.warnings[0]!.length).toBeLessThan(600);
  });
});

describe('a collector that takes 64 KB at a time', () => {
  const limit = 64 * 1024;

  it('gets everything in smaller requests, and is not overasked again', async () => {
    const receiver = await receive({
      respond: ({ body }) => (body.length > limit ? { status: 413 } : undefined),
    });
    const { addWith, delivery } = openDelivery(receiver.url, { compression: 'none' });
    for (const name of numbered(200)) addWith(name, { text: 'x'.repeat(4000) });
    expect(await delivery.forceFlush()).toEqual({ exported: 200, dropped: 0, pending: 0 });
    expect(names(receiver).toSorted()).toEqual(numbered(200).toSorted());
    const before = receiver.requests().length;
    const { splits } = delivery.stats();
    expect(splits).toBeGreaterThan(0);
    for (const name of numbered(200)) addWith(`more-${name}`, { text: 'x'.repeat(4000) });
    expect(await delivery.shutdown()).toEqual({ exported: 400, dropped: 0, pending: 0 });
    expect(delivery.stats().splits).toBe(splits);
    expect(receiver.requests().length).toBeGreaterThan(before);
  });

  it('gets a span that is larger alone in a cut form, marked, newest messages kept', async () => {
    const receiver = await receive({
      respond: ({ body }) => (body.length > limit ? { status: 413 } : undefined),
    });
    const { addWith, delivery, said } = openDelivery(receiver.url, { compression: 'none' });
    const attributes: Record<string, string> = {
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.0.message.content': 'be kind',
    };
    for (let index = 1; index <= 100; index++) {
      attributes[`llm.input_messages.${index}.message.role`] = 'user';
      attributes[`llm.input_messages.${index}.message.content`] = `${index}:${'x'.repeat(2000)}`;
    }
    addWith('huge', attributes);
    expect(await delivery.shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
    const [span] = receiver.spans();
    expect(span?.attributes['catalyst.truncated']).toBe(true);
    expect(span?.attributes['llm.input_messages.0.message.content']).toBe('be kind');
    const contents = Object.entries(span!.attributes).filter(([key]) => key.endsWith('content'));
    const indexes = contents.map(([key]) => Number(key.split('.')[2]));
    expect(indexes).toEqual(indexes.map((_, index) => index));
    expect(contents.at(-1)?.[1]).toBe(`100:${'x'.repeat(2000)}`);
    expect(span?.droppedAttributesCount).toBe(2 * (101 - contents.length));
    expect(said.codes).toEqual(['delivery_truncated']);
    expect(delivery.stats().truncated).toBe(1);
  });

  it('and resets the connection instead of saying so gets everything all the same', async () => {
    const receiver = await receive({
      respond: ({ body }) => (body.length > limit ? { reset: true } : undefined),
    });
    const { addWith, delivery } = openDelivery(receiver.url, { compression: 'none' });
    for (const name of numbered(50)) addWith(name, { text: 'x'.repeat(4000) });
    expect(await delivery.shutdown()).toEqual({ exported: 50, dropped: 0, pending: 0 });
    expect(names(receiver).toSorted()).toEqual(numbered(50).toSorted());
  });

  it('or nothing at all loses the span, counted', async () => {
    const receiver = await receive({ respond: () => ({ status: 413 }) });
    const { addWith, delivery } = openDelivery(receiver.url);
    addWith('huge', { text: 'x'.repeat(100_000) });
    expect(await delivery.shutdown()).toEqual({ exported: 0, dropped: 1, pending: 0 });
    expect(delivery.stats().droppedByReason.too_large).toBe(1);
  });
});

describe('headers', () => {
  it('say who sends them, unless somebody says otherwise', async () => {
    const receiver = await receive();
    for (const headers of [{}, { 'User-Agent': 'proxy-name' }]) {
      const { add, delivery } = openDelivery(receiver.url, { headers });
      add('a');
      await delivery.shutdown();
    }
    const agents = receiver.requests().map((request) => request.headers['user-agent']);
    expect(agents).toEqual([`catalyst-tracing/${VERSION}`, 'proxy-name']);
  });
});
