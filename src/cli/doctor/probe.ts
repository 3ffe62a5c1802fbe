import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { createAgent, readCertificates, resolveProxy } from '../../export/http-agent.js';
import { type HttpResponse, HttpTransport } from '../../export/http-transport.js';
import { createScrubber, resolveRequestHeaders } from '../../export/request-headers.js';
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

export type Answer = Pick<HttpResponse, 'status' | 'headers' | 'body'>;

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

const silent = { warnOnce: (): void => {}, debug: (): void => {} };

/** A test trace for the collector that the options name; `undefined` when they name none. */
export function createProbe(resolved: ResolvedOptions): Probe | undefined {
  const { endpoint } = resolved;
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  const proxy = resolveProxy(url, resolved.proxies, silent);
  const timeoutMillis = resolved.delivery.exportTimeoutMillis;
  const ca = readCertificates(resolved.delivery.ca, silent);
  const headers = {
    'user-agent': `${TRACER_NAME}/${VERSION}`,
    ...resolveRequestHeaders(resolved.headers, silent),
  };
  const traceId = randomBytes(16).toString('hex');

  /** On the exporter's own way, and on a new connection. Never rejects: a failure is a result. */
  async function post(
    to: URL,
    body: Uint8Array,
    contentType: string,
    isZipped = false,
  ): Promise<Attempt> {
    const agent = createAgent({ url: to, proxy, ca, timeoutMillis });
    const way = { url: to, headers, compression: 'none', timeoutMillis, agent, proxy } as const;
    const transport = new HttpTransport(way);
    try {
      return await transport.post(body, {
        'content-type': contentType,
        ...(isZipped && { 'content-encoding': 'gzip' }),
      });
    } catch (error) {
      const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error();
      return { failure: code ?? message };
    } finally {
      transport.close();
    }
  }

  return {
    destination: describeDestination(resolved, endpoint, proxy),
    traceId,
    send: ({ protocol, compression }) => {
      const isJson = protocol === 'http/json';
      const body = encodeTrace(resolved, traceId, isJson);
      const isZipped = compression === 'gzip';
      // Compressed however short it is, because the traces of sessions will be.
      const packed = isZipped ? gzipSync(body) : body;
      return post(url, packed, isJson ? JSON_TYPE : PROTOBUF_TYPE, isZipped);
    },
    sendMetrics: () => {
      const target = metricsUrl(endpoint);
      return target === undefined
        ? undefined
        : post(new URL(target), new Uint8Array(), PROTOBUF_TYPE);
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
