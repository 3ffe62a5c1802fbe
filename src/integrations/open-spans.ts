import { guard } from './model-call.js';

/**
 * Where every copy of this package finds what is open. The order is that of opening.
 */
const OPEN: unique symbol = Symbol.for('catalyst-tracing.open-spans');

/** Open runs at most: the oldest is closed before an application that abandons them all leaks. */
const MAX_OPEN = 4096;

/**
 * Remembers how to close spans that their SDK may never end: a stream that nobody reads on, a
 * conversation without a goodbye. Returns how to forget it, for when they have ended. `close` is to
 * mark them `agent.outcome=abandoned`.
 */
export function closeAtShutdown(close: () => void): () => void {
  const open = openSpans();
  open.add(close);
  const [oldest] = open;
  if (open.size > MAX_OPEN && oldest !== undefined) closeOne(oldest);
  return () => void open.delete(close);
}

/** Closes what is still open, at `shutdown()` and at the end of the process; the newest first. */
export function closeOpenSpans(): void {
  for (const close of [...openSpans()].toReversed()) closeOne(close);
}

function closeOne(close: () => void): void {
  openSpans().delete(close);
  guard(close);
}

function openSpans(): Set<() => void> {
  const known: unknown = Reflect.get(globalThis, OPEN);
  if (known instanceof Set) return known;
  const made = new Set<() => void>();
  Reflect.set(globalThis, OPEN, made);
  return made;
}
