import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { decodeTraces, type DecodedSpan, JSON_TYPE, PROTOBUF_TYPE } from '../otlp/decode.js';

const MAX_BODY_BYTES: number = 64 * 1024 * 1024;

const unzip = promisify(gunzip);

/** A request that cannot be taken, and the status that says so. */
export class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
  }
}

/** What a request brought. */
export interface ReceivedTrace {
  readonly spans: readonly DecodedSpan[];
  /** Of the body, decompressed. */
  readonly bytes: number;
  /** What the answer is to be written in. */
  readonly contentType: string;
}

/** Reads an OTLP export of traces, in protobuf or JSON, plain or gzip. */
export async function receiveTrace(request: IncomingMessage): Promise<ReceivedTrace> {
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (contentType !== PROTOBUF_TYPE && contentType !== JSON_TYPE) {
    throw new RefusedRequest(415, `expected ${PROTOBUF_TYPE} or ${JSON_TYPE}`);
  }
  const body = await readBody(request);
  try {
    const spans = decodeTraces(body, contentType);
    return { spans, bytes: body.length, contentType };
  } catch (error) {
    throw new RefusedRequest(400, error instanceof Error ? error.message : 'no trace request');
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RefusedRequest(413, 'too large');
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new RefusedRequest(415, 'expected gzip or no compression');
  try {
    return await unzip(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw new RefusedRequest(400, 'no gzip, or too large');
  }
}
