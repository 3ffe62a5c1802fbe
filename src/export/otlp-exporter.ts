import { isIP } from 'node:net';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ExportResult } from '@opentelemetry/core';
import type { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { DIAGNOSTICS, type Diagnostics } from '../diagnostics.js';
import type { CertificateAuthority } from '../options/option-table.js';
import type { ProxySettings } from '../options/endpoint.js';
import { TRACER_NAME, VERSION } from '../version.js';
import {
  classifyError,
  classifyStatus,
  type ExportOutcome,
  type OtlpExportResult,
} from './export-outcome.js';
import { hostOf, HttpTransport, type HttpResponse } from './http-transport.js';
import { createAgent, readCertificates, resolveProxy } from './http-agent.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { resolveRequestHeaders } from './request-headers.js';
import { parseRetryAfter } from './retry-schedule.js';
import { withJsonNumbers } from './json-numbers.js';
import { serializeSpans } from './serialize-spans.js';

export interface OtlpExporterOptions {
  /** Where spans are POSTed to. User info in it is not sent: that is what `headers` are for. */
  readonly url: string;
  /** Sent with every request. Their values are secrets: they never appear in what is said. */
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly compression: 'gzip' | 'none';
  readonly exportTimeoutMillis: number;
  readonly ca: CertificateAuthority | undefined;
  readonly proxies?: ProxySettings | undefined;
}

/** One large batch must not make every later one take as much memory. */
const MAX_EXPECTED_BYTES = 1024 * 1024;
/** `{}`, or an empty `partial_success`, which Go collectors send with every answer: nothing is said. */
const EMPTY_RESPONSE_BYTES = 2;

/** Tag bytes: `ExportTraceServiceResponse.partial_success`, `Status.code`. */
const PARTIAL_SUCCESS_TAG = 0x0a;
const STATUS_CODE_TAG = 0x08;

type OtlpContentType = 'application/x-protobuf' | 'application/json';

const WEB_PAGE =
  'The endpoint answers spans with a web page: this is no collector, but a web site or the login page of a proxy. Spans that are sent there are lost. Check the endpoint.';

/** What another thread needs to make requests while this one exits. */
export interface ExitTarget {
  readonly url: string;
  readonly proxy: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly ca: string | undefined;
}

/**
 * An exporter whose requests can be written to disk and sent by another process: what the spool and
 * the last requests of a process need beyond `SpanExporter`.
 */
export interface RequestExporter extends SpanExporter {
  readonly contentType: OtlpContentType;
  /** Whether the collector is on this machine: when it refuses a connection, nobody is there. */
  readonly isLoopback: boolean;
  /** `undefined` where a tunnel is needed, which another thread cannot dig. */
  readonly exitTarget: ExitTarget | undefined;
  onRequest: ((bodyBytes: number) => void) | undefined;
  /** Set while spans come faster than they are zipped. */
  skipsCompression: boolean;
  /** Resolves when `serialize` can be called: it is what the end of the process has to call. */
  readonly ready: Promise<void>;
  serialize(spans: readonly ReadableSpan[]): Uint8Array;
  /** Sends a body that was serialized before, perhaps by another process. Never rejects. */
  send(body: Uint8Array, contentType: string): Promise<ExportOutcome>;
}

export function isRequestExporter(exporter: SpanExporter): exporter is RequestExporter {
  return 'serialize' in exporter && 'send' in exporter;
}

/** OTLP over HTTP, in protobuf or JSON. One request for each `export()`; retrying is the caller's. */
export class OtlpExporter implements RequestExporter {
  readonly contentType: OtlpContentType;
  readonly isLoopback: boolean;
  readonly exitTarget: ExitTarget | undefined;
  readonly ready: Promise<void>;
  readonly #diagnostics: Diagnostics;
  readonly #transport: HttpTransport;
  /** The stock serializers: of OTLP/JSON, and of what collectors answer. Loaded when needed. */
  #stock: typeof JsonTraceSerializer | undefined;
  #expectedBytes = 32 * 1024;

  constructor(options: OtlpExporterOptions, diagnostics: Diagnostics = DIAGNOSTICS) {
    this.#diagnostics = diagnostics;
    const url = new URL(options.url);
    const isJson = options.protocol === 'http/json';
    this.contentType = isJson ? 'application/json' : 'application/x-protobuf';
    this.isLoopback = isLoopback(hostOf(url));
    const headers = {
      // OTLP asks exporters to say who they are (protocol/exporter.md, "User Agent").
      'user-agent': `${TRACER_NAME}/${VERSION}`,
      ...resolveRequestHeaders(options.headers, diagnostics),
    };
    const proxy = resolveProxy(url, options.proxies, diagnostics);
    const ca = readCertificates(options.ca, diagnostics);
    const { compression, exportTimeoutMillis: timeoutMillis } = options;
    const agent = createAgent({ url, proxy, ca, timeoutMillis });
    this.#transport = new HttpTransport({ url, headers, compression, timeoutMillis, agent, proxy });
    const isTunnelled = proxy !== undefined && url.protocol === 'https:';
    this.exitTarget = isTunnelled
      ? undefined
      : { url: url.href, proxy: proxy?.href, headers, compression, ca };
    this.ready = isJson ? this.#loadStock() : Promise.resolve();
  }

  set onRequest(listener: ((bodyBytes: number) => void) | undefined) {
    this.#transport.onRequest = listener;
  }

  get onRequest(): ((bodyBytes: number) => void) | undefined {
    return this.#transport.onRequest;
  }

  get skipsCompression(): boolean {
    return this.#transport.skipsCompression;
  }

  set skipsCompression(skips: boolean) {
    this.#transport.skipsCompression = skips;
  }

  export(spans: ReadableSpan[], callback: (result: ExportResult) => void): void {
    void this.#exportTo(spans, callback);
  }

  async #exportTo(
    spans: readonly ReadableSpan[],
    callback: (result: ExportResult) => void,
  ): Promise<void> {
    callback(await this.#export(spans));
  }

  /** Throws in JSON before the serializer is loaded, which takes the first moments of a process. */
  serialize(spans: readonly ReadableSpan[]): Uint8Array {
    if (this.contentType === 'application/x-protobuf') {
      // The next batch is about as long: a buffer that fits from the start is never copied.
      const body = serializeSpans(spans, Math.min(this.#expectedBytes, MAX_EXPECTED_BYTES));
      this.#expectedBytes = Math.ceil(body.length * 1.125);
      return body;
    }
    const body = this.#stock?.serializeRequest(spans.map(withJsonNumbers));
    if (body === undefined) throw new Error('the JSON serializer is not loaded yet');
    return body;
  }

  async send(body: Uint8Array, contentType: string): Promise<ExportOutcome> {
    try {
      const response = await this.#transport.post(body, { 'content-type': contentType });
      return await this.#read(response);
    } catch (error) {
      return classifyError(error);
    }
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends the connections. Requests in flight fail. */
  shutdown(): Promise<void> {
    this.#transport.close();
    return Promise.resolve();
  }

  async #export(spans: readonly ReadableSpan[]): Promise<OtlpExportResult> {
    try {
      if (this.contentType === 'application/json') await this.#loadStock();
      const body = this.serialize(spans);
      const response = await this.#transport.post(body, { 'content-type': this.contentType });
      return asResult(await this.#read(response));
    } catch (error) {
      return { code: 1, error: asError(error) };
    }
  }

  async #read({ status, headers, body }: HttpResponse): Promise<ExportOutcome> {
    const contentType = headers['content-type'] ?? '';
    if (status < 200 || status >= 300) {
      const { location } = headers;
      const isRedirect = status >= 300 && status < 400 && location !== undefined;
      const message = isRedirect
        ? `a redirect to ${withoutQuery(location)}`
        : await messageOf(body, contentType);
      return classifyStatus(status, message, parseRetryAfter(headers['retry-after']));
    }
    if (contentType.startsWith('text/html'))
      this.#diagnostics.warnOnce('delivery_web_page', WEB_PAGE);
    else if (body.length > EMPTY_RESPONSE_BYTES) return readPartialSuccess(body, contentType);
    return { kind: 'accepted', rejected: 0, message: '' };
  }

  async #loadStock(): Promise<void> {
    this.#stock ??= (await import('@opentelemetry/otlp-transformer')).JsonTraceSerializer;
  }
}

/** A body that cannot be read means that everything was taken. Loads the stock serializers. */
async function readPartialSuccess(body: Uint8Array, contentType: string): Promise<ExportOutcome> {
  const stock = await import('@opentelemetry/otlp-transformer');
  const serializer = contentType.includes('protobuf')
    ? stock.ProtobufTraceSerializer
    : stock.JsonTraceSerializer;
  try {
    const partial = serializer.deserializeResponse(body)?.partialSuccess;
    // In JSON a 64-bit integer is text.
    const reported: unknown = partial?.rejectedSpans;
    const rejected = Number(reported ?? 0);
    return {
      kind: 'accepted',
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      message: typeof partial?.errorMessage === 'string' ? partial.errorMessage : '',
    };
  } catch {
    return { kind: 'accepted', rejected: 0, message: '' };
  }
}

/**
 * The message of a `google.rpc.Status`, which is how OTLP explains a refusal in protobuf. Its code
 * and message have the numbers and wire types of a partial success's `rejected_spans` and
 * `error_message`, so the stock reader reads it once it stands where that would.
 */
async function readStatusMessage(body: Uint8Array): Promise<string> {
  const writer = new ProtobufWriter(body.length + 8);
  writer.bytesField(PARTIAL_SUCCESS_TAG, body);
  const outcome = await readPartialSuccess(writer.finish(), 'application/x-protobuf');
  return outcome.kind === 'accepted' ? outcome.message : '';
}

/** Never by `instanceof`: an error of Node is of another realm under jest or `node:vm`. */
function asError(error: unknown): Error {
  return isError(error) ? error : new Error(String(error));
}

function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'message' in value && 'name' in value;
}

function asResult(outcome: ExportOutcome): OtlpExportResult {
  switch (outcome.kind) {
    case 'accepted':
      return { code: 0, rejectedSpans: outcome.rejected, message: outcome.message };
    case 'too_large':
      return failure(413, '', undefined);
    case 'refused':
      return failure(outcome.status, outcome.message, undefined);
    case 'retry': {
      const status = /^status (\d+)$/.exec(outcome.reason)?.[1];
      return failure(status === undefined ? 503 : Number(status), '', outcome.retryAfterMillis);
    }
    default:
      return { code: 1, error: new Error('export failed', { cause: outcome.error }) };
  }
}

/** An error as the stock exporters have it (`OTLPExporterError`), with what the collector asked for. */
function failure(
  code: number,
  data: string,
  retryAfterMillis: number | undefined,
): OtlpExportResult {
  return {
    code: 1,
    error: Object.assign(new Error(`status ${code}`), { code, data, retryAfterMillis }),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Where a redirect points, without what may be a secret in it. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

/** What the collector says: the message of a status, or the text of the body. */
async function messageOf(body: Buffer, contentType: string): Promise<string> {
  // Collectors of old send a protobuf status without saying so.
  const isProtobuf = contentType.includes('protobuf') || body[0] === STATUS_CODE_TAG;
  return isProtobuf && body.length > 0 ? readStatusMessage(body) : textOf(body, contentType);
}

function textOf(body: Buffer, contentType: string): string {
  const text = body.toString('utf8').trim();
  if (contentType.startsWith('text/html')) return 'a web page';
  if (!text.startsWith('{')) return text;
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== 'object' || json === null) return text;
    const message = 'message' in json ? json.message : 'error' in json ? json.error : undefined;
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
