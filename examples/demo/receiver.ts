import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { decodeProtobufRequest } from './otlp-decode-protobuf.js';
import type { DecodedSpan } from './otlp-span.js';

/** A collector in miniature: OTLP over HTTP, protobuf, plain or gzip. */
export interface DemoReceiver {
  /** To be given to `setup()` as the endpoint. */
  readonly endpoint: string;
  readonly spans: readonly DecodedSpan[];
  /** Requests and bytes on the wire so far. */
  readonly traffic: { readonly requests: number; readonly bytes: number };
  close(): Promise<void>;
}

/** Starts a receiver on a free port of the loopback. */
export async function startDemoReceiver(): Promise<DemoReceiver> {
  const spans: DecodedSpan[] = [];
  const traffic = { requests: 0, bytes: 0 };

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const wire = Buffer.concat(chunks);
    traffic.requests += 1;
    traffic.bytes += wire.length;
    const type = request.headers['content-type'];
    if (request.url !== '/v1/traces' || type !== 'application/x-protobuf') {
      response.writeHead(415).end(`${request.url} as ${type}`);
      return;
    }
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire;
    spans.push(...decodeProtobufRequest(body));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      response.writeHead(400).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    spans,
    traffic,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
