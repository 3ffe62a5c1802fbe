import type { OnReadOpts, Socket } from 'node:net';

/** Bytes that one read brings at most; what a collector says has a few hundred. */
const READ_BYTES = 4096;

/**
 * What a socket receives. One buffer serves every read: the socket's stream would take 64 KiB of
 * new memory for each, and as much time as the rest of an answer.
 */
export class ReceivedBytes {
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #take: ((bytes: Buffer) => void) | undefined;

  /** For the socket's options. */
  readonly onread: OnReadOpts = {
    buffer: this.#buffer,
    callback: (count) => {
      this.#take?.(this.#buffer.subarray(0, count));
      return true;
    },
  };

  /** Reads a socket that takes no `onread`: TLS in a tunnel. */
  follow(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#take?.(bytes));
  }

  /** Whom bytes are given to. They are lent: what is kept of them has to be copied. */
  giveTo(take: (bytes: Buffer) => void): void {
    this.#take = take;
  }
}
