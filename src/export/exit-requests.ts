import type { DeliveryReport } from './delivery-stats.js';
import type { OtlpExporter } from './otlp-exporter.js';

/** Milliseconds that an exit may be delayed; the application waits in `process.exit()`. */
const EXIT_MILLIS = 2_000;

/**
 * The worker's whole program. It is text because a separate file could not be found in an
 * application that bundles us. It posts the requests one after the other and halves one that is
 * answered with 413. An error that may pass ends it: the rest is the caller's. `state` is: done,
 * spans accepted, requests, bytes sent, spans rejected, status of it, spans too large.
 */
const PROGRAM = `
const { workerData: work } = require('node:worker_threads');
const { request } = require(work.isSecure ? 'node:https' : 'node:http');
const { gzipSync } = require('node:zlib');
const state = new Int32Array(work.state);
const queue = work.batches;
const finish = () => { Atomics.store(state, 0, 1); Atomics.notify(state, 0); };
function join(bodies) {
  if (work.contentType !== 'application/json') return Buffer.concat(bodies);
  const texts = bodies.map((body) => Buffer.from(body).toString('utf8'));
  const lists = texts.map((text) => text.slice(text.indexOf('[') + 1, text.lastIndexOf(']')));
  return Buffer.from('{"resourceSpans":[' + lists.join(',') + ']}');
}
function next() {
  const batch = queue.shift();
  if (batch === undefined) return finish();
  const plain = join(batch);
  const body = work.isZipped ? gzipSync(plain, { level: 1 }) : plain;
  const headers = { ...work.headers, 'content-type': work.contentType, 'content-length': body.length };
  if (work.isZipped) headers['content-encoding'] = 'gzip';
  Atomics.add(state, 2, 1);
  Atomics.add(state, 3, body.length);
  const outgoing = request({ ...work.options, headers });
  outgoing.on('error', finish);
  outgoing.on('response', (response) => {
    response.resume();
    const { statusCode } = response;
    const count = batch.length;
    if (statusCode === 413 && count > 1) {
      queue.unshift(batch.slice(0, count >> 1), batch.slice(count >> 1));
    } else if (statusCode === 413) Atomics.add(state, 6, count);
    else if (statusCode === 408 || statusCode === 429 || statusCode >= 500) return finish();
    else if (statusCode < 200 || statusCode >= 300) {
      Atomics.store(state, 5, statusCode);
      Atomics.add(state, 4, count);
    } else Atomics.add(state, 1, count);
    response.on('end', next);
    response.on('error', finish);
  });
  outgoing.end(body);
}
next();
`;

/**
 * Posts from another thread while this one waits: the only way to reach the network once
 * `process.exit()` was called. It takes some 30 ms more than the requests. Each batch is a list of
 * requests of one span each. Returns how many of them are settled, in their order. Where threads
 * are not allowed, nothing is sent.
 */
export function sendAtExit(
  { transport, contentType }: OtlpExporter,
  batches: readonly (readonly Uint8Array[])[],
  report: DeliveryReport,
): number {
  const shared = new SharedArrayBuffer(28);
  const state = new Int32Array(shared);
  try {
    // Loaded here: it takes a millisecond, and most processes end without it.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const { isZipped, target } = transport;
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: { ...target, isZipped, contentType, batches, state: shared },
      // Without the application's loaders and preloads: they are slow, and may start us again.
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    });
    worker.on('error', () => undefined);
    worker.unref();
    Atomics.wait(state, 0, 0, EXIT_MILLIS);
  } catch {
    // No threads here: everything is left.
  }
  const accepted = Atomics.load(state, 1);
  const rejected = Atomics.load(state, 4);
  const tooLarge = Atomics.load(state, 6);
  report.counts.exported += accepted;
  report.counts.requests += Atomics.load(state, 2);
  report.counts.bytesSent += Atomics.load(state, 3);
  if (rejected > 0) report.refuse(rejected, Atomics.load(state, 5), '');
  report.drop('too_large', tooLarge);
  return accepted + rejected + tooLarge;
}
