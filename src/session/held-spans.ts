import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { SpanNode } from './span-node.js';

/** Spans that may wait at a time. A tool waits for moments, a job for its session. */
const MAX_HELD = 256;

const NONE: readonly HeldSpan[] = [];

/** A span that has ended and waits for one that has not. */
export interface HeldSpan {
  readonly span: ReadableSpan;
  readonly node: SpanNode;
}

/**
 * Spans that are sent later than they end, because another span still has something to say about
 * them. Few and for short: a flush sends them as they are, and so does the one too many.
 */
export class HeldSpans {
  readonly #held = new Map<HeldSpan, SpanNode>();

  /** Keeps a span back. Answers the spans to send in its place: the one that has waited longest. */
  add(held: HeldSpan, awaited: SpanNode): readonly HeldSpan[] {
    this.#held.set(held, awaited);
    if (this.#held.size <= MAX_HELD) return NONE;
    const [longest] = this.#held.keys();
    return longest === undefined ? NONE : this.#release([longest]);
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Spans that waited for this one, which has ended, and need not wait for another. */
  endedFor(node: SpanNode): readonly HeldSpan[] {
    let free: HeldSpan[] | undefined;
    for (const [held, awaited] of this.#held) {
      if (awaited !== node && held.node.parent !== node) continue;
      const next = waitsFor(held.span, held.node);
      if (next === undefined) (free ??= []).push(held);
      else this.#held.set(held, next);
    }
    return free === undefined ? NONE : this.#release(free);
  }

  /** Every span that waits, which from now on waits no longer. */
  takeAll(): readonly HeldSpan[] {
    return this.#release([...this.#held.keys()]);
  }

  #release(spans: readonly HeldSpan[]): readonly HeldSpan[] {
    for (const held of spans) this.#held.delete(held);
    return spans;
  }
}

/**
 * The open span that a span which has ended must wait for.
 *
 * `job_entrypoint` ends before its session when the entry function returns early, and as the root
 * it has to carry the session's first words and last answer. Up to 1.7.1 a quick tool ends before
 * the `llm_node` that asked for it, which alone records the call's id.
 */
export function waitsFor(span: ReadableSpan, node: SpanNode): SpanNode | undefined {
  if (node.livekitName === LiveKitSpan.JOB_ENTRYPOINT) {
    return node.sessionsBelow.find((session) => session.span !== undefined);
  }
  if (node.livekitName !== LiveKitSpan.FUNCTION_TOOL) return undefined;
  if (span.attributes['gen_ai.tool.call.id'] !== undefined) return undefined;
  const turn = node.parent;
  if (turn?.span === undefined || turn.modelNode?.span === undefined) return undefined;
  return turn.modelNode;
}
