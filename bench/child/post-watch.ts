import { subscribe } from 'node:diagnostics_channel';

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
 * Watches node:http's client, so that virtual time can stand still while a batch is on its way, as
 * it practically does in a call. Waits on Node's own channels, without polling: waiting costs no
 * CPU that would be counted. Must be called before the global timers are replaced.
 */
export function createPostWatch(): PostWatch {
  const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
  const posts = { sent: 0, answered: 0 };
  let wake: (() => void) | undefined;
  subscribe('http.client.request.start', () => {
    posts.sent += 1;
  });
  subscribe('http.client.response.finish', (message) => {
    const { response } = message as { response: NodeJS.EventEmitter };
    response.once('end', () => {
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
