import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { createScrubber } from '../../export/delivery-stats.js';
import { resolveRequestHeaders } from '../../export/otlp-exporter.js';
import { resolveProxy } from '../../export/http-agent.js';
import { metricsUrl } from '../../metrics/metrics.js';
import { displayUrl } from '../../options/endpoint.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { Attr, SpanKindValues } from '../../semconv/attribute-keys.js';
import { TRACER_NAME, VERSION } from '../../version.js';
import { JSON_TYPE, PROTOBUF_TYPE } from '../otlp/decode.js';
import { DOCTOR_SESSION } from '../span-facts.js';

/** Where traces go, as far as it may be shown: it contains no secret. */
export interface Destination {
  /** Origin and path. */
  readonly url: URL;
  readonly shown: string;
  /** Variable that the endpoint came from, or the option. */
  readonly endpointFrom: string;
  /** Where the `Authorization` header came from; `undefined` without one. */
  readonly authorizationFrom: string | undefined;
  readonly scheme: 'Bearer' | 'Basic' | 'other' | undefined;
  /** Host and port of the proxy on the way. */
  readonly proxy: string | undefined;
  readonly timeoutMillis: number;
  /** In lower case. */
  readonly headerNames: ReadonlySet<string>;
  /** Makes one short line of the collector's message, without header values. */
  readonly scrub: (text: string) => string;
}

/** Encoding and compression; the doctor tries others when the configured ones are refused. */
export type Packing = Pick<ResolvedOptions, 'protocol' | 'compression'>;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer, or the code of the failure that came instead of one. */
export type Attempt = Answer | { readonly failure: string };

export interface Probe {
  readonly destination: Destination;
  readonly traceId: string;
  /** Posts a trace of one span with the headers, proxy, certificates and deadline of the options. */
  send(packing: Packing): Promise<Attempt>;
  /** Posts a request without metrics to where metrics go; `undefined` when they go nowhere. */
  sendMetrics(): Promise<Attempt> | undefined;
}

const MAX_ANSWER_BYTES: number = 64 * 1024;
const silent = { warnOnce: (): void => {}, debug: (): void => {} };

/** A test trace for the collector that the options name; `undefined` when they name none. */
export function createProbe(resolved: ResolvedOptions): Probe | undefined {
  const { endpoint } = resolved;
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  const proxy = resolveProxy(url, resolved.proxies, silent);
  const { exportTimeoutMillis: timeoutMillis, ca } = resolved.delivery;
  const route = {
    url,
    proxy,
    timeoutMillis,
    ca: ca?.kind === 'file' ? readFile(ca.value) : ca?.value,
  };
  const headers = {
    'user-agent': `${TRACER_NAME}/${VERSION}`,
    ...resolveRequestHeaders(resolved.headers, silent),
  };
  const traceId = randomBytes(16).toString('hex');
  return {
    destination: describeDestination(resolved, endpoint, proxy),
    traceId,
    send: ({ protocol, compression }) => {
      const isJson = protocol === 'http/json';
      const body = encodeTrace(resolved, traceId, isJson);
      const isZipped = compression === 'gzip';
      const packed = {
        ...headers,
        'content-type': isJson ? JSON_TYPE : PROTOBUF_TYPE,
        ...(isZipped && { 'content-encoding': 'gzip' }),
      };
      // Compressed however short it is, because the traces of sessions will be.
      return post(route, packed, isZipped ? gzipSync(body) : body);
    },
    sendMetrics: () => {
      const target = metricsUrl(endpoint);
      const packed = { ...headers, 'content-type': PROTOBUF_TYPE };
      return target === undefined
        ? undefined
        : post({ ...route, url: new URL(target) }, packed, new Uint8Array());
    },
  };
}

