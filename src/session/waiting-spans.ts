import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { SpanNode } from './span-node.js';

/** Spans that may wait at a time. A tool waits for moments, a job for its session. */
const MAX_WAITING = 256;

const NONE: readonly WaitingSpan[] = [];

/** A span that has ended and waits for one that has not. */
export interface WaitingSpan {
  readonly span: ReadableSpan;
  readonly node: SpanNode;
}

/**
 * Spans that are sent later than they end, because another span still has something to say about
 * them. Few and for short: a flush sends them as they are, and so does the one too many.
 */
export class WaitingSpans {
  readonly #waiting = new Map<WaitingSpan, SpanNode>();

  /** Keeps a span back. Answers the spans to send in its place: the one that has waited longest. */
  add(waiting: WaitingSpan, awaited: SpanNode): readonly WaitingSpan[] {
    this.#waiting.set(waiting, awaited);
    if (this.#waiting.size <= MAX_WAITING) return NONE;
    const [longest] = this.#waiting.keys();
    return longest === undefined ? NONE : this.#release([longest]);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Spans that waited for this one, which has ended, and need not wait for another. */
  endedFor(node: SpanNode): readonly WaitingSpan[] {
    let free: WaitingSpan[] | undefined;
    for (const [waiting, awaited] of this.#waiting) {
      if (awaited !== node && waiting.node.parent !== node) continue;
      const next = waitsFor(waiting.span, waiting.node);
      if (next === undefined) (free ??= []).push(waiting);
      else this.#waiting.set(waiting, next);
    }
    return free === undefined ? NONE : this.#release(free);
  }

  /** Every span that waits, which from now on waits no longer. */
  takeAll(): readonly WaitingSpan[] {
    return this.#release([...this.#waiting.keys()]);
  }

  #release(spans: readonly WaitingSpan[]): readonly WaitingSpan[] {
    for (const waiting of spans) this.#waiting.delete(waiting);
    return spans;
  }
}

/**
 * The open span that a span which has ended must wait for.
 *
 * `job_entrypoint` ends before its session when the entry function returns early, and as the root
 * it has to carry the session's first input and last output. Up to 1.7.1 a quick tool ends before
 * the `llm_node` that asked for it, which alone records the call's id.
 */
export function waitsFor(span: ReadableSpan, node: SpanNode): SpanNode | undefined {
  if (node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) {
    return node.sessionsBelow?.anyOpen;
  }
  if (node.livekitName !== LiveKitSpan.FUNCTION_TOOL) return undefined;
  if (span.attributes['gen_ai.tool.call.id'] !== undefined) return undefined;
  const turn = node.parent;
  if (turn?.span === undefined || turn.modelNode?.span === undefined) return undefined;
  return turn.modelNode;
}
