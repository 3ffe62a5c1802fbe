import * as http from 'node:http';
import * as https from 'node:https';
import { gzip } from 'node:zlib';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { proxyAddress, proxyHeaders } from './proxy.js';

/** Below this, the thread pool's round trip costs the main thread more than the bytes are worth. */
const GZIP_FROM_BYTES = 8 * 1024;
/**
 * On bodies of spans, level 1 takes a third of the CPU of zlib's default, for a fifth more bytes
 * (200 turns: 221 against 41 MB/s).
 */
const GZIP_LEVEL = 1;
/** What a collector says is short; the rest of a longer answer is not kept. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** A response, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** Bytes of the request's body as sent. */
  readonly sentBytes: number;
}

export interface HttpTransportOptions {
  readonly url: URL;
  /** By lower-case name; every value is fit for HTTP. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly timeoutMillis: number;
  readonly agent: http.Agent;
  /** The proxy that is asked for an `http:` URL; one for `https:` is the agent's business. */
  readonly proxy: URL | undefined;
}

/**
 * Posts to one URL over Node's own HTTP with a keep-alive agent. Requests do not keep the process
 * alive: whoever waits for a flush does. Instrumentations of HTTP do not trace them.
 */
export class HttpTransport {
  readonly #options: HttpTransportOptions;
  readonly #request: http.RequestOptions;
  readonly #headers: Readonly<Record<string, string>>;
  /** Told of every request that is made, with the bytes of its body. */
  onRequest: ((bodyBytes: number) => void) | undefined;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#request = requestOptions(options);
    this.#headers = requestHeaders(options);
  }

  /** Rejects with Node's error when there is no response. Redirects are responses like others. */
  async post(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
    const packed = await compress(body, this.#options.compression);
    const all = { ...headers, ...packed.headers, 'content-length': packed.body.length };
    try {
      return await this.#send(packed.body, all);
    } catch (error) {
      // A connection kept alive that the server closed just now: another one, without a pause.
      if (error instanceof StaleConnection) return this.#send(packed.body, all);
      throw error;
    }
  }

  /** Ends every connection. */
  close(): void {
    this.#options.agent.destroy();
  }

  #send(body: Uint8Array, headers: http.OutgoingHttpHeaders): Promise<HttpResponse> {
    this.onRequest?.(body.length);
    return new Promise((resolve, reject) => {
      const { url, proxy } = this.#options;
      const isSecure = (url.protocol === 'https:' ? url : (proxy ?? url)).protocol === 'https:';
      const client = isSecure ? https : http;
      const options = { ...this.#request, headers: { ...this.#headers, ...headers } };
      const request = context.with(suppressTracing(context.active()), () =>
        client.request(options),
      );
      const { timeoutMillis } = this.#options;
      const timer = setTimeout(() => request.destroy(timeoutError()), timeoutMillis);
      timer.unref();
      request.on('socket', (socket) => socket.unref());
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(request.reusedSocket && isReset(error) ? new StaleConnection() : error);
      });
      request.on('response', (response) => {
        const finish = (received: Buffer): void => {
          clearTimeout(timer);
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: received, sentBytes: body.length });
        };
        readBody(response, finish);
      });
      request.end(body);
    });
  }
}

/** A request on a connection that the server had closed meanwhile: nobody has read it. */
class StaleConnection extends Error {}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function timeoutError(): Error {
  return Object.assign(new Error('timeout'), { code: 'timeout' });
}

/** The status has come, so a body that breaks off is read as far as it goes. */
function readBody(response: http.IncomingMessage, finish: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    if (bytes < MAX_RESPONSE_BYTES) chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) response.destroy();
  });
  response.on('error', () => undefined);
  response.on('close', () => finish(Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES)));
}

function requestOptions({ url, agent, proxy }: HttpTransportOptions): http.RequestOptions {
  const path = `${url.pathname}${url.search}`;
  const base = { method: 'POST', agent };
  if (proxy === undefined || url.protocol === 'https:') {
    return { ...base, hostname: hostOf(url), port: url.port, path };
  }
  // A proxy is asked for the whole URL.
  return { ...base, ...proxyAddress(proxy), path: `${url.origin}${path}` };
}

function requestHeaders(options: HttpTransportOptions): Readonly<Record<string, string>> {
  const { url, headers, proxy } = options;
  const isAskedOfProxy = proxy !== undefined && url.protocol !== 'https:';
  return { ...headers, host: url.host, ...(isAskedOfProxy && proxyHeaders(proxy)) };
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

interface PackedBody {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Compresses off the main thread where that pays. */
function compress(body: Uint8Array, compression: 'gzip' | 'none'): Promise<PackedBody> {
  const plain: PackedBody = { body, headers: {} };
  if (compression === 'none' || body.length < GZIP_FROM_BYTES) return Promise.resolve(plain);
  return new Promise((resolve) => {
    gzip(body, { level: GZIP_LEVEL }, (error, zipped) => {
      // Only memory can be short here, and the plain body needs no more of it.
      resolve(error ? plain : { body: zipped, headers: { 'content-encoding': 'gzip' } });
    });
  });
}
