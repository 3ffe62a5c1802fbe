import { proxyAddress, proxyHeaders } from './proxy-address.js';

/** Where requests go, and the fixed headers that the way needs. */
export interface HttpTarget {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whom requests are for, and by which proxy they go. */
export interface HttpRoute {
  readonly url: URL;
  readonly proxy: URL | undefined;
}

/** Who is really connected to, and how: a plain target behind a proxy is asked of it by its whole URL. */
export function resolveTarget({ url, proxy }: HttpRoute): HttpTarget {
  const path = `${url.pathname}${url.search}`;
  const secure = url.protocol === 'https:';
  const host = { host: url.host };
  if (secure || proxy === undefined) {
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    return { secure, host: url.hostname.replace(/^\[|\]$/g, ''), port, path, headers: host };
  }
  return {
    secure: proxy.protocol === 'https:',
    ...proxyAddress(proxy),
    path: `${url.origin}${path}`,
    headers: { ...host, ...proxyHeaders(proxy) },
  };
}
