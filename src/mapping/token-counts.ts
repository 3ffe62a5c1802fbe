import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { asFiniteNumber, asRecord, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

// Each count is read from the convention's spelling, LiveKit's own, and last from its metrics JSON,
// which alone has the details up to 1.7.1.
const PROMPT = usageKeys('input_tokens', 'prompt_tokens');
const COMPLETION = usageKeys('output_tokens', 'completion_tokens');
const CACHE_READ = usageKeys('cache_read.input_tokens', 'input_cached_tokens');
const CACHE_WRITE = usageKeys('cache_write.input_tokens', 'cache_creation.input_tokens');
const AUDIO_IN = usageKeys('audio.input_tokens', 'input_audio_tokens');
const AUDIO_OUT = usageKeys('audio.output_tokens', 'output_audio_tokens');
const REASONING = usageKeys('reasoning.output_tokens', 'reasoning_tokens');

function usageKeys(...names: readonly string[]): readonly string[] {
  return names.map((name) => GenAiAttr.USAGE_PREFIX + name);
}

/**
 * Puts `llm.token_count.*`. Details are subsets of the totals and disjoint from one another, as
 * backends price them. A call that reports 0 in and 0 out (failed or interrupted) has no counts.
 */
export function putTokenCounts(mapping: SpanMapping): void {
  const { raw } = mapping;
  const metrics = mapping.modelMetrics();
  const prompt = readCount(raw, PROMPT) ?? readCount(metrics, ['promptTokens', 'inputTokens']);
  const completion =
    readCount(raw, COMPLETION) ?? readCount(metrics, ['completionTokens', 'outputTokens']);
  if (prompt === undefined && completion === undefined) return;
  if ((prompt ?? 0) === 0 && (completion ?? 0) === 0) return mapping.omitUsage();
  mapping.put(S.LLM_TOKEN_COUNT_PROMPT, prompt);
  mapping.put(S.LLM_TOKEN_COUNT_COMPLETION, completion);
  mapping.put(S.LLM_TOKEN_COUNT_TOTAL, (prompt ?? 0) + (completion ?? 0));

  const input = asRecord(metrics['inputTokenDetails']);
  const cacheRead =
    readCount(raw, CACHE_READ) ??
    readCount(input, ['cachedTokens']) ??
    readCount(metrics, ['promptCachedTokens']);
  const cacheWrite = readCount(raw, CACHE_WRITE) ?? readCount(metrics, ['cacheCreationTokens']);
  const audioIn = readCount(raw, AUDIO_IN) ?? readCount(input, ['audioTokens']) ?? 0;
  // Cached audio tokens count as cached.
  const cachedAudio = readCount(asRecord(input?.['cachedTokensDetails']), ['audioTokens']) ?? 0;
  let left = prompt ?? 0;
  left = putDetail(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ, cacheRead, left);
  left = putDetail(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE, cacheWrite, left);
  putDetail(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO, audioIn - cachedAudio, left);

  const output = asRecord(metrics['outputTokenDetails']);
  const audioOut = readCount(raw, AUDIO_OUT) ?? readCount(output, ['audioTokens']);
  const reasoning = readCount(raw, REASONING);
  left = completion ?? 0;
  left = putDetail(mapping, S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO, audioOut, left);
  putDetail(mapping, S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING, reasoning, left);
}

/** Where the overlap of details is not recorded, each takes what those before leave of the total. */
function putDetail(
  mapping: SpanMapping,
  key: string,
  reported: number | undefined,
  left: number,
): number {
  const count = Math.min(left, reported ?? 0);
  if (count > 0) mapping.put(key, count);
  return left - count;
}

/** The first of these that is a count; -1 means unknown and is no count. */
function readCount(of: JsonRecord | undefined, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = asFiniteNumber(of?.[key]);
    if (value !== undefined && value >= 0) return value;
  }
  return undefined;
}
