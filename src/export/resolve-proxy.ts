import type { ProxySettings } from '../options/endpoint.js';
import type { DeliveryDiagnostics } from './delivery-settings.js';

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
