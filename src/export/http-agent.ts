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
  const trusted = ca === undefined ? {} : { ca };
  const options = { keepAlive: true, ...trusted };
  if (proxy === undefined || url.protocol !== 'https:') {
    const { Agent } = (proxy ?? url).protocol === 'https:' ? https : http;
    return new Agent(options);
  }
  /**
   * Asks the proxy for a way to the collector: CONNECT, then TLS with the collector inside. The proxy
   * never sees one of our headers.
   */
  const createConnection = (_request: ClientRequestArgs, connected: Connected): void => {
    const fail = (error: Error): void => connected(error, new Duplex());
    const authority = `${url.hostname}:${url.port || HTTPS_PORT}`;
    const request = (proxy.protocol === 'https:' ? https : http).request({
      ...proxyAddress(proxy),
      ...trusted,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(proxy) },
      agent: false,
    });
    // The option `timeout` starts again with every byte.
    const timer = setTimeout(
      () => request.destroy(tunnelError('the proxy does not answer')),
      timeoutMillis,
    ).unref();
    request.once('close', () => clearTimeout(timer));
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode !== 200) {
        socket.destroy();
        fail(tunnelError(`the proxy refused the tunnel with status ${statusCode ?? 'none'}`));
        return;
      }
      const host = hostOf(url);
      // A host that is an address cannot be asked for by name in TLS.
      const name = isIP(host) === 0 ? { servername: host } : {};
      connected(null, tls.connect({ socket, host, ...name, ...trusted }));
    });
    request.once('socket', (socket) => socket.unref());
    request.on('error', fail);
    request.end();
  };
  // Assigned, not overridden: Node takes the socket from the callback when nothing is returned,
  // which the type of the method does not know.
  return Object.assign(new https.Agent(options), { createConnection });
}

type Connected = (error: Error | null, socket: Duplex) => void;

/** The status shows what to look at; the proxy's own text may have anything in it. */
function tunnelError(message: string): Error {
  return Object.assign(new Error(message), { code: message });
}
