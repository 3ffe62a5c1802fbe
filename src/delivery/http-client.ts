import * as http from 'node:http';
import * as https from 'node:https';
import { createTunnelAgent, proxyAddress, proxyHeaders } from './proxy-tunnel.js';

/** Bytes of an answer that are read; what follows is of no use to us. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** A request that got an answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The first 64 KiB. */
  readonly body: Buffer;
}

/** A request that got none. */
export class HttpFailure extends Error {
  /** Node's code, or what stands for it: `ECONNREFUSED`, `timeout`, `aborted`. */
  readonly code: string;
  /** It went over a connection that the server had closed meanwhile: nobody has read it. */
  readonly wasStale: boolean;

  constructor(code: string, cause: unknown, wasStale: boolean) {
    super(code, { cause });
    this.name = 'HttpFailure';
    this.code = code;
    this.wasStale = wasStale;
  }
}

export interface HttpClientOptions {
  readonly url: URL;
  readonly proxy: URL | undefined;
  /** PEM text of the certificate authorities to trust instead of Node's. */
  readonly ca: string | undefined;
  readonly maxSockets: number;
  readonly timeoutMillis: number;
}

/**
 * Posts over keep-alive connections that never keep the process alive: whoever waits for an answer
 * does that. `node:http` rather than `fetch`, which costs five times as much on the main thread and
 * can't let the process go.
 */
export interface HttpClient {
  /** Rejects with {@link HttpFailure} only. Redirects are answers like others: never followed. */
  post(body: Buffer, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): void;
}

function createAgent(options: HttpClientOptions, secure: boolean): http.Agent {
  const { url, proxy, ca, maxSockets, timeoutMillis } = options;
  const settings = { keepAlive: true, maxSockets, scheduling: 'lifo' as const };
  if (!secure) return new http.Agent(settings);
  if (url.protocol === 'https:' && proxy !== undefined) {
    return createTunnelAgent({ proxy, ca, timeoutMillis }, settings);
  }
  return new https.Agent(ca === undefined ? settings : { ...settings, ca });
}

/** Where requests go, and the fixed headers that the way needs. */
export interface HttpTarget {
  readonly secure: boolean;
  readonly host: string;
  readonly port: string | number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Route = Pick<HttpClientOptions, 'url' | 'proxy'>;

/** Who is really connected to, and how: a plain target behind a proxy is asked of it by its whole URL. */
export function resolveTarget({ url, proxy }: Route): HttpTarget {
  const path = `${url.pathname}${url.search}`;
  const secure = url.protocol === 'https:';
  if (secure || proxy === undefined) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    return { secure, host, port: url.port, path, headers: {} };
  }
  return {
    secure: proxy.protocol === 'https:',
    ...proxyAddress(proxy),
    path: `${url.origin}${path}`,
    headers: { host: url.host, ...proxyHeaders(proxy) },
  };
}

function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code ?? error.message;
}

function readAnswer(response: http.IncomingMessage, done: (answer: HttpAnswer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void =>
    done({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES),
    });
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < MAX_RESPONSE_BYTES) return;
    finish();
    response.destroy();
  });
  response.once('end', finish);
}

/** A client for one URL. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { secure, ...target } = resolveTarget(options);
  const agent = createAgent(options, secure);
  const request = secure ? https.request : http.request;
  return {
    post(body, headers, signal) {
      return new Promise((resolve, reject) => {
        const outgoing = request({
          ...target,
          agent,
          method: 'POST',
          headers: { ...target.headers, ...headers, 'content-length': body.length },
        });
        const timer = setTimeout(() => {
          outgoing.destroy(new Error('timeout'));
        }, options.timeoutMillis).unref();
        const abort = (): void => {
          outgoing.destroy(new Error('aborted'));
        };
        const settle = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
        };
        const fail = (error: unknown): void => {
          settle();
          const code = failureCode(error);
          const wasStale = outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
          reject(new HttpFailure(code, error, wasStale));
        };
        signal.addEventListener('abort', abort);
        outgoing.once('socket', (socket) => socket.unref());
        // Errors may come in twos, and an error that nobody hears ends the process: `on`, not `once`.
        outgoing.on('error', fail);
        outgoing.once('response', (response) => {
          response.on('error', fail);
          response.once('close', () => fail(new Error('closed')));
          readAnswer(response, (answer) => {
            settle();
            resolve(answer);
            // Answered before it was sent, as a 413 is: the rest is not wanted.
            if (!outgoing.writableFinished) outgoing.destroy();
          });
        });
        outgoing.end(body);
        if (signal.aborted) abort();
      });
    },
    close() {
      agent.destroy();
    },
  };
}
