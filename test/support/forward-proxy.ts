import { once } from 'node:events';
import * as http from 'node:http';
import { connect } from 'node:net';

export interface ForwardProxyOptions {
  /** `user:password` that requests must show. */
  readonly credentials?: string;
}

/** A forward proxy as companies run them. */
export interface ForwardProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** `CONNECT host:port` and `POST http://…`, in order. */
  readonly asked: readonly string[];
  /** Names of the headers that the proxy could read, of all requests. */
  readonly headerNames: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Starts a proxy on the loopback that forwards plain requests and tunnels. */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const asked: string[] = [];
  const headerNames = new Set<string>();

  function admits(incoming: http.IncomingMessage): boolean {
    asked.push(`${incoming.method} ${incoming.url}`);
    for (const name of Object.keys(incoming.headers)) headerNames.add(name);
    if (options.credentials === undefined) return true;
    const expected = `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    return incoming.headers['proxy-authorization'] === expected;
  }

  const server = http.createServer((incoming, outgoing) => {
    if (!admits(incoming)) {
      outgoing.writeHead(407).end();
      return;
    }
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = http.request(incoming.url ?? '', { method: incoming.method ?? 'GET', headers });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming: http.IncomingMessage, socket) => {
    if (!admits(incoming)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nconnection: close\r\n\r\n');
      return;
    }
    const target = new URL(`http://${incoming.url}`);
    const upstream = connect(Number(target.port), target.hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    asked,
    headerNames,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