function describeDestination(
  { headers, sources, delivery }: ResolvedOptions,
  endpoint: string,
  proxy: URL | undefined,
): Destination {
  const authorization = headers['authorization'];
  return {
    url: new URL(displayUrl(endpoint)),
    shown: displayUrl(endpoint),
    endpointFrom: nameSource(sources['endpoint']?.[0], 'endpoint'),
    authorizationFrom:
      authorization === undefined
        ? undefined
        : nameSource(
            sources['authorization']?.[0],
            ['token', 'headers'].find((name) => sources[name]?.[0] === 'option') ?? 'endpoint',
          ),
    scheme: authorization === undefined ? undefined : schemeOf(authorization),
    proxy: proxy?.host,
    timeoutMillis: delivery.exportTimeoutMillis,
    headerNames: new Set(Object.keys(headers).map((name) => name.toLowerCase())),
    scrub: createScrubber(headers),
  };
}

function nameSource(source: string | undefined, option: string): string {
  return source === 'option' ? `the option \`${option}\`` : (source ?? 'default');
}

function schemeOf(authorization: string): Destination['scheme'] {
  if (/^bearer\s/i.test(authorization)) return 'Bearer';
  return /^basic\s/i.test(authorization) ? 'Basic' : 'other';
}

/** A file that cannot be read leaves Node's own authorities, as in the exporter. */
function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function encodeTrace(resolved: ResolvedOptions, traceId: string, isJson: boolean): Uint8Array {
  const seconds = Math.floor(Date.now() / 1000);
  const spanId = randomBytes(8).toString('hex');
  const span = {
    name: 'catalyst-tracing doctor',
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    startTime: [seconds, 0] as [number, number],
    endTime: [seconds, 1_000_000] as [number, number],
    duration: [0, 1_000_000] as [number, number],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      [Attr.SPAN_KIND]: SpanKindValues.CHAIN,
      [Attr.SESSION_ID]: DOCTOR_SESSION,
    },
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: resourceFromAttributes(resolved.resourceAttributes),
    instrumentationScope: { name: TRACER_NAME, version: VERSION },
  };
  const serializer = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
  return serializer.serializeRequest([span]) ?? new Uint8Array();
}

interface Route {
  readonly url: URL;
  readonly proxy: URL | undefined;
  /** PEM text of certificate authorities. */
  readonly ca: string | undefined;
  readonly timeoutMillis: number;
}

/** One POST on a new connection. Never rejects: a failure is a result. */
function post(route: Route, headers: http.OutgoingHttpHeaders, body: Uint8Array): Promise<Attempt> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      resolve({ failure: 'code' in error ? String(error.code) : error.message });
    };
    const timer = setTimeout(() => fail(new Error('timeout')), route.timeoutMillis);
    open(route, headers, fail, (request) => {
      request.on('error', fail).on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
        });
        response.on('error', fail).on('end', () => {
          clearTimeout(timer);
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: Buffer.concat(chunks) });
        });
      });
      request.end(body);
    });
  });
}

function open(
  { url, proxy, ca }: Route,
  headers: http.OutgoingHttpHeaders,
  fail: (error: Error) => void,
  send: (request: http.ClientRequest) => void,
): void {
  const options = { method: 'POST', headers, agent: false, ...(ca !== undefined && { ca }) };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (proxy === undefined) return send(clientFor(url).request(url, options));
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const toProxy = {
    host: url.host,
    ...(credentials !== ':' && {
      'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}`,
    }),
  };
  if (url.protocol === 'http:') {
    const all = { ...options, path: url.href, headers: { ...headers, ...toProxy } };
    return send(clientFor(proxy).request(proxy, all));
  }
  // A tunnel: CONNECT, then TLS with the collector inside; the proxy sees no header of ours.
  const authority = `${url.hostname}:${url.port || 443}`;
  const connect = { ...options, method: 'CONNECT', path: authority, headers: toProxy };
  const tunnel = clientFor(proxy).request(proxy, connect);
  tunnel.on('error', fail).on('connect', ({ statusCode }, socket: Socket) => {
    if (statusCode !== 200) {
      socket.destroy();
      return fail(new Error(`the proxy refused the tunnel with status ${statusCode ?? 'none'}`));
    }
    const secure = tls.connect({
      socket,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
    });
    send(https.request(url, { ...options, createConnection: () => secure }));
  });
  tunnel.end();
}

function clientFor({ protocol }: URL): typeof http | typeof https {
  return protocol === 'https:' ? https : http;
}
