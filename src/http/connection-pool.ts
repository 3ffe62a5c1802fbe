import { HttpConnection } from './http-connection.js';
import { openSocket, type OpeningSocket, type SocketOptions } from './open-socket.js';

/** A connection, or why there is none. */
export type ConnectionOpened = (outcome: HttpConnection | Error) => void;

/** Connections to one target that wait for another request. How many there are is up to the callers. */
export class ConnectionPool {
  readonly #options: SocketOptions;
  readonly #idle: HttpConnection[] = [];
  #isClosed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** The connection that was used last: the others may grow old and be closed. */
  take(): HttpConnection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.isUsable(Date.now())) return last;
      last.close();
    }
    return undefined;
  }

  /** Opens a new connection. */
  open(opened: ConnectionOpened): OpeningSocket {
    return openSocket(this.#options, (outcome) => {
      if (outcome instanceof Error) opened(outcome);
      else opened(new HttpConnection(outcome, (connection) => this.#forget(connection)));
    });
  }

  /** Takes back a connection whose request was answered. */
  put(connection: HttpConnection): void {
    if (!this.#isClosed && connection.isUsable(Date.now())) this.#idle.push(connection);
    else connection.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  #forget(connection: HttpConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
