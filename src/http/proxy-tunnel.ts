import * as http from 'node:http';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { proxyAddress, proxyHeaders } from './proxy-address.js';
import { trustIn } from './tls-trust.js';

// By hand: `https-proxy-agent` and what it pulls in are ten times these lines, and Node's own
// `proxyEnv` starts with Node 24.

export interface TunnelOptions {
  readonly proxy: URL;
  /** Where the tunnel leads. */
  readonly target: { readonly host: string; readonly port: number };
  /** PEM text of the certificate authorities to trust, of target and proxy. */
  readonly ca: string | undefined;
  /** Milliseconds that the proxy has to open the tunnel. */
  readonly timeoutMillis: number;
}

type TunnelOpened = (outcome: tls.TLSSocket | Error) => void;

/** The tunnel's own failures: the status tells what to look at, the proxy's words may hold anything. */
function refused(status: number | undefined): Error {
  return new Error(`the proxy refused the tunnel with status ${status ?? 'none'}`);
}

/**
 * Asks a proxy for a way to an `https:` target: CONNECT, then TLS with the target inside, which is
 * only about to begin when `opened` is called. The proxy never sees a header of ours.
 */
export function openTunnel(
  { proxy, target, ca, timeoutMillis }: TunnelOptions,
  opened: TunnelOpened,
): http.ClientRequest {
  const { host, port } = target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const client = proxy.protocol === 'https:' ? https : http;
  const request = client.request({
    ...proxyAddress(proxy),
    ...(ca === undefined ? {} : { ca }),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyHeaders(proxy) },
    agent: false,
    timeout: timeoutMillis,
  });
  request.once('connect', (response, socket) => {
    if (response.statusCode === 200) {
      opened(tls.connect({ socket, ...trustIn(host, ca) }));
    } else {
      socket.destroy();
      opened(refused(response.statusCode));
    }
  });
  request.once('socket', (socket) => socket.unref());
  request.once('timeout', () => request.destroy(new Error('the proxy does not answer')));
  request.on('error', opened);
  request.end();
  return request;
}
