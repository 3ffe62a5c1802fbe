import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { isSpanKind } from '../mapping/span-kind.js';

/** What is asked of a span that has ended, as it was mapped. */
export interface EndedCall {
  readonly spanId: string;
  /** Of a parent in this process. */
  readonly parentSpanId: string | undefined;
  readonly kind: string;
  /** Whether it reports tokens. */
  readonly hasCounts: boolean;
}

/** Open parents at most: one that never ends is forgotten before it becomes a leak. */
const MAX_COVERED = 4096;

const COUNTS = 'llm.token_count.';
/** What backends count a call by, or make a model call of. */
const STRIPPED =
  /^(?:llm\.token_count\.|llm\.cost\.|gen_ai\.usage\.|llm\.(?:request\.|response\.)?model_name$|gen_ai\.operation\.name$|gen_ai\.(?:request|response)\.model$)/u;

/**
 * The safety net below the rule of owners, for instrumentations that are not ours: of an LLM span
 * with counts inside another one only the inner counts. Children end first, so the outer one is
 * known to be covered when it ends. Spans that are siblings, or in other traces, it cannot see.
 *
 * A tool in between ends it: a model that a tool calls is billed beside the call that asked for the
 * tool.
 */
export class CountedOnce {
  readonly #covered = new Set<string>();

  /** Whether this span has to give its counts up; to be called once for each span, as it ends. */
  end({ spanId, parentSpanId, kind, hasCounts }: EndedCall): boolean {
    const isCovered = this.#covered.delete(spanId);
    const isCall = isSpanKind(kind, OpenInferenceSpanKind.LLM);
    const isTool = isSpanKind(kind, OpenInferenceSpanKind.TOOL);
    const covers = isCovered || (isCall && hasCounts);
    if (covers && !isTool && parentSpanId !== undefined) this.#cover(parentSpanId);
    return isCovered && isCall && hasCounts;
  }

  #cover(spanId: string): void {
    this.#covered.add(spanId);
    if (this.#covered.size <= MAX_COVERED) return;
    const [oldest] = this.#covered;
    if (oldest !== undefined) this.#covered.delete(oldest);
  }
}

/** Whether attributes of these keys report tokens. */
export function reportsTokens(keys: Iterable<string>): boolean {
  for (const key of keys) if (key.startsWith(COUNTS)) return true;
  return false;
}

/** The attributes of a call that is counted below: a step without tokens. */
export function withoutCounts<Entry extends { readonly key: string; readonly value: unknown }>(
  entries: readonly Entry[],
): readonly (Entry | { readonly key: string; readonly value: string })[] {
  return entries
    .filter(({ key }) => !STRIPPED.test(key))
    .map((entry) =>
      entry.key === S.OPENINFERENCE_SPAN_KIND
        ? { key: entry.key, value: OpenInferenceSpanKind.CHAIN }
        : entry,
    );
}
