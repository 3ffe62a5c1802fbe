import * as http from 'node:http';
import * as https from 'node:https';
import { createTunnelAgent } from '../http/tunnel-agent.js';
import { resolveProxy } from '../export/resolve-proxy.js';
import { debug, warnOnce } from '../diagnostics.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/**
 * The connections that OpenTelemetry's exporter posts over: kept alive, with the certificates of the
 * spans, and for an `https:` collector through their proxy. An agent cannot rewrite a request as a
 * proxy wants it of an `http:` one, which is said.
 */
export function createMetricsAgent(
  target: URL,
  { delivery, proxies }: Pick<ResolvedOptions, 'delivery' | 'proxies'>,
  ca: string | undefined,
): http.Agent {
  const options = { keepAlive: true };
  const proxy = resolveProxy(target, proxies, { warnOnce, debug });
  if (target.protocol === 'https:') {
    const timeoutMillis = delivery.exportTimeoutMillis;
    if (proxy !== undefined) return createTunnelAgent({ proxy, ca, timeoutMillis }, options);
    return new https.Agent(ca === undefined ? options : { ...options, ca });
  }
  if (proxy !== undefined) {
    warnOnce(
      'metrics_proxy_unused',
      'Metrics go to the collector directly: a proxy is used for them only when the collector is an https one.',
    );
  }
  return new http.Agent(options);
}
