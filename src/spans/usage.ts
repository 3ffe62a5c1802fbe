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
  ['cacheRead', Attr.TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ, 'prompt'],
  ['cacheWrite', Attr.TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE, 'prompt'],
  ['promptAudio', Attr.TOKEN_COUNT_PROMPT_DETAILS_AUDIO, 'prompt'],
  ['reasoning', Attr.TOKEN_COUNT_COMPLETION_DETAILS_REASONING, 'completion'],
  ['completionAudio', Attr.TOKEN_COUNT_COMPLETION_DETAILS_AUDIO, 'completion'],
] as const satisfies readonly (readonly [keyof NormalizedUsage, string, string?])[];

/** The usage after a further report on the same call: a stream counts in several steps. */
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

/**
 * Usage as attributes. Backends price the details as parts that share nothing. Where they overlap,
 * as cached audio does, each takes what those before it leave of its total.
 */
export function usageAttributes(usage: NormalizedUsage): readonly (readonly [string, number])[] {
  const left = { prompt: usage.prompt ?? Infinity, completion: usage.completion ?? Infinity };
  const attributes: [string, number][] = [];
  for (const [count, key, total] of ATTRIBUTES) {
    const reported = usage[count];
    if (reported === undefined) continue;
    const tokens = total === undefined ? reported : Math.min(reported, left[total]);
    if (total !== undefined) left[total] -= tokens;
    attributes.push([key, tokens]);
  }
  return attributes;
}

type Count = keyof NormalizedUsage;
type Paths = Readonly<Partial<Record<Count, readonly string[]>>>;

/**
 * Where each count is: OpenAI chat, OpenAI responses and realtime, Anthropic, AI SDK 4 and
 * LiveKit's metrics, AI SDK 5, AI SDK 6, and the AI SDK's provider interface.
 */
const PATHS: Paths = {
  prompt: ['prompt_tokens', 'input_tokens', 'promptTokens', 'inputTokens', 'inputTokens.total'],
  completion: [
    'completion_tokens',
    'output_tokens',
    'completionTokens',
    'outputTokens',
    'outputTokens.total',
  ],
  total: ['total_tokens', 'totalTokens'],
  cacheRead: [
    'prompt_tokens_details.cached_tokens',
    'input_tokens_details.cached_tokens',
    'input_token_details.cached_tokens',
    'cache_read_input_tokens',
    'inputTokenDetails.cacheReadTokens',
    'inputTokenDetails.cachedTokens',
    'inputTokens.cacheRead',
    'cachedInputTokens',
    'promptCachedTokens',
  ],
  cacheWrite: [
    'cache_creation_input_tokens',
    'inputTokenDetails.cacheWriteTokens',
    'inputTokens.cacheWrite',
    'cacheCreationTokens',
  ],
  promptAudio: [
    'prompt_tokens_details.audio_tokens',
    'input_token_details.audio_tokens',
    'inputTokenDetails.audioTokens',
  ],
  reasoning: [
    'completion_tokens_details.reasoning_tokens',
    'output_tokens_details.reasoning_tokens',
    'outputTokenDetails.reasoningTokens',
    'outputTokens.reasoning',
    'reasoningTokens',
  ],
  completionAudio: [
    'completion_tokens_details.audio_tokens',
    'output_token_details.audio_tokens',
    'outputTokenDetails.audioTokens',
  ],
};

/** As `recordTokens` takes them. */
const COUNTED_BY_HAND: Paths = {
  prompt: ['prompt'],
  completion: ['completion'],
  total: ['total'],
};

/** Tokens as they were counted by hand, without what is no number from 0. */
export function readTokenCounts(tokens: unknown): NormalizedUsage {
  return readCounts(tokens, COUNTED_BY_HAND);
}

/**
 * Reads the usage that an SDK reports, or the answer that carries it as `usage`: the counts that are
 * there, without a total that nobody reported. Empty for anything else. Counts that are no numbers
 * from 0 are left out.
 */
export function readUsage(reported: unknown): NormalizedUsage {
  try {
    const usage = readReport(reported);
    if (Object.keys(usage).length > 0 || !isRecord(reported)) return usage;
    return readReport(reported['usage']);
  } catch {
    return {};
  }
}

/** Anthropic counts cached tokens apart from its input tokens, everybody else among them. */
function readReport(reported: unknown): NormalizedUsage {
  const usage = readCounts(reported, PATHS);
  const isCacheApart =
    isRecord(reported) &&
    ('cache_read_input_tokens' in reported || 'cache_creation_input_tokens' in reported);
  if (usage.prompt === undefined || !isCacheApart) return usage;
  return { ...usage, prompt: usage.prompt + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0) };
}

/** The first path of each count that leads to one. */
function readCounts(reported: unknown, paths: Paths): NormalizedUsage {
  const usage: { -readonly [count in Count]?: number } = {};
  let count: Count;
  for (count in paths) {
    for (const path of paths[count] ?? []) {
      let at = reported;
      for (const key of path.split('.')) at = isRecord(at) ? at[key] : undefined;
      const tokens = asCount(at);
      if (tokens === undefined) continue;
      usage[count] = tokens;
      break;
    }
  }
  return usage;
}
