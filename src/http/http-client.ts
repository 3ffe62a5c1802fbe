import type { HttpAnswer } from './answer-reader.js';
import type { Cancellation } from './cancellation.js';
import { ConnectionPool } from './connection-pool.js';
import type { HttpBody } from './http-body.js';
import { HttpRequest } from './http-request.js';
import { resolveTarget, type HttpRoute } from './http-target.js';

export interface HttpClientOptions extends HttpRoute {
  /** PEM text of the certificate authorities to trust instead of Node's. */
  readonly ca: string | undefined;
  readonly timeoutMillis: number;
}

/** Headers by name. That none of them breaks the line is the caller's to see to. */
export type RequestHeaders = Readonly<Record<string, string>>;

/**
 * Posts to one URL over keep-alive connections that never keep the process alive: whoever waits for
 * an answer does that.
 *
 * On sockets of its own: on the main thread `node:http` costs three times as much for each request
 * and `fetch` fifteen times, and instrumentations of either would trace the export of traces.
 */
export interface HttpClient {
  /** Rejects with `HttpFailure` only. Redirects are answers like others: never followed. */
  post(body: HttpBody, headers: RequestHeaders, cancellation: Cancellation): Promise<HttpAnswer>;
  /** Ends the connections; one with a request under way when that is over. */
  close(): void;
}

/** A client for one URL. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { url, proxy, ca, timeoutMillis } = options;
  const target = resolveTarget(options);
  const tunnel = url.protocol === 'https:' ? proxy : undefined;
  const pool = new ConnectionPool({ target, tunnel, ca, timeoutMillis });
  const begin = `POST ${target.path} HTTP/1.1\r\nconnection: keep-alive\r\n${lines(target.headers)}`;
  return {
    post(body, headers, cancellation) {
      const head = `${begin}${lines(headers)}content-length: ${body.bytes}\r\n\r\n`;
      return new Promise((resolve, reject) => {
        const request = new HttpRequest(head, body, { resolve, reject });
        request.start(pool, timeoutMillis, cancellation);
      });
    },
    close: () => pool.close(),
  };
}

function lines(headers: RequestHeaders): string {
  let text = '';
  for (const name in headers) text += `${name}: ${headers[name] ?? ''}\r\n`;
  return text;
}
