import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countSpans } from './count-spans.js';
import { NOTHING_RECEIVED, type Received, type ReceiverQuestion } from './receiver.js';

/** Collector's stand-in, in a process of its own: answers 200 and counts, by the path's first part. */
const receivedByRun = new Map<string, Received>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const contentType = request.headers['content-type'] ?? '';
    response.writeHead(200, { 'content-type': contentType });
    response.end(contentType.includes('json') ? '{}' : '');
    // Counted after the answer, so that the sender does not wait for it.
    const run = request.url?.split('/')[1] ?? '';
    const before = receivedByRun.get(run) ?? NOTHING_RECEIVED;
    receivedByRun.set(run, {
      requests: before.requests + 1,
      bytes: before.bytes + body.length,
      largestBytes: Math.max(before.largestBytes, body.length),
      spans:
        before.spans +
        // Metrics have the fields of spans, by number.
        (request.url?.endsWith('/v1/metrics') === true
          ? 0
          : countSpans(body, contentType, request.headers['content-encoding'])),
    });
  });
});

// A minute, as the OpenTelemetry Collector leaves connections idle. Node's own 5 s is the batch delay.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('message', ({ run }: ReceiverQuestion) => {
  process.send?.(receivedByRun.get(run) ?? NOTHING_RECEIVED);
  receivedByRun.delete(run);
});
process.on('disconnect', () => process.exit(0));
