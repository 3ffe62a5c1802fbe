import type { EncodedSpan } from './span-record.js';
import type { SpanEncoder } from './span-encoder.js';
import type { Collector } from './collector.js';
import { frameAll } from './leftovers.js';
import { postSync } from './post-sync.js';

/** Milliseconds that an exit may be held up for; it is a `process.exit()` that somebody waits for. */
const LAST_RESORT_MILLIS = 2_000;

/**
 * Sends spans while the process exits, blocking, in requests of at most `maxBytes`. Returns how many
 * of them, from the first on, were accepted.
 */
export function sendAtExit(
  spans: readonly EncodedSpan[],
  maxBytes: number,
  encoder: SpanEncoder,
  { target, ca, headers, compression }: Collector,
): number {
  if (target === undefined) return 0;
  const requests = frameAll(spans, encoder, maxBytes);
  const accepted = postSync(
    {
      ...target,
      ca,
      headers: { ...headers, ...target.headers, 'content-type': encoder.contentType },
      compression,
      bodies: requests.map(({ body }) => body),
    },
    LAST_RESORT_MILLIS,
  );
  return requests.slice(0, accepted).reduce((sum, request) => sum + request.spans, 0);
}
