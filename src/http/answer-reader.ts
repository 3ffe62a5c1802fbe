import { readAnswerHead, type AnswerHead, type AnswerHeaders } from './answer-head.js';
import { ChunkedBody } from './chunked-body.js';

/** Bytes of an answer that are read; what follows is of no use to us. */
const MAX_BODY_BYTES = 64 * 1024;
/** Node's own limit for status line and headers. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';
/** A request that is written this long before the server's own deadline gets there in time. */
const IDLE_MARGIN_SECONDS = 1;

/** A request that got an answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The first 64 KiB. */
  readonly body: Buffer;
}

export interface ReadAnswer extends HttpAnswer {
  /** How long the connection may lie idle before the next request, in seconds; 0 when none may follow. */
  readonly reusableSeconds: number;
}

/** Reads one answer of HTTP/1.1 out of what a connection receives. */
export class AnswerReader {
  /** What has come of the head, in Latin-1. */
  #text = '';
  #head: AnswerHead | undefined;
  #chunks: ChunkedBody | undefined;
  readonly #body: Buffer[] = [];
  #bodyBytes = 0;

  /** The answer, once it is whole; `'malformed'` when these bytes are none. */
  read(bytes: Buffer): ReadAnswer | 'malformed' | undefined {
    if (this.#head !== undefined) return this.#readBody(this.#head, bytes);
    const before = this.#text.length;
    this.#text += bytes.toString('latin1', 0, MAX_HEAD_BYTES);
    const end = this.#text.indexOf(HEAD_END);
    if (end < 0) return this.#text.length >= MAX_HEAD_BYTES ? 'malformed' : this.#awaitRest();
    const head = readAnswerHead(this.#text.slice(0, end));
    // 101 would be another protocol from here on, which nobody asked for.
    if (head === undefined || head.status === 101) return 'malformed';
    this.#text = '';
    const rest = bytes.subarray(end + HEAD_END.length - before);
    // 100 Continue, 103 Early Hints: the answer proper follows.
    if (head.status < 200) return rest.length === 0 ? undefined : this.read(rest);
    this.#head = head;
    if (head.framing.kind === 'chunked') this.#chunks = new ChunkedBody();
    return this.#readBody(head, rest);
  }

  /** The answer that ends where the connection does; `undefined` when it cannot be whole. */
  end(): ReadAnswer | undefined {
    return this.#head?.framing.kind === 'close' ? this.#answer(this.#head, 0) : undefined;
  }

  /** What speaks another protocol is not listened to until it has said enough. */
  #awaitRest(): 'malformed' | undefined {
    const expected = 'HTTP/1.';
    return expected.startsWith(this.#text.slice(0, expected.length)) ? undefined : 'malformed';
  }

  #readBody(head: AnswerHead, bytes: Buffer): ReadAnswer | 'malformed' | undefined {
    const { framing } = head;
    let end: number | undefined;
    if (framing.kind === 'length') {
      const left = framing.bytes - this.#bodyBytes;
      this.#take(bytes.subarray(0, left));
      if (bytes.length >= left) end = left;
    } else if (this.#chunks === undefined) {
      this.#take(bytes);
    } else {
      end = this.#chunks.read(bytes, (data) => this.#take(data));
      if (end === -1) return 'malformed';
    }
    if (end === undefined) {
      return this.#bodyBytes < MAX_BODY_BYTES ? undefined : this.#answer(head, 0);
    }
    // Bytes that nobody asked for: what they belong to cannot be told.
    const isReusable = head.keepsAlive && end === bytes.length;
    const idleSeconds = (head.keepAliveSeconds ?? Infinity) - IDLE_MARGIN_SECONDS;
    return this.#answer(head, isReusable ? idleSeconds : 0);
  }

  #take(data: Buffer): void {
    // A copy: the bytes are only lent.
    if (this.#bodyBytes < MAX_BODY_BYTES && data.length > 0) this.#body.push(Buffer.from(data));
    this.#bodyBytes += data.length;
  }

  #answer({ status, headers }: AnswerHead, reusableSeconds: number): ReadAnswer {
    const body = Buffer.concat(this.#body).subarray(0, MAX_BODY_BYTES);
    return { status, headers, body, reusableSeconds };
  }
}
