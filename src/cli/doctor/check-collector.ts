import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createScrubber } from '../../export/delivery-stats.js';
import { resolveProxy } from '../../export/http-agent.js';
import { type HttpResponse, HttpTransport } from '../../export/http-transport.js';
import { metricsUrl } from '../../metrics/metrics.js';
import { displayUrl } from '../../options/endpoint.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { Attr, SpanKindValues } from '../../semconv/attribute-keys.js';
import { TRACER_NAME, VERSION } from '../../version.js';
import { JSON_TYPE, PROTOBUF_TYPE } from '../otlp/decode.js';
import { DOCTOR_SESSION } from '../span-facts.js';
import { type Destination, explainAnswer, explainFailure } from './explain.js';
import { finding, type Finding } from './findings.js';

/** Encoding and compression; others are tried when the configured ones are refused. */
type Packing = Pick<ResolvedOptions, 'protocol' | 'compression'>;

/** An answer, or the code of the failure that came instead of one. */
type Attempt = HttpResponse | { readonly failure: string };

/** Statuses that may be about how the trace was packed. */
const PACKING_STATUSES: ReadonlySet<number> = new Set([400, 406, 415, 422, 500, 501]);

/** Whole addresses: a name may begin with a number too. */
const LOCAL =
  /^(?:localhost|\[::1\]|(?:(?:127|10)\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+)$/;
const LANGFUSE_PATH = '/api/public/otel/';
/** https://langfuse.com/integrations/native/opentelemetry: the way in by which traces show at once. */
const LANGFUSE_HEADER = 'x-langfuse-ingestion-version';

const SILENT = { warnOnce: (): void => {}, debug: (): void => {} };

/** Sends a test trace to the configured collector and explains what came of it. */
export async function checkCollector(resolved: ResolvedOptions): Promise<readonly Finding[]> {
  const { endpoint } = resolved;
  if (endpoint === undefined) return [];
  const span = createSpan(resolved);
  const send = ({ protocol, compression }: Packing): Promise<Attempt> => {
    const isJson = protocol === 'http/json';
    const serializer = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
    const body = serializer.serializeRequest([span]) ?? new Uint8Array();
    const type = isJson ? JSON_TYPE : PROTOBUF_TYPE;
    return post(resolved, endpoint, type, body, compression);
  };
  const destination = describeDestination(resolved, endpoint);
  const attempt = await send(resolved);
  if ('failure' in attempt) return [explainFailure(attempt.failure, destination)];
  const { status } = attempt;
  const other = PACKING_STATUSES.has(status) ? await findPacking(send, resolved) : undefined;
  if (other !== undefined) return [explainPacking(status, other, resolved)];
  return [
    explainAnswer(attempt, destination, span.spanContext().traceId),
    ...remarkOnDestination(destination, resolved),
    ...(resolved.metrics === undefined ? [] : [await checkMetrics(resolved, endpoint)]),
  ];
}

/** A span of OpenTelemetry's own, whatever the configured sampler would do with it. */
function createSpan(resolved: ResolvedOptions): ReadableSpan {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes(resolved.resourceAttributes),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const attributes = {
    [Attr.SPAN_KIND]: SpanKindValues.CHAIN,
    [Attr.SESSION_ID]: DOCTOR_SESSION,
  };
  const tracer = provider.getTracer(TRACER_NAME, VERSION);
  tracer.startSpan('catalyst-tracing doctor', { root: true, attributes }).end();
  const [span] = exporter.getFinishedSpans();
  if (span === undefined) throw new Error('the test span was not recorded');
  return span;
}

/** On the exporter's own way, and on a new connection. Never rejects: a failure is a result. */
async function post(
  { delivery, headers, proxies }: ResolvedOptions,
  endpoint: string,
  contentType: string,
  body: Uint8Array,
  compression: Packing['compression'],
): Promise<Attempt> {
  const options = { ...delivery, headers, proxies, compression };
  const transport = new HttpTransport(new URL(endpoint), options, SILENT);
  // Compressed however short it is, because the traces of sessions will be.
  transport.gzipFromBytes = 0;
  try {
    return await transport.post(body, contentType);
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error();
    return { failure: code ?? message };
  } finally {
    transport.close();
  }
}

function describeDestination(
  { headers, sources, delivery, proxies }: ResolvedOptions,
  endpoint: string,
): Destination {
  const { authorization } = headers;
  const option = ['token', 'headers'].find((name) => sources[name]?.[0] === 'option');
  const source = nameSource(sources['authorization']?.[0], option ?? 'endpoint');
  const url = new URL(displayUrl(endpoint));
  const isSecure = url.protocol === 'https:';
  const facts = {
    endpointFrom: nameSource(sources['endpoint']?.[0], 'endpoint'),
    authorizationFrom: authorization === undefined ? undefined : source,
    scheme: /^(?:bearer|basic)(?=\s)/i.exec(authorization ?? '')?.[0] ?? 'another scheme',
    proxy: resolveProxy(new URL(endpoint), proxies, SILENT)?.host,
    timeoutMillis: delivery.exportTimeoutMillis,
    host: url.host,
    hostname: url.hostname,
    shown: `${url.origin}${url.pathname}`,
    otherScheme: isSecure ? 'http://' : 'https://',
    proxyVariable: isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY',
  };
  return { url, facts, scrub: createScrubber(headers) };
}

function nameSource(source: string | undefined, option: string): string {
  return source === 'option' ? `the option \`${option}\`` : (source ?? 'default');
}

async function checkMetrics(resolved: ResolvedOptions, endpoint: string): Promise<Finding> {
  const url = metricsUrl(endpoint);
  if (url === undefined) return finding('collector.metrics_nowhere');
  const attempt = await post(resolved, url, PROTOBUF_TYPE, new Uint8Array(), 'none');
  if (isAccepted(attempt)) return finding('collector.metrics');
  const reason = 'status' in attempt ? attempt.status : attempt.failure;
  return finding('collector.metrics_refused', { reason });
}

/** Another way of packing that this collector takes, so that the fix is known and not guessed. */
async function findPacking(
  send: (packing: Packing) => Promise<Attempt>,
  { protocol, compression }: Packing,
): Promise<Packing | undefined> {
  const other = protocol === 'http/json' ? 'http/protobuf' : 'http/json';
  for (const way of [
    { protocol, compression: 'none' },
    { protocol: other, compression },
    { protocol: other, compression: 'none' },
  ] as const) {
    const isOther = way.protocol !== protocol || way.compression !== compression;
    if (isOther && isAccepted(await send(way))) return way;
  }
  return undefined;
}

function isAccepted(attempt: Attempt): boolean {
  return 'status' in attempt && attempt.status >= 200 && attempt.status < 300;
}

function explainPacking(status: number, works: Packing, configured: Packing): Finding {
  const keys = (['protocol', 'compression'] as const).filter(
    (key) => works[key] !== configured[key],
  );
  const refused = keys.map((key) => configured[key]).join(' with ');
  const changes = keys.map((key) => `OTEL_EXPORTER_OTLP_${key.toUpperCase()}=${works[key]}`);
  const facts = { status, refused, changes: changes.join(' and '), ...works };
  return finding('collector.packing', facts);
}

/** Remarks on a destination that accepts the trace. */
function remarkOnDestination(
  { url, facts }: Destination,
  { headers }: ResolvedOptions,
): readonly Finding[] {
  const isSafe = url.protocol === 'https:' || LOCAL.test(url.hostname);
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isLate = url.pathname.includes(LANGFUSE_PATH) && !names.includes(LANGFUSE_HEADER);
  const isOpen = !isSafe && facts.authorizationFrom !== undefined;
  return [
    ...(isOpen ? [finding('collector.clear_text', facts)] : []),
    ...(isLate ? [finding('collector.langfuse_late', { header: LANGFUSE_HEADER })] : []),
  ];
}
