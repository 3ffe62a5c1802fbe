import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { decodeMetricsRequest, type DecodedPoint } from './otlp-decode-metrics.js';
import { decodeTraceRequest, type DecodedSpan } from './otlp-decode.js';

/** A request as it arrived, whatever it was answered. */
export interface ReceivedRequest {
  /** 0 for the first request of this receiver. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Bytes of the body as sent, before decompression. */
  readonly wireBytes: number;
  /** The body after decompression. */
  readonly body: Uint8Array;
  /** Empty when the body is no trace request. */
  readonly spans: readonly DecodedSpan[];
  /** Empty when the body is no metrics request. */
  readonly metrics: readonly DecodedPoint[];
  readonly receivedAtMillis: number;
}

/** What to answer; without a field: at once, 200, an empty body. */
export interface ReceiverResponse {
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly delayMillis?: number;
  /** Never answer, keep the connection. */
  readonly hang?: boolean;
  /** Destroy the connection instead of answering. */
  readonly reset?: boolean;
}

export interface ReceiverOptions {
  /** Misbehave: called with each whole request. The spans count as received when the status is 2xx. */
  readonly respond?: (
    request: ReceivedRequest,
  ) => ReceiverResponse | undefined | Promise<ReceiverResponse | undefined>;
  /** True resets the connection in the middle of the body of the n-th request. */
  readonly resetMidBody?: (index: number) => boolean;
  /** Key and certificate make it an HTTPS server. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, a free port. */
  readonly port?: number;
}

/** A collector: a real server that decodes what it gets and can be told to misbehave. */
export interface Receiver {
  /** `http://127.0.0.1:port`, to be given as the endpoint. */
  readonly endpoint: string;
  /** `endpoint` with `/v1/traces`. */
  readonly url: string;
  readonly port: number;
  /** Spans of the requests that were answered with 2xx, in order of arrival. */
  spans(): DecodedSpan[];
  requests(): ReceivedRequest[];
  /** Connections opened so far: one for many requests when the client keeps them alive. */
  connections(): number;
  /** Spans once there are n; on a timeout (default 20 s) the error lists the names seen. */
  waitForSpans(n: number, timeoutMillis?: number): Promise<DecodedSpan[]>;
  waitForRequests(n: number, timeoutMillis?: number): Promise<ReceivedRequest[]>;
  /** Changes what requests are answered from now on. */
  respond(hook: ReceiverOptions['respond']): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

async function readBody(request: http.IncomingMessage, resetMidBody: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    if (resetMidBody) {
      request.socket.resetAndDestroy();
      throw new Error('reset on purpose');
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Starts a receiver on the loopback. Whatever cannot be decoded is answered with 400 and recorded without spans. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const accepted: DecodedSpan[] = [];
  const watchers = new Set<() => void>();
  let hook = options.respond;
  let index = 0;
  let connections = 0;

  async function handle(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
  ): Promise<void> {
    const own = index++;
    const wire = await readBody(incoming, options.resetMidBody?.(own) === true);
    let body: Uint8Array = wire;
    let spans: DecodedSpan[] = [];
    let metrics: DecodedPoint[] = [];
    let fault: string | undefined;
    try {
      if (incoming.headers['content-encoding'] === 'gzip') body = gunzipSync(wire);
      const type = incoming.headers['content-type'] ?? 'none';
      if (/\/v1\/metrics(\?|$)/.test(incoming.url ?? ''))
        metrics = decodeMetricsRequest(body, type);
      else spans = decodeTraceRequest(body, type);
    } catch (error) {
      fault = String(error);
    }
    const request: ReceivedRequest = {
      index: own,
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      wireBytes: wire.length,
      body,
      spans,
      metrics,
      receivedAtMillis: Date.now(),
    };
    requests.push(request);
    const told = (await hook?.(request)) ?? {};
    const response = fault === undefined ? told : { status: 400, body: fault, ...told };
    if (response.delayMillis !== undefined) await sleep(response.delayMillis);
    if (response.hang === true) {
      for (const watch of watchers) watch();
      return;
    }
    if (response.reset === true) {
      incoming.socket.resetAndDestroy();
    } else {
      const status = response.status ?? 200;
      if (status >= 200 && status < 300) accepted.push(...spans);
      outgoing.writeHead(status, {
        'content-type': incoming.headers['content-type'] ?? 'text/plain',
        ...response.headers,
      });
      outgoing.end(response.body ?? '');
    }
    for (const watch of watchers) watch();
  }

  const listener: http.RequestListener = (incoming, outgoing) => {
    // The only errors are those of a connection that is gone, on purpose or not.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server =
    options.tls === undefined
      ? http.createServer(listener)
      : https.createServer(options.tls, listener);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', () => connections++);
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const endpoint = `${options.tls === undefined ? 'http' : 'https'}://${host}:${address.port}`;

  function waitFor<T>(
    done: () => T | undefined,
    complain: () => string,
    timeoutMillis: number,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(check);
        reject(new Error(complain()));
      }, timeoutMillis);
      function check(): void {
        const result = done();
        if (result === undefined) return;
        clearTimeout(timer);
        watchers.delete(check);
        resolve(result);
      }
      watchers.add(check);
      check();
    });
  }

  const names = (): string => JSON.stringify(accepted.map((span) => span.name).slice(0, 200));
  return {
    endpoint,
    url: `${endpoint}/v1/traces`,
    port: address.port,
    spans: () => [...accepted],
    requests: () => [...requests],
    connections: () => connections,
    waitForSpans: (n, timeoutMillis = 20_000) =>
      waitFor(
        () => (accepted.length >= n ? [...accepted] : undefined),
        () => `waited for ${n} spans, ${accepted.length} came: ${names()}`,
        timeoutMillis,
      ),
    waitForRequests: (n, timeoutMillis = 20_000) =>
      waitFor(
        () => (requests.length >= n ? [...requests] : undefined),
        () => `waited for ${n} requests, ${requests.length} came; spans: ${names()}`,
        timeoutMillis,
      ),
    respond: (next) => {
      hook = next;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
