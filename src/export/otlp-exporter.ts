import { isIP } from 'node:net';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { DIAGNOSTICS, type Diagnostics } from '../diagnostics.js';
import {
  ACCEPTED,
  classifyError,
  type ExportOutcome,
  type OtlpExportResult,
} from './export-outcome.js';
import { hostOf } from './http-agent.js';
import { HttpTransport, type TransportOptions } from './http-transport.js';
import { SpanMemory } from './encoded-span.js';
import { encodeSpan, serializeSpans } from './serialize-spans.js';

export interface OtlpExporterOptions extends TransportOptions {
  /** Where spans are POSTed to. User info in it is not sent: that is what `headers` are for. */
  readonly url: string;
  readonly protocol: 'http/protobuf' | 'http/json';
}

/** `{}`, or an empty `partial_success`, which Go collectors send with every answer: nothing is said. */
const EMPTY_RESPONSE_BYTES = 2;

type OtlpContentType = 'application/x-protobuf' | 'application/json';

const WEB_PAGE =
  'The endpoint answers spans with a web page: this is no collector, but a web site or the login page of a proxy. Spans that are sent there are lost. Check the endpoint.';

/**
 * OTLP over HTTP, in protobuf or JSON. One request for each `export()`; retrying is the caller's. Its
 * requests can be written to disk and sent by another process: what the spool and the last requests
 * of a process need beyond `SpanExporter`.
 */
export class OtlpExporter implements SpanExporter {
  readonly contentType: OtlpContentType;
  /** Whether the collector is on this machine: when it refuses a connection, nobody is there. */
  readonly isLoopback: boolean;
  readonly transport: HttpTransport;
  /** Resolves when `serialize` can be called: it is what the end of the process has to call. */
  readonly ready: Promise<void>;
  readonly #diagnostics: Diagnostics;
  readonly #memory = new SpanMemory();
  #serializeJson: ((spans: readonly ReadableSpan[]) => Uint8Array) | undefined;

  constructor(options: OtlpExporterOptions, diagnostics: Diagnostics = DIAGNOSTICS) {
    this.#diagnostics = diagnostics;
    const url = new URL(options.url);
    const isJson = options.protocol === 'http/json';
    this.contentType = isJson ? 'application/json' : 'application/x-protobuf';
    this.isLoopback = isLoopback(hostOf(url));
    this.transport = new HttpTransport(url, options, diagnostics);
    this.ready = isJson ? this.#loadJson() : Promise.resolve();
  }

  export(spans: ReadableSpan[], callback: (result: OtlpExportResult) => void): void {
    void this.#exportTo(spans, callback);
  }

  /** The span in the form in which it takes the least memory until it is serialized. */
  encode(span: ReadableSpan): ReadableSpan {
    return this.contentType === 'application/json' ? span : encodeSpan(span, this.#memory);
  }

  /** Throws in JSON before the serializer is loaded, which takes the first moments of a process. */
  serialize(spans: readonly ReadableSpan[]): Uint8Array {
    if (this.contentType === 'application/json') {
      if (this.#serializeJson === undefined) throw new Error('the serializer is not loaded yet');
      return this.#serializeJson(spans);
    }
    return serializeSpans(spans);
  }

  /** Sends a body that was serialized before, perhaps by another process. Never rejects. */
  async send(body: Uint8Array, contentType: string): Promise<ExportOutcome> {
    try {
      const response = await this.transport.post(body, contentType);
      const { status, headers } = response;
      const type = headers['content-type'] ?? '';
      const isTaken = status >= 200 && status < 300;
      if (isTaken && type.startsWith('text/html')) {
        this.#diagnostics.warnOnce('delivery_web_page', WEB_PAGE);
        return ACCEPTED;
      }
      if (isTaken && response.body.length <= EMPTY_RESPONSE_BYTES) return ACCEPTED;
      const { readPartialSuccess, readRefusal } = await import('./otlp-response.js');
      return isTaken ? readPartialSuccess(response.body, type) : readRefusal(response);
    } catch (error) {
      return classifyError(error);
    }
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends the connections. Requests in flight fail. */
  shutdown(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }

  async #exportTo(
    spans: readonly ReadableSpan[],
    callback: (result: OtlpExportResult) => void,
  ): Promise<void> {
    let outcome: ExportOutcome;
    try {
      // In every protocol: a `process.exit()` right after an unawaited flush then sends once.
      await this.ready;
      outcome = await this.send(this.serialize(spans), this.contentType);
      if (outcome.kind === 'accepted') this.#memory.release(spans);
    } catch (error) {
      outcome = classifyError(error);
    }
    callback({ code: outcome.kind === 'accepted' ? 0 : 1, outcome });
  }

  async #loadJson(): Promise<void> {
    this.#serializeJson = (await import('./otlp-json.js')).serializeJson;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
