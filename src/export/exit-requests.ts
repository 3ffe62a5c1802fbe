import type { ExitTarget } from './otlp-exporter.js';

/** The result of the last requests of a process. */
export interface ExitResult {
  readonly accepted: number;
  /** Spans that were refused for good, the last time with this status. */
  readonly rejected: number;
  readonly status: number;
  /** Spans that are too large alone. */
  readonly tooLarge: number;
  readonly requests: number;
  readonly sentBytes: number;
}

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
const queue = work.batches.map(({ ends, body }) => ({ from: 0, to: ends.length, ends, body }));
const finish = () => { Atomics.store(state, 0, 1); Atomics.notify(state, 0); };
function bytesOf({ from, to, ends, body }) {
  const start = from === 0 ? 0 : ends[from - 1];
  const part = body.subarray(start, ends[to - 1]);
  if (work.contentType !== 'application/json') return part;
  const list = Buffer.from(part).toString('utf8').split('\\n').filter(Boolean);
  return Buffer.from('{"resourceSpans":[' + list.join(',') + ']}');
}
function next() {
  const batch = queue.shift();
  if (batch === undefined) return finish();
  const packed = work.compression === 'gzip';
  const plain = bytesOf(batch);
  const body = packed ? gzipSync(plain, { level: 1 }) : plain;
  const headers = { ...work.headers, 'content-type': work.contentType, 'content-length': body.length };
  if (packed) headers['content-encoding'] = 'gzip';
  Atomics.add(state, 2, 1);
  Atomics.add(state, 3, body.length);
  const outgoing = request({ ...work.options, headers });
  outgoing.on('error', finish);
  outgoing.on('response', (response) => {
    response.resume();
    const { statusCode } = response;
    const count = batch.to - batch.from;
    if (statusCode === 413 && count > 1) {
      const middle = batch.from + (count >> 1);
      queue.unshift({ ...batch, to: middle }, { ...batch, from: middle });
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
 * `process.exit()` was called. It takes some 30 ms more than the requests, and `timeoutMillis` at most.
 * Each batch is a list of requests of one span each. Where threads are not allowed, nothing is sent.
 */
export function sendAtExit(
  target: ExitTarget,
  batches: readonly (readonly Uint8Array[])[],
  timeoutMillis: number,
): ExitResult {
  const shared = new SharedArrayBuffer(28);
  const state = new Int32Array(shared);
  const isJson = target.contentType === 'application/json';
  const packed = batches.map((bodies) => packBatch(bodies, isJson));
  try {
    // Loaded here: it takes a millisecond, and most processes end without it.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: { ...target, batches: packed, state: shared },
      // Without the application's loaders and preloads: they are slow, and may start us again.
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    });
    worker.on('error', () => undefined);
    worker.unref();
    Atomics.wait(state, 0, 0, timeoutMillis);
  } catch {
    // No threads here: everything is left.
  }
  return {
    accepted: Atomics.load(state, 1),
    requests: Atomics.load(state, 2),
    sentBytes: Atomics.load(state, 3),
    rejected: Atomics.load(state, 4),
    status: Atomics.load(state, 5),
    tooLarge: Atomics.load(state, 6),
  };
}

/** The spans of a batch one after the other, and where each ends: a part of them is a request again. */
function packBatch(
  bodies: readonly Uint8Array[],
  isJson: boolean,
): { readonly ends: readonly number[]; readonly body: Uint8Array } {
  const parts = isJson ? bodies.map(jsonLine) : bodies;
  const ends: number[] = [];
  let end = 0;
  for (const part of parts) ends.push((end += part.length));
  return { ends, body: Buffer.concat(parts) };
}

/** The `resourceSpans` of a JSON request on one line: JSON has no line breaks. */
function jsonLine(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('utf8');
  return Buffer.from(`${text.slice(text.indexOf('[') + 1, text.lastIndexOf(']'))}\n`);
}
