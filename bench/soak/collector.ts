// A collector that fails as real ones do, in a process of its own: `fork`ed by `main.ts`. It looks
// for nothing but ids, so that it is never the one that cannot keep up.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { fieldsOf } from '../receiver/count-spans.js';
import { createRandom } from '../workload/random.js';

/** What it tells when it is asked: spans that it answered with 200. */
export interface CollectorCount {
  readonly spans: number;
  /** Distinct ids among them. */
  readonly ids: number;
}

const [share = 0, downFrom = 0, downTo = 0] = process.argv.slice(2).map(Number);
const random = createRandom(7);
const began = Date.now();
const ids = new Set<string>();
let spans = 0;

const FAILURES: readonly ((request: IncomingMessage, response: ServerResponse) => void)[] = [
  (_, response) => response.writeHead(503).end(),
  (_, response) => response.writeHead(429, { 'retry-after': '0' }).end(),
  (request) => request.socket.resetAndDestroy(),
  () => undefined, // Silence.
];

function accept(body: Buffer): void {
  // Request.resource_spans → scope_spans → spans → span_id (trace_service.proto, trace.proto).
  for (const resource of fieldsOf(body, 1)) {
    for (const scope of fieldsOf(resource, 2)) {
      for (const span of fieldsOf(scope, 2)) {
        const [id] = fieldsOf(span, 2);
        spans++;
        if (id !== undefined) ids.add(id.toString('hex'));
      }
    }
  }
}

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const second = (Date.now() - began) / 1000;
  if (second >= downFrom && second < downTo) {
    request.socket.resetAndDestroy();
  } else if (random() < share) {
    FAILURES[Math.floor(random() * FAILURES.length)]?.(request, response);
  } else {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    accept(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks)));
});

process.on('message', () => {
  const count: CollectorCount = { spans, ids: ids.size };
  process.send?.(count);
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(`http://127.0.0.1:${String(address?.port)}`);
});
