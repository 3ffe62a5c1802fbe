import { createHttpClient, type HttpClient } from '../http/http-client.js';
import { resolveTarget, type HttpTarget } from '../http/http-target.js';
import { displayUrl } from '../options/endpoint.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { readCertificates } from './certificates.js';
import { createDeliveryMessages, type DeliveryMessages } from './delivery-messages.js';
import type { DeliveryDiagnostics, DeliverySettings } from './delivery-settings.js';
import { resolveProxy } from './resolve-proxy.js';
import { createScrubber, resolveRequestHeaders } from './request-headers.js';

/** The way to one collector, and how to speak of it. */
export interface Collector {
  readonly client: HttpClient;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** PEM text of certificate authorities. */
  readonly ca: string | undefined;
  /** For requests from another thread; undefined where a tunnel is needed, which only `client` digs. */
  readonly target: HttpTarget | undefined;
  readonly messages: DeliveryMessages;
}

/** Reads the settings of the way to the collector; what is wrong with them is said. Connects to nothing yet. */
export function createCollector(
  settings: DeliverySettings,
  diagnostics: DeliveryDiagnostics,
): Collector {
  const url = new URL(settings.url);
  const given = resolveRequestHeaders(settings.headers, diagnostics);
  // OTLP asks exporters to say who they are (protocol/exporter.md, "User Agent").
  const headers = { 'user-agent': `${TRACER_NAME}/${VERSION}`, ...given };
  const proxy = resolveProxy(url, settings.proxies, diagnostics);
  const ca = readCertificates(settings.ca, diagnostics);
  const isTunnelled = proxy !== undefined && url.protocol === 'https:';
  return {
    client: createHttpClient({
      url,
      proxy,
      ca,
      timeoutMillis: settings.exportTimeoutMillis,
    }),
    headers,
    compression: settings.compression,
    ca,
    target: isTunnelled ? undefined : resolveTarget({ url, proxy }),
    messages: createDeliveryMessages(diagnostics, displayUrl(settings.url), createScrubber(given)),
  };
}
