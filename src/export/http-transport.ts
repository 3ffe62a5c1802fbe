import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { gzip } from 'node:zlib';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { Diagnostics } from '../diagnostics.js';
import type { ProxySettings } from '../options/endpoint.js';
import type { CertificateAuthority } from '../options/option-table.js';
import { TRACER_NAME, VERSION } from '../version.js';
import {
  createAgent,
  hostOf,
  proxyAddress,
  proxyHeaders,
  readCertificates,
  resolveProxy,
} from './http-agent.js';

/** Below this, the thread pool's round trip costs the main thread more than the bytes are worth. */
export const GZIP_FROM_BYTES: number = 8 * 1024;
/**
 * Of the levels the one with the least CPU for its size: the 495 KiB of a recorded session of 40
 * turns take 0.8 ms and 33 KiB at level 1, 1.3 ms and 23 KiB at 4, 1.9 ms and 17 KiB at zlib's
 * default (Node 20.20).
 */
const GZIP_LEVEL = 1;
/** What a collector says is short; the rest of a longer answer is not kept. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Instrumentations of HTTP do not trace what is sent in it. */
const SUPPRESSED = suppressTracing(ROOT_CONTEXT);

/** A response, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How one URL is asked, directly or through a proxy: plain data, that another thread can have. */
export interface HttpTarget {
  readonly isSecure: boolean;
  readonly options: {
    readonly method: 'POST';
    readonly host: string;
    readonly port: string | number;
    readonly path: string;
    readonly ca: string | undefined;
  };
  readonly headers: Readonly<Record<string, string>>;
}

export interface TransportOptions {
  /** By lower-case name, and fit for HTTP. Their values are secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly exportTimeoutMillis: number;
  readonly ca: CertificateAuthority | undefined;
  readonly proxies?: ProxySettings | undefined;
}

/**
 * Posts to one target over Node's own HTTP with a keep-alive agent. Requests do not keep the process
 * alive: whoever waits for a flush does.
 */
export class HttpTransport {
  /** Shorter bodies are sent as they are. */
  gzipFromBytes: number = GZIP_FROM_BYTES;
  /** Called with the bytes of the body of every request that is made. */
  onRequest: ((bodyBytes: number) => void) | undefined;
  readonly target: HttpTarget;
  readonly isZipped: boolean;
  /** Through a proxy to an `https:` URL. */
  readonly isTunnelled: boolean;
  readonly #agent: Agent;
  readonly #timeoutMillis: number;
  #isClosed = false;

  constructor(url: URL, options: TransportOptions, diagnostics: Diagnostics) {
    const proxy = resolveProxy(url, options.proxies, diagnostics);
    const ca = readCertificates(options.ca, diagnostics);
    this.isZipped = options.compression === 'gzip';
    this.#timeoutMillis = options.exportTimeoutMillis;
    this.#agent = createAgent({ url, proxy, ca, timeoutMillis: this.#timeoutMillis });
    this.isTunnelled = proxy !== undefined && url.protocol === 'https:';
    // A proxy is asked for the whole URL of an `http:` collector; a tunnel is the agent's business.
    const asked = this.isTunnelled ? undefined : proxy;
    const path = `${url.pathname}${url.search}`;
    this.target = {
      isSecure: (asked ?? url).protocol === 'https:',
      options: {
        method: 'POST',
        ...(asked ? proxyAddress(asked) : { host: hostOf(url), port: url.port }),
        path: asked ? url.origin + path : path,
        ca,
      },
      headers: {
        // OTLP asks exporters to say who they are (protocol/exporter.md, "User Agent").
        'user-agent': `${TRACER_NAME}/${VERSION}`,
        ...options.headers,
        host: url.host,
        ...(asked && proxyHeaders(asked)),
      },
    };
  }

  /** Rejects with Node's error when there is no response. Redirects are responses like others. */
  post(body: Uint8Array, contentType: string): Promise<HttpResponse> {
    const headers = { ...this.target.headers, 'content-type': contentType };
    if (!this.isZipped || body.length < this.gzipFromBytes) {
      return this.#send(body, headers);
    }
    return new Promise((resolve) => {
      // Off the main thread.
      gzip(body, { level: GZIP_LEVEL }, (error, zipped) => {
        // Only memory can be short here, and the plain body needs no more of it.
        if (error) resolve(this.#send(body, headers));
        else resolve(this.#send(zipped, { ...headers, 'content-encoding': 'gzip' }));
      });
    });
  }

  /** Ends every connection, and makes no request any more: also not of a body that is being zipped. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #send(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
    if (this.#isClosed) return Promise.reject(codedError('closed'));
    this.onRequest?.(body.length);
    return new Promise((resolve, reject) => {
      const { isSecure, options } = this.target;
      const request = context.with(SUPPRESSED, () =>
        (isSecure ? https : http).request({
          ...options,
          agent: this.#agent,
          headers: { ...headers, 'content-length': body.length },
        }),
      );
      const timer = setTimeout(() => request.destroy(codedError('timeout')), this.#timeoutMillis);
      timer.unref();
      let hasResponse = false;
      request.on('socket', (socket) => socket.unref());
      request.on('error', (error) => {
        // A connection kept alive that the server closed just now: nobody has read the request, and
        // another one is made without a pause.
        if (request.reusedSocket && isReset(error)) resolve(this.#send(body, headers));
        else reject(error);
      });
      // Node ends some requests with neither a response nor an error: one that is answered with 101.
      request.on('close', () => {
        clearTimeout(timer);
        if (!hasResponse) reject(codedError('no response'));
      });
      request.on('response', (response) => {
        hasResponse = true;
        readBody(response, resolve);
      });
      request.end(body);
    });
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** An error in the form of Node's own, for what Node has no code for. */
function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The status has come, so a body that breaks off is read as far as it goes. */
function readBody(response: IncomingMessage, done: (response: HttpResponse) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    if (bytes < MAX_RESPONSE_BYTES) chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) response.destroy();
  });
  response.on('error', () => undefined);
  response.on('close', () => {
    const { statusCode: status = 0, headers } = response;
    done({ status, headers, body: Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES) });
  });
}
