import { once } from 'node:events';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveProxy } from '../../src/export/http-agent.js';
import { resolveProxySettings } from '../../src/options/endpoint.js';
import { openDelivery } from '../support/delivery-fixture.js';
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.js';
import { LOOPBACK_TLS } from '../support/loopback-tls.js';
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/otlp-receiver.js';

const opened: { close(): Promise<void> }[] = [];
const CA = { kind: 'pem', value: LOOPBACK_TLS.cert } as const;

async function receive(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  opened.push(receiver);
  return receiver;
}

async function proxy(credentials?: string): Promise<ForwardProxy> {
  const started = await startForwardProxy(credentials === undefined ? {} : { credentials });
  opened.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

const ONE_EXPORTED = { exported: 1, dropped: 0, pending: 0 };

describe('HTTPS', () => {
  it('with a certificate authority of the user works, on one connection', async () => {
    const receiver = await receive({ tls: LOOPBACK_TLS });
    const { add, delivery } = openDelivery(receiver.url, { ca: CA });
    add('a');
    await delivery.forceFlush();
    add('b');
    expect(await delivery.shutdown()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    expect(receiver.connections()).toBe(1);
  });

  it('resumes its TLS session on a new connection', async () => {
    const reused: boolean[] = [];
    const server = createServer(LOOPBACK_TLS, (request, response) => {
      reused.push((request.socket as TLSSocket).isSessionReused());
      request.resume().on('end', () => response.writeHead(200, { connection: 'close' }).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { add, delivery } = openDelivery(`https://127.0.0.1:${port}/v1/traces`, { ca: CA });
    for (const name of ['a', 'b', 'c']) {
      add(name);
      await delivery.forceFlush();
    }
    await delivery.shutdown();
    server.close();
    expect(reused).toEqual([false, true, true]);
  });

  it('with a certificate that nobody vouches for keeps the spans and says why', async () => {
    const receiver = await receive({ tls: LOOPBACK_TLS });
    const { add, delivery, said } = openDelivery(receiver.url);
    add('a');
    expect(await delivery.forceFlush({ timeoutMillis: 200 })).toEqual({
      exported: 0,
      dropped: 0,
      pending: 1,
    });
    expect(said.warnings.join()).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(receiver.requests()).toEqual([]);
    await delivery.shutdown({ timeoutMillis: 1 });
  });

  it('with an unreadable file of authorities says so', () => {
    const { said } = openDelivery('https://127.0.0.1:9', {
      ca: { kind: 'file', value: '/nowhere/ca.pem' },
    });
    expect(said.codes).toEqual(['delivery_ca_unreadable']);
  });
});

describe('IPv6', () => {
  it.each([undefined, LOOPBACK_TLS])('is reached by its address', async (tls) => {
    const receiver = await receive({ host: '::1', ...(tls === undefined ? {} : { tls }) });
    expect(receiver.url).toContain('[::1]');
    const { add, delivery } = openDelivery(receiver.url, { ca: CA });
    add('a');
    expect(await delivery.shutdown()).toEqual(ONE_EXPORTED);
  });
});

describe('a proxy of the environment', () => {
  const headers = { authorization: 'Bearer secret-token' };

  it('forwards plain requests', async () => {
    const through = await proxy('me:p%40ss');
    const receiver = await receive();
    const { add, delivery } = openDelivery(`${receiver.url}?tenant=1`, {
      headers,
      proxies: resolveProxySettings({ http_proxy: `http://me:p%2540ss@127.0.0.1:${through.port}` }),
    });
    add('a');
    expect(await delivery.shutdown()).toEqual(ONE_EXPORTED);
    expect(through.asked).toEqual([`POST ${receiver.url}?tenant=1`]);
    expect(receiver.requests()[0]).toMatchObject({ path: '/v1/traces?tenant=1' });
    expect(receiver.requests()[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it('tunnels HTTPS without seeing a header of ours, on one connection', async () => {
    const through = await proxy();
    const receiver = await receive({ tls: LOOPBACK_TLS });
    const { add, delivery } = openDelivery(receiver.url, {
      ca: CA,
      headers,
      proxies: resolveProxySettings({ HTTPS_PROXY: through.url }),
    });
    add('a');
    await delivery.forceFlush();
    add('b');
    expect(await delivery.shutdown()).toEqual({ exported: 2, dropped: 0, pending: 0 });
    expect(through.asked).toEqual([`CONNECT 127.0.0.1:${receiver.port}`]);
    expect([...through.headerNames].toSorted()).toEqual(['connection', 'host']);
    expect(receiver.requests()[0]?.headers.authorization).toBe('Bearer secret-token');
  });

  it('that answers a byte at a time has as long as any collector', async () => {
    const slow = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const { add, delivery, said } = openDelivery('https://collector.test/v1/traces', {
      exportTimeoutMillis: 200,
      proxies: resolveProxySettings({ HTTPS_PROXY: `http://127.0.0.1:${port}` }),
    });
    add('a');
    expect((await delivery.forceFlush({ timeoutMillis: 1000 })).pending).toBe(1);
    expect(said.warnings.join()).toContain('the proxy does not answer');
    await delivery.shutdown({ timeoutMillis: 1 });
    slow.close();
  });

  it('that refuses the tunnel is said, and the spans are kept', async () => {
    const through = await proxy('me:secret');
    const receiver = await receive({ tls: LOOPBACK_TLS });
    const { add, delivery, said } = openDelivery(receiver.url, {
      ca: CA,
      proxies: resolveProxySettings({ https_proxy: through.url }),
    });
    add('a');
    expect((await delivery.forceFlush({ timeoutMillis: 200 })).pending).toBe(1);
    expect(said.warnings.join()).toContain('the proxy refused the tunnel with status 407');
    await delivery.shutdown({ timeoutMillis: 1 });
  });

  it('that is away keeps the spans', async () => {
    const receiver = await receive({ tls: LOOPBACK_TLS });
    const { add, delivery, said } = openDelivery(receiver.url, {
      ca: CA,
      proxies: resolveProxySettings({ https_proxy: 'http://127.0.0.1:9' }),
    });
    add('a');
    expect((await delivery.forceFlush({ timeoutMillis: 200 })).pending).toBe(1);
    expect(said.warnings.join()).toContain('ECONNREFUSED');
    await delivery.shutdown({ timeoutMillis: 1 });
  });

  it('that hangs does not hold shutdown', async () => {
    const hanging = await receive();
    const { add, delivery } = openDelivery('https://collector.invalid/v1/traces', {
      proxies: resolveProxySettings({ https_proxy: hanging.endpoint }),
      exportTimeoutMillis: 100,
    });
    add('a');
    expect((await delivery.shutdown({ timeoutMillis: 300 })).dropped).toBe(1);
  });

  it('that is no proxy URL is said and not used', async () => {
    const receiver = await receive();
    const { add, delivery, said } = openDelivery(receiver.url, {
      proxies: resolveProxySettings({ http_proxy: 'socks5://secret@127.0.0.1:9' }),
    });
    add('a');
    expect(await delivery.shutdown()).toEqual(ONE_EXPORTED);
    expect(said.codes).toEqual(['delivery_proxy_invalid']);
    expect(said.warnings.join()).not.toContain('secret');
  });
});

describe('NO_PROXY', () => {
  const quiet = { warnOnce: () => undefined, debug: () => undefined };
  it.each([
    ['https://collector.example.com/', '', 'http://proxy:3128/'],
    ['https://collector.example.com/', '*', undefined],
    ['https://collector.example.com/', 'other.com, example.com', undefined],
    ['https://collector.example.com/', '.example.com', undefined],
    ['https://collector.example.com/', '*.Example.com', undefined],
    ['https://collector.example.com/', 'collector.example.com:443', undefined],
    ['https://collector.example.com/', 'collector.example.com:8443', 'http://proxy:3128/'],
    ['https://collector.example.com/', 'ample.com', 'http://proxy:3128/'],
    ['https://[::1]:4318/', '[::1]', undefined],
    ['https://[::1]:4318/', '::1', undefined],
    ['https://[::1]:4318/', '[::1]:4318', undefined],
    ['https://127.0.0.1:4318/', '127.0.0.1', undefined],
    ['http://collector.example.com/', '', undefined],
    ['https://10.1.2.3:4318/', '10.0.0.0/8', undefined],
    ['https://11.1.2.3:4318/', '10.0.0.0/8', 'http://proxy:3128/'],
    ['https://[fd00::1]:4318/', 'fd00::/8', undefined],
    ['https://[fd00::1]:4318/', '10.0.0.0/8', 'http://proxy:3128/'],
    ['https://10.1.2.3:4318/', '10.0.0.0/99', 'http://proxy:3128/'],
    ['https://collector.example.com/', '10.0.0.0/8', 'http://proxy:3128/'],
  ])('%s with %j goes by %s', (target, none, expected) => {
    const settings = resolveProxySettings({ https_proxy: 'proxy:3128', NO_PROXY: none });
    expect(resolveProxy(new URL(target), settings, quiet)?.href).toBe(expected);
  });

  it('reads either case, and not the header of a CGI request', () => {
    expect(resolveProxySettings({ HTTP_PROXY: 'http://a', NO_PROXY: 'b' })).toEqual({
      http: 'http://a',
      https: undefined,
      none: 'b',
    });
    expect(resolveProxySettings({ HTTP_PROXY: 'http://a', REQUEST_METHOD: 'GET' }).http).toBe(
      undefined,
    );
    expect(resolveProxySettings({ ALL_PROXY: 'http://a', https_proxy: ' ' }).https).toBe(
      'http://a',
    );
  });
});
