import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';

// By hand: `https-proxy-agent` and what it pulls in are ten times these lines, and Node's own
// `proxyEnv` starts with Node 24.

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone percent sign stands for itself.
  }
}

/** Headers for the proxy itself: the user info of its URL. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Where a proxy listens; shared by tunnels and by plain requests through it. */
export function proxyAddress(proxy: URL): { host: string; port: number } {
  const secure = proxy.protocol === 'https:';
  const port = proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port);
  return { host: proxy.hostname.replace(/^\[|\]$/g, ''), port };
}

/** The tunnel's own failures: the status tells what to look at, the proxy's words may hold anything. */
function refused(status: number | undefined): Error {
  return new Error(`the proxy refused the tunnel with status ${status ?? 'none'}`);
}

export interface TunnelOptions {
  readonly proxy: URL;
  /** PEM text of the certificate authorities to trust, of target and proxy. */
  readonly ca: string | undefined;
  /** Milliseconds that the proxy has to open the tunnel. */
  readonly timeoutMillis: number;
}

type Connected = (error: Error | null, socket: Duplex) => void;

/**
 * Keep-alive connections to `https:` targets through a proxy: CONNECT, then TLS with the target
 * inside the tunnel. The proxy never sees a header of ours.
 */
export function createTunnelAgent(
  { proxy, ca, timeoutMillis }: TunnelOptions,
  options: https.AgentOptions,
): https.Agent {
  const trust = ca === undefined ? {} : { ca };
  const client = proxy.protocol === 'https:' ? https : http;

  function connect(target: http.ClientRequestArgs, connected: Connected): void {
    const host = target.host ?? 'localhost';
    const authority = `${host.includes(':') ? `[${host}]` : host}:${target.port ?? 443}`;
    const request = client.request({
      ...proxyAddress(proxy),
      ...trust,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(proxy) },
      agent: false,
      timeout: timeoutMillis,
    });
    const fail = (error: Error): void => connected(error, request.socket ?? new Duplex());
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) {
        const servername = isIP(host) === 0 ? { servername: host } : {};
        connected(null, tls.connect({ socket, ...servername, host, ...trust }));
      } else {
        socket.destroy();
        fail(refused(response.statusCode));
      }
    });
    request.once('socket', (socket) => socket.unref());
    request.once('timeout', () => request.destroy(new Error('the proxy does not answer')));
    request.on('error', fail);
    request.end();
  }

  // Assigned, not overridden: Node takes the socket from the callback when nothing is returned,
  // which the type of the method doesn't know.
  return Object.assign(new https.Agent(options), { createConnection: connect });
}
