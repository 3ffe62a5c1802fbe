import type { HttpAnswer } from './answer-reader.js';
import type { Cancellation } from './cancellation.js';
import type { ConnectionPool } from './connection-pool.js';
import type { HttpBody } from './http-body.js';
import type { HttpConnection } from './http-connection.js';
import { failureCode, HttpFailure } from './http-failure.js';

/** What becomes of a request. */
export interface RequestOutcome {
  resolve(answer: HttpAnswer): void;
  reject(failure: HttpFailure): void;
}

const NO_BODY: HttpBody = { pieces: [], bytes: 0 };
const STALE_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** One request on its way: over a connection that is there, or a new one, until answer or deadline. */
export class HttpRequest {
  readonly #head: string;
  #body: HttpBody;
  readonly #outcome: RequestOutcome;
  #giveUp: ((code: string) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cancellation: Cancellation | undefined;
  #isOver = false;

  /** `head` is Latin-1, with the empty line. */
  constructor(head: string, body: HttpBody, outcome: RequestOutcome) {
    this.#head = head;
    this.#body = body;
    this.#outcome = outcome;
  }

  start(pool: ConnectionPool, timeoutMillis: number, cancellation: Cancellation): void {
    this.#timer = setTimeout(() => this.#giveUp?.('timeout'), timeoutMillis).unref();
    this.#cancellation = cancellation;
    const idle = pool.take();
    if (idle === undefined) this.#connect(pool);
    else this.#send(idle, pool);
    cancellation.listen(() => this.#giveUp?.('cancelled'));
  }

  #connect(pool: ConnectionPool): void {
    const opening = pool.open((outcome) => {
      if (outcome instanceof Error) this.#fail(failureCode(outcome), outcome, false);
      // Too late: nobody waits for it any more.
      else if (this.#isOver) outcome.close();
      else this.#send(outcome, pool);
    });
    this.#giveUp = (code) => {
      this.#fail(code, undefined, false);
      opening.destroy(new Error(code));
    };
  }

  #send(connection: HttpConnection, pool: ConnectionPool): void {
    this.#giveUp = (code) => connection.destroy(code);
    connection.send(this.#head, this.#body, {
      answered: (answer) => {
        this.#end();
        pool.put(connection);
        this.#outcome.resolve(answer);
      },
      failed: (code, cause) => {
        this.#fail(code, cause, connection.wasStale && STALE_CODES.has(code));
      },
    });
  }

  #fail(code: string, cause: unknown, wasStale: boolean): void {
    if (this.#isOver) return;
    this.#end();
    this.#outcome.reject(new HttpFailure(code, cause, wasStale));
  }

  #end(): void {
    this.#isOver = true;
    // What is left of a request may outlive it until a full garbage collection; its body shall not.
    this.#body = NO_BODY;
    clearTimeout(this.#timer);
    this.#cancellation?.listen(undefined);
  }
}
