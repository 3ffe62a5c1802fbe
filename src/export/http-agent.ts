import { readFileSync } from 'node:fs';
import type { ClientRequestArgs } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import type { Diagnostics } from '../diagnostics.js';
import type { CertificateAuthority } from '../options/option-table.js';
import type { ProxySettings } from '../options/endpoint.js';

// By hand: `https-proxy-agent` and what it pulls in are ten times these lines, and Node's own
// `proxyEnv` starts with Node 24.

const HTTPS_PORT = 443;
const NETWORK = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/i;

/**
 * The proxy to reach `target` through; `undefined` when it is reached directly. A proxy that is no
 * http(s) URL warns and is not used.
 */
export function resolveProxy(
  target: URL,
  settings: ProxySettings | undefined,
  diagnostics: Diagnostics,
): URL | undefined {
  const secure = target.protocol === 'https:';
  const text = secure ? settings?.https : settings?.http;
  if (text === undefined) return undefined;
  const host = hostOf(target).toLowerCase();
  const port = target.port === '' ? (secure ? '443' : '80') : target.port;
  const entries = (settings?.none ?? '').toLowerCase().split(/[\s,]+/);
  if (entries.some((entry) => excludes(entry, host, port))) return undefined;
  const proxy = parseProxy(text);
  if (proxy === undefined) {
    diagnostics.warnOnce(
      'delivery_proxy_invalid',
      `The proxy for ${target.protocol.slice(0, -1)} in the environment is not an http or https URL; the collector is reached directly.`,
    );
  }
  return proxy;
}

/**
 * An entry of `NO_PROXY`, read as Go, curl and requests do: `*`, `host`, `.domain` or `*.domain`, an
 * address, each with an optional port, or a network such as `10.0.0.0/8`.
 */
function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, network, prefix] = NETWORK.exec(entry) ?? [];
  if (network !== undefined) return isInNetwork(host, network, Number(prefix));
  const [, named = entry, namedPort] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (namedPort !== undefined && namedPort !== port) return false;
  const name = named.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isInNetwork(host: string, network: string, prefix: number): boolean {
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family) return false;
  try {
    const list = new BlockList();
    const type = family === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(network, prefix, type);
    return list.check(host, type);
  } catch {
    return false; // A prefix that is too long: no network at all.
  }
}

function parseProxy(text: string): URL | undefined {
  const candidate = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Headers for the proxy itself: the user info of its URL. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone percent sign is itself.
  }
}

/** Where a proxy listens. */
export function proxyAddress(proxy: URL): { readonly host: string; readonly port: number } {
  const port = proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port);
  return { host: hostOf(proxy), port };
}

/**
 * PEM text of the configured certificate authorities. A file that cannot be read warns and leaves
 * Node's own: the collector's certificate then decides, and a mistake shows as a TLS failure.
 */
export function readCertificates(
  ca: CertificateAuthority | undefined,
  diagnostics: Diagnostics,
): string | undefined {
  if (ca === undefined || ca.kind === 'pem') return ca?.value;
  try {
    return readFileSync(ca.value, 'utf8');
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    diagnostics.warnOnce(
      'delivery_ca_unreadable',
      `The file of certificate authorities (delivery.ca) cannot be read (${String(code)}); Node's own are used.`,
    );
    return undefined;
  }
}

export interface AgentOptions {
  readonly url: URL;
  readonly proxy: URL | undefined;
  /** PEM text of the certificate authorities to trust instead of Node's. */
  readonly ca: string | undefined;
  /** Milliseconds that a proxy has to open a tunnel. */
  readonly timeoutMillis: number;
}

/** The connections to a collector: kept alive, TLS sessions resumed, through a tunnel where one is needed. */
export function createAgent({ url, proxy, ca, timeoutMillis }: AgentOptions): http.Agent {
  const options = { keepAlive: true, ...(ca !== undefined && { ca }) };
  const isTunnelled = proxy !== undefined && url.protocol === 'https:';
  if (isTunnelled) return createTunnelAgent({ proxy, ca, timeoutMillis }, options);
  const { Agent } = (proxy ?? url).protocol === 'https:' ? https : http;
  return new Agent(options);
}

type Tunnel = Omit<AgentOptions, 'url'> & { readonly proxy: URL };
type Connected = (error: Error | null, socket: Duplex) => void;

function createTunnelAgent(tunnel: Tunnel, options: https.AgentOptions): http.Agent {
  function connect(request: ClientRequestArgs, connected: Connected): void {
    const host = request.host ?? 'localhost';
    openTunnel(tunnel, host, Number(request.port ?? HTTPS_PORT), connected);
  }
  // Assigned, not overridden: Node takes the socket from the callback when nothing is returned,
  // which the type of the method does not know.
  return Object.assign(new https.Agent(options), { createConnection: connect });
}

/**
 * Asks a proxy for a way to an `https:` target: CONNECT, then TLS with the target inside. The proxy
 * never sees one of our headers.
 */
function openTunnel(
  { proxy, ca, timeoutMillis }: Tunnel,
  host: string,
  port: number,
  connected: Connected,
): void {
  const fail = (error: Error): void => connected(error, new Duplex());
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const client = proxy.protocol === 'https:' ? https : http;
  const request = client.request({
    ...proxyAddress(proxy),
    ...(ca !== undefined && { ca }),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyHeaders(proxy) },
    agent: false,
    timeout: timeoutMillis,
  });
  request.once('connect', ({ statusCode }, socket) => {
    if (statusCode !== 200) {
      socket.destroy();
      fail(tunnelError(`the proxy refused the tunnel with status ${statusCode ?? 'none'}`));
      return;
    }
    // A host that is an address cannot be asked for by name in TLS.
    const name = isIP(host) === 0 ? { servername: host } : {};
    connected(null, tls.connect({ socket, host, ...name, ...(ca !== undefined && { ca }) }));
  });
  request.once('socket', (socket) => socket.unref());
  request.once('timeout', () => request.destroy(tunnelError('the proxy does not answer')));
  request.on('error', fail);
  request.end();
}

/** The status shows what to look at; the proxy's own text may have anything in it. */
function tunnelError(message: string): Error {
  return Object.assign(new Error(message), { code: message });
}
