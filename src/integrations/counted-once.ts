import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { HrTime } from '@opentelemetry/api';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { MappedSpan } from '../mapping/mapped-span.js';

/** Open parents at most, and answers: one that never ends is forgotten before it becomes a leak. */
const MAX_KEPT = 4096;

const COUNTS = 'llm.token_count.';
/** What backends count a call by, or make a model call of. */
const STRIPPED =
  /^(?:llm\.token_count\.|llm\.cost\.|gen_ai\.usage\.|llm\.(?:request\.|response\.)?model_name$|gen_ai\.operation\.name$|gen_ai\.(?:request|response)\.model$)/u;

/**
 * The safety net below the rule of owners, for instrumentations that are not ours: of two nested LLM
 * spans with counts only the inner one counts. Children end first, so the outer one is known to be
 * covered when it ends. Two reports of one call that are siblings, or in other traces, have the same
 * provider's id of the answer (LangChain that reports to LangSmith alone).
 *
 * With a tool in between both count: a model that a tool calls is billed in addition to the call
 * that asked for the tool.
 */
export class CountedOnce {
  readonly #covered = new Set<string>();
  readonly #answers = new Map<string, Answer>();

  /**
   * Takes every span as it is sent, and answers what to send: itself, or a step without counts.
   * LiveKit's own request gives way to a call below it in `session/propagation.ts`.
   */
  count(span: MappedSpan): MappedSpan {
    const kind = span.get(S.OPENINFERENCE_SPAN_KIND);
    const isCovered = this.#covered.delete(span.spanContext().spanId);
    const reports = kind === 'LLM' && reportsTokens(span);
    const isLiveKit = span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
    const isRepeated = reports && !isLiveKit && this.#isRepeated(span);
    const covers = (isCovered && kind !== 'TOOL') || reports;
    const parentSpanId = span.parentSpanContext?.spanId;
    if (covers && parentSpanId !== undefined) {
      this.#covered.add(parentSpanId);
      dropOldest(this.#covered);
    }
    return isRepeated || (isCovered && reports && !isLiveKit) ? withoutCounts(span) : span;
  }

  /**
   * Whether another span has counted the same answer. Ids alone are not enough: Ollama has only a
   * thousand of them. The other report has another name, and ran within this one.
   */
  #isRepeated(span: MappedSpan): boolean {
    const { name, startTime, endTime } = span;
    const id = span.get('gen_ai.response.id');
    if (typeof id !== 'string') return false;
    const other = this.#answers.get(id);
    this.#answers.set(id, { name, startTime, endTime });
    dropOldest(this.#answers);
    if (other === undefined || other.name === name) return false;
    return !isBefore(other.startTime, startTime) && !isBefore(endTime, other.endTime);
  }
}

type Answer = Pick<MappedSpan, 'name' | 'startTime' | 'endTime'>;

/** Frameworks truncate the times of their runs to milliseconds, and measure them by another clock. */
const TOLERANCE_MILLIS = 5;

function isBefore(time: HrTime, other: HrTime): boolean {
  const millis = (other[0] - time[0]) * 1e3 + (other[1] - time[1]) / 1e6;
  return millis > TOLERANCE_MILLIS;
}

function dropOldest(kept: Set<string> | Map<string, unknown>): void {
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
}

function reportsTokens({ entries }: MappedSpan): boolean {
  return entries.some(({ key }) => key.startsWith(COUNTS));
}

function withoutCounts(span: MappedSpan): MappedSpan {
  const kind = S.OPENINFERENCE_SPAN_KIND;
  const entries = span.entries
    .filter(({ key }) => !STRIPPED.test(key))
    .map((entry) => (entry.key === kind ? { ...entry, value: 'CHAIN' } : entry));
  return new MappedSpan(span, { entries });
}
