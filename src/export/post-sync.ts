import { Worker } from 'node:worker_threads';

/** A request to be made while the process is exiting. */
export interface SyncPost {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly ca: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly bodies: readonly Uint8Array[];
}

/**
 * The worker's whole program. Text, because a file of our own could not be found in an application
 * that bundles us. It posts the bodies one after the other; the first number of the shared memory
 * is 1 when it is done, the second counts the bodies that were accepted.
 */
const PROGRAM = `
const { workerData: post } = require('node:worker_threads');
const { request } = require(post.secure ? 'node:https' : 'node:http');
const { gzipSync } = require('node:zlib');
const state = new Int32Array(post.state);
function finish() { Atomics.store(state, 0, 1); Atomics.notify(state, 0); }
function next(index) {
  if (index >= post.bodies.length) return finish();
  const packed = post.compression === 'gzip';
  const body = packed ? gzipSync(post.bodies[index]) : post.bodies[index];
  const headers = { ...post.headers, 'content-length': body.length };
  if (packed) headers['content-encoding'] = 'gzip';
  const { host, port, path, ca } = post;
  const outgoing = request({ host, port, path, ...(ca ? { ca } : {}), method: 'POST', headers });
  outgoing.on('error', finish);
  outgoing.on('response', (response) => {
    response.resume();
    if (response.statusCode < 200 || response.statusCode >= 300) return finish();
    Atomics.add(state, 1, 1);
    response.on('end', () => next(index + 1));
    response.on('error', finish);
  });
  outgoing.end(body);
}
next(0);
`;

/**
 * Posts from another thread while this one waits: the only way to reach the network once
 * `process.exit()` was called. Takes some 30 ms beside the requests. Returns how many bodies were
 * accepted within `timeoutMillis`, from the first on; 0 where threads are not allowed.
 */
export function postSync(post: SyncPost, timeoutMillis: number): number {
  try {
    const shared = new SharedArrayBuffer(8);
    const state = new Int32Array(shared);
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: { ...post, state: shared },
      // Without the application's loaders and preloads: they are slow, and may start us again.
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    });
    worker.on('error', () => undefined);
    worker.unref();
    Atomics.wait(state, 0, 0, timeoutMillis);
    return Atomics.load(state, 1);
  } catch {
    return 0;
  }
}
