import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface PostWatch {
  /** Posts sent and not answered yet. */
  readonly underWay: () => number;
  /** Resolves when a post is answered and none is under way; at once if that has happened since `mark`. */
  readonly settled: (mark: number) => Promise<void>;
  /** The number of posts answered so far. */
  readonly mark: () => number;
}

/** A timer that led to no post: how long, in real time, until that is taken for granted. */
const NO_POST_MILLIS = 50;

/**
 * Watches the sockets of whatever HTTP client a row uses, so that virtual time can stand still while
 * a batch is on its way, as it practically does in a call. Waits on events, without polling: waiting
 * costs no CPU that would be counted. Must be called before the global timers are replaced.
 */
export function createPostWatch(): PostWatch {
  const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
  const posts = { sent: 0, answered: 0 };
  let wake: (() => void) | undefined;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    watchWrites(socket, () => {
      posts.sent += 1;
    });
    watchReads(socket, (chunk) => {
      if (!begins(chunk, 'HTTP/1.1 ')) return;
      posts.answered += 1;
      // The tracer's own listeners, and what they queue, come first.
      if (posts.sent === posts.answered) setImmediate(() => wake?.());
    });
  });
  return {
    underWay: () => posts.sent - posts.answered,
    mark: () => posts.answered,
    async settled(mark) {
      for (;;) {
        if (posts.sent === posts.answered && posts.answered > mark) return;
        const came = await new Promise<boolean>((resolve) => {
          const timer = realTimeout(() => resolve(false), NO_POST_MILLIS);
          wake = () => {
            realClear(timer);
            resolve(true);
          };
        });
        wake = undefined;
        if (!came && posts.sent === posts.answered) return;
      }
    },
  };
}

/** Calls back with every post whose head is written: a head is a piece of its own. */
function watchWrites(socket: Socket, onPost: () => void): void {
  const writeOne = socket._write.bind(socket);
  const writeAll = socket._writev?.bind(socket);
  Object.assign(socket, {
    _write(chunk: unknown, ...rest: [BufferEncoding, () => void]) {
      if (begins(chunk, 'POST ')) onPost();
      writeOne(chunk, ...rest);
    },
    _writev(pieces: readonly { chunk: unknown; encoding: BufferEncoding }[], done: () => void) {
      for (const { chunk } of pieces) if (begins(chunk, 'POST ')) onPost();
      writeAll?.([...pieces], done);
    },
  });
}

type OnRead = (count: number, buffer: Uint8Array) => boolean;

/** Calls back with every chunk that is read, first: from the stream, or what a socket with `onread` gives away. */
function watchReads(socket: Socket, onChunk: (chunk: Buffer) => void): void {
  // Where Node keeps the callback of `onread`; a socket's stream is given nothing then.
  const key = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'kBufferCb',
  );
  const onRead = key && (Reflect.get(socket, key) as OnRead | null);
  if (key === undefined || typeof onRead !== 'function') {
    socket.on('data', onChunk);
    return;
  }
  Reflect.set(socket, key, (count: number, buffer: Uint8Array) => {
    onChunk(Buffer.from(buffer.buffer, buffer.byteOffset, count));
    return onRead.call(socket, count, buffer);
  });
}

function begins(chunk: unknown, text: string): boolean {
  if (typeof chunk === 'string') return chunk.startsWith(text);
  return Buffer.isBuffer(chunk) && chunk.toString('latin1', 0, text.length) === text;
}
