import { debug } from '../diagnostics.js';
import { sharedByCopies } from '../live-tracing.js';
import type { OpenSpan } from '../spans/span-handle.js';

/** Where every copy of this package finds how to close what is open, in the order of opening. */
const OPEN: unique symbol = Symbol.for('catalyst-tracing.open-spans');

/** Open runs at most: the oldest is closed before an application that abandons them all leaks. */
const MAX_OPEN = 4096;

/**
 * Remembers how to close spans that their SDK may never end: a stream that nobody reads on, a
 * conversation without a goodbye. Returns how to forget it, for when they have ended. `close` is to
 * mark them `agent.outcome=abandoned`; `span` is the outermost of them.
 */
export function closeAtShutdown({ raw }: OpenSpan, close: () => void): () => void {
  const open = openSpans();
  open.set(close, raw.spanContext().spanId);
  const [oldest] = open.keys();
  if (open.size > MAX_OPEN && oldest !== undefined) closeOne(oldest);
  return () => void open.delete(close);
}

/**
 * Closes what is still open, at `shutdown()` and at the end of the process; the newest first.
 * `isOurs` is true for spans of the pipeline that shuts down: a process may have several.
 */
export function closeOpenSpans(isOurs: (spanId: string) => boolean): void {
  for (const [close, spanId] of [...openSpans()].toReversed()) if (isOurs(spanId)) closeOne(close);
}

function closeOne(close: () => void): void {
  openSpans().delete(close);
  try {
    close();
  } catch (error) {
    debug(`A span was not closed: ${error instanceof Error ? error.name : typeof error}`);
  }
}

function openSpans(): Map<() => void, string> {
  return sharedByCopies(OPEN, Map<() => void, string>);
}
