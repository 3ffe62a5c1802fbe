import { asFiniteNumber, isRecord } from '../mapping/read-attributes.js';
import { Attr } from '../semconv/attribute-keys.js';

/** Tokens of one model call, as you count them. */
export interface TokenCounts {
  /** Tokens of the prompt, cached ones included. */
  readonly prompt?: number | undefined;
  /** Tokens of the completion, reasoning included. */
  readonly completion?: number | undefined;
  /** Both together. Added up from the two when absent. */
  readonly total?: number | undefined;
}

/** Usage of one model call in one form, whichever SDK reported it. A count nobody reported is absent. */
export interface NormalizedUsage {
  /** Tokens of the prompt, cached and audio ones included. */
  readonly prompt?: number;
  /** Tokens of the completion, reasoning and audio included. */
  readonly completion?: number;
  /** As reported, else prompt and completion together. */
  readonly total?: number;
  /** Tokens of the prompt that came from a cache. */
  readonly cacheRead?: number;
  /** Tokens of the prompt that were written to a cache. */
  readonly cacheWrite?: number;
  /** Audio tokens of the prompt. */
  readonly promptAudio?: number;
  /** Tokens of the completion that the model thought with. */
  readonly reasoning?: number;
  /** Audio tokens of the completion. */
  readonly completionAudio?: number;
}

const ATTRIBUTES = [
  ['prompt', Attr.TOKEN_COUNT_PROMPT],
  ['completion', Attr.TOKEN_COUNT_COMPLETION],
  ['total', Attr.TOKEN_COUNT_TOTAL],
  ['cacheRead', Attr.TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ],
  ['cacheWrite', Attr.TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE],
  ['promptAudio', Attr.TOKEN_COUNT_PROMPT_DETAILS_AUDIO],
  ['reasoning', Attr.TOKEN_COUNT_COMPLETION_DETAILS_REASONING],
  ['completionAudio', Attr.TOKEN_COUNT_COMPLETION_DETAILS_AUDIO],
] as const satisfies readonly (readonly [keyof NormalizedUsage, string])[];

/** Tokens as they were counted by hand, without what is no number from 0. */
export function readTokenCounts(given: unknown): NormalizedUsage {
  if (!isRecord(given)) return {};
  const prompt = asCount(given['prompt']);
  const completion = asCount(given['completion']);
  const total = asCount(given['total']);
  return {
    ...(prompt !== undefined && { prompt }),
    ...(completion !== undefined && { completion }),
    ...(total !== undefined && { total }),
  };
}

/** What holds after a further report on the same call: a stream counts in several steps. */
export function addReport(before: NormalizedUsage, report: NormalizedUsage): NormalizedUsage {
  const { total: _, ...counted } = before;
  return withTotal({ ...counted, ...report });
}

/** With the total, where nobody reported it: what is known of prompt and completion together. */
export function withTotal(usage: NormalizedUsage): NormalizedUsage {
  const { prompt, completion, total } = usage;
  if (total !== undefined || (prompt === undefined && completion === undefined)) return usage;
  return { ...usage, total: (prompt ?? 0) + (completion ?? 0) };
}

/** A number of tokens; `undefined` for what can be none. */
export function asCount(value: unknown): number | undefined {
  const count = asFiniteNumber(value);
  return count !== undefined && count >= 0 ? count : undefined;
}

/** Usage as attributes. */
export function usageAttributes(usage: NormalizedUsage): readonly (readonly [string, number])[] {
  return ATTRIBUTES.flatMap(([count, key]) => {
    const tokens = usage[count];
    return tokens === undefined ? [] : [[key, tokens] as const];
  });
}
