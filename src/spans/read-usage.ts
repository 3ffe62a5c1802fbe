import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { asCount, type NormalizedUsage } from './usage.js';

type Count = keyof NormalizedUsage;
type Path = readonly [string] | readonly [string, string];

/**
 * Where each count stands: OpenAI chat, OpenAI responses and realtime, Anthropic, AI SDK 4 and
 * LiveKit's metrics, AI SDK 5, AI SDK 6, and the AI SDK's provider interface. The first that is
 * there counts.
 */
const PATHS: Readonly<Record<Count, readonly Path[]>> = {
  prompt: [
    ['prompt_tokens'],
    ['input_tokens'],
    ['promptTokens'],
    ['inputTokens'],
    ['inputTokens', 'total'],
  ],
  completion: [
    ['completion_tokens'],
    ['output_tokens'],
    ['completionTokens'],
    ['outputTokens'],
    ['outputTokens', 'total'],
  ],
  total: [['total_tokens'], ['totalTokens']],
  cacheRead: [
    ['prompt_tokens_details', 'cached_tokens'],
    ['input_tokens_details', 'cached_tokens'],
    ['input_token_details', 'cached_tokens'],
    ['cache_read_input_tokens'],
    ['inputTokenDetails', 'cacheReadTokens'],
    ['inputTokens', 'cacheRead'],
    ['cachedInputTokens'],
    ['promptCachedTokens'],
  ],
  cacheWrite: [
    ['cache_creation_input_tokens'],
    ['inputTokenDetails', 'cacheWriteTokens'],
    ['inputTokens', 'cacheWrite'],
  ],
  promptAudio: [
    ['prompt_tokens_details', 'audio_tokens'],
    ['input_token_details', 'audio_tokens'],
  ],
  reasoning: [
    ['completion_tokens_details', 'reasoning_tokens'],
    ['output_tokens_details', 'reasoning_tokens'],
    ['outputTokenDetails', 'reasoningTokens'],
    ['outputTokens', 'reasoning'],
    ['reasoningTokens'],
  ],
  completionAudio: [
    ['completion_tokens_details', 'audio_tokens'],
    ['output_token_details', 'audio_tokens'],
  ],
};

/** Anthropic counts cached tokens beside its input tokens, everybody else among them. */
const CACHE_BESIDE_INPUT = ['cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

/**
 * Reads the usage that an SDK reports, or the answer that carries it as `usage`: the counts that are
 * there, without a total that nobody reported. Empty for anything else. Counts that are no numbers
 * from 0 are left out.
 */
export function readUsage(reported: unknown): NormalizedUsage {
  try {
    const usage = readCounts(reported);
    if (Object.keys(usage).length > 0 || !isRecord(reported)) return usage;
    return readCounts(reported['usage']);
  } catch {
    return {};
  }
}

function readCounts(reported: unknown): NormalizedUsage {
  if (!isRecord(reported)) return {};
  const usage: { -readonly [count in Count]?: number } = {};
  let count: Count;
  for (count in PATHS) {
    const tokens = readCount(reported, PATHS[count]);
    if (tokens !== undefined) usage[count] = tokens;
  }
  if (usage.prompt !== undefined && CACHE_BESIDE_INPUT.some((key) => key in reported)) {
    usage.prompt += (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
  }
  return usage;
}

function readCount(reported: JsonRecord, paths: readonly Path[]): number | undefined {
  for (const [key, inner] of paths) {
    const value = reported[key];
    const at = inner === undefined ? value : isRecord(value) ? value[inner] : undefined;
    const tokens = asCount(at);
    if (tokens !== undefined) return tokens;
  }
  return undefined;
}
