import { displayUrl } from '../../options/endpoint.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { resolveProxy } from '../../export/resolve-proxy.js';
import { createScrubber } from '../../export/request-headers.js';

/** What is known of the way to the collector when its answer is explained. Holds no secret. */
export interface CollectorFacts {
  /** Origin and path. */
  readonly url: URL;
  readonly shown: string;
  /** Variable that the endpoint came from, or `option`. */
  readonly endpointFrom: string;
  /** Variable that the `Authorization` header came from; `undefined` without one. */
  readonly authorizationFrom: string | undefined;
  readonly scheme: 'Bearer' | 'Basic' | 'other' | undefined;
  /** Host and port of the proxy on the way. */
  readonly proxy: string | undefined;
  readonly timeoutMillis: number;
  readonly protocol: ResolvedOptions['protocol'];
  /** In lower case. */
  readonly headerNames: ReadonlySet<string>;
  /** Makes the collector's words one short line without header values. */
  readonly scrub: (text: string) => string;
}

/** The facts about a collector that is configured. */
export function collectFacts(resolved: ResolvedOptions, endpoint: string): CollectorFacts {
  const url = new URL(displayUrl(endpoint));
  const authorization = resolved.headers['authorization'];
  const proxy = resolveProxy(url, resolved.proxies, { warnOnce: () => {}, debug: () => {} });
  return {
    url,
    shown: displayUrl(endpoint),
    endpointFrom: resolved.sources['endpoint']?.[0] ?? 'default',
    authorizationFrom:
      authorization === undefined ? undefined : resolved.sources['authorization']?.[0],
    scheme: authorization === undefined ? undefined : schemeOf(authorization),
    proxy: proxy?.host,
    timeoutMillis: resolved.delivery.exportTimeoutMillis,
    protocol: resolved.protocol,
    headerNames: new Set(Object.keys(resolved.headers).map((name) => name.toLowerCase())),
    scrub: createScrubber(resolved.headers),
  };
}

function schemeOf(authorization: string): CollectorFacts['scheme'] {
  if (/^bearer\s/i.test(authorization)) return 'Bearer';
  return /^basic\s/i.test(authorization) ? 'Basic' : 'other';
}
