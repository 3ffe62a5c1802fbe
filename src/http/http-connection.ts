import type { Socket } from 'node:net';
import { AnswerReader, type ReadAnswer } from './answer-reader.js';
import { failureCode } from './http-failure.js';
import { JoinedRequest } from './joined-request.js';
import type { HttpBody } from './http-body.js';
import type { OpenSocket } from './open-socket.js';
import { RepeatedAnswer } from './repeated-answer.js';

/** What one request waits for: an answer, or that none will come. */
export interface Exchange {
  answered(answer: ReadAnswer): void;
  failed(code: string, cause: unknown): void;
}

/** Code of a failure: the connection ended before there was an answer, as Node's own client calls it. */
const CLOSED = 'ECONNRESET';
const NOT_HTTP = 'not_http';

/**
 * A connection on which requests follow one another, each when the one before has been answered.
 * What goes wrong ends the connection; a connection is never used again after anything unexpected.
 */
export class HttpConnection {
  readonly #socket: Socket;
  /** Told when the connection has ended while no request was under way. */
  readonly #onIdleEnd: (connection: HttpConnection) => void;
  readonly #joined = new JoinedRequest();
  readonly #repeated = new RepeatedAnswer();
  #exchange: Exchange | undefined;
  /** Of the answer that has begun. */
  #reader: AnswerReader | undefined;
  #isUsed = false;
  #usableUntil = Infinity;

  constructor({ socket, received }: OpenSocket, onIdleEnd: (connection: HttpConnection) => void) {
    this.#socket = socket;
    this.#onIdleEnd = onIdleEnd;
    received.giveTo((bytes) => this.#read(bytes));
    socket.on('end', () => this.#end());
    // Errors may come in twos, and an error that nobody hears ends the process.
    socket.on('error', (error: Error) => this.#fail(failureCode(error), error));
    socket.on('close', () => this.#fail(CLOSED, undefined));
  }

  /** Whether the last answer has left it fit for another request. */
  isUsable(nowMillis: number): boolean {
    return this.#socket.writable && nowMillis < this.#usableUntil;
  }

  /**
   * Whether the request went over a connection that had been idle and has given no byte since: the
   * server closed it meanwhile, and nobody has read the request.
   */
  get wasStale(): boolean {
    return this.#isUsed && this.#reader === undefined;
  }

  /** Writes a request. `head` is Latin-1, with the empty line. */
  send(head: string, { pieces, bytes }: HttpBody, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader = undefined;
    const socket = this.#socket;
    const joined = this.#joined.join(head, pieces, bytes);
    if (joined !== undefined) {
      socket.write(joined);
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** Ends the connection, and the request under way with this code. */
  destroy(code: string): void {
    this.#fail(code, undefined);
    this.close();
  }

  /** Ends the connection, on which no request is under way. */
  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#exchange === undefined) {
      // Nobody has asked: a server's farewell (408), or worse.
      this.close();
      return;
    }
    const reader = this.#reader;
    const answer = reader === undefined ? this.#readFirst(bytes) : reader.read(bytes);
    if (answer === undefined) return;
    if (answer === 'malformed') this.destroy(NOT_HTTP);
    else this.#answer(answer);
  }

  #readFirst(bytes: Buffer): ReturnType<AnswerReader['read']> {
    const repeated = this.#repeated.find(bytes);
    if (repeated !== undefined) return repeated;
    this.#reader = new AnswerReader();
    const answer = this.#reader.read(bytes);
    if (typeof answer === 'object') this.#repeated.remember(bytes, answer);
    return answer;
  }

  /** The server has said all it will say. */
  #end(): void {
    const answer = this.#reader?.end();
    if (this.#exchange !== undefined && answer !== undefined) this.#answer(answer);
    else this.destroy(CLOSED);
  }

  #answer(answer: ReadAnswer): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#isUsed = true;
    // Answered before it was sent, as a 413 is: the rest is not wanted, and would be read as a request.
    const isFit = answer.reusableSeconds > 0 && this.#socket.writableLength === 0;
    this.#usableUntil = isFit ? Date.now() + answer.reusableSeconds * 1000 : 0;
    if (!isFit) this.close();
    exchange?.answered(answer);
  }

  #fail(code: string, cause: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#usableUntil = 0;
    if (exchange === undefined) this.#onIdleEnd(this);
    else exchange.failed(code, cause);
  }
}
