import type { DeliveryDiagnostics } from './delivery-settings.js';

/** Proxies by the scheme of the target, as the environment names them. */
export interface ProxySettings {
  /** `HTTP_PROXY`: for `http:` targets. */
  readonly http: string | undefined;
  /** `HTTPS_PROXY`: for `https:` targets. */
  readonly https: string | undefined;
  /** `NO_PROXY`: hosts that are reached directly. */
  readonly none: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The lower-case name wins, as in curl; blank is unset. `ALL_PROXY` stands in for either scheme. */
function read(env: Environment, name: string): string | undefined {
  const value = (env[name] ?? env[name.toUpperCase()])?.trim();
  return value === '' ? undefined : value;
}

/** Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case. */
export function resolveProxySettings(env: Environment): ProxySettings {
  // Behind a CGI server `HTTP_PROXY` is a header that the client sent ("httpoxy").
  const http = env['REQUEST_METHOD'] === undefined ? read(env, 'http_proxy') : env['http_proxy'];
  const all = read(env, 'all_proxy');
  return { http: http ?? all, https: read(env, 'https_proxy') ?? all, none: read(env, 'no_proxy') };
}

/** An entry of `NO_PROXY`: `*`, `host`, `.domain` or `*.domain`, an IP address, each with an optional port. */
function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, named = entry, namedPort] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (namedPort !== undefined && namedPort !== port) return false;
  const name = named.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function parseProxy(text: string): URL | undefined {
  const candidate = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/**
 * The proxy to reach `target` through; undefined when it is reached directly. A proxy that is no
 * http(s) URL warns and is not used.
 */
export function resolveProxy(
  target: URL,
  settings: ProxySettings | undefined,
  diagnostics: DeliveryDiagnostics,
): URL | undefined {
  const secure = target.protocol === 'https:';
  const text = secure ? settings?.https : settings?.http;
  if (text === undefined) return undefined;
  const host = target.hostname.replace(/^\[|\]$/g, '').toLowerCase();
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
