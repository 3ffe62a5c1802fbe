import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { asFiniteNumber, isRecord, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

const TOKEN_COUNT_PREFIX = 'llm.token_count.';
const PROMPT = ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'] as const;
const COMPLETION = ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'] as const;

/**
 * Parts of the totals. Each is read from the convention's spelling, LiveKit's own, and last from
 * its metrics JSON, which alone has them up to 1.7.1.
 */
const CACHE_READ = [
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.input_cached_tokens',
] as const;
const CACHE_WRITE = [
  'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.usage.cache_creation.input_tokens',
] as const;
const AUDIO_IN = ['gen_ai.usage.audio.input_tokens', 'gen_ai.usage.input_audio_tokens'] as const;
const AUDIO_OUT = ['gen_ai.usage.audio.output_tokens', 'gen_ai.usage.output_audio_tokens'] as const;
const REASONING = [
  'gen_ai.usage.reasoning.output_tokens',
  'gen_ai.usage.reasoning_tokens',
] as const;

/**
 * Puts `llm.token_count.*`. Details are subsets of the totals and disjoint from one another, as
 * backends price them. A call that reports 0 in and 0 out (failed or interrupted) has no counts.
 */
export function putTokenCounts(mapping: SpanMapping): void {
  const raw = mapping.raw;
  const metrics = mapping.modelMetrics();
  omitNegativeCounts(mapping);
  const prompt = readCount(raw, PROMPT) ?? readCount(metrics, ['promptTokens', 'inputTokens']);
  const completion =
    readCount(raw, COMPLETION) ?? readCount(metrics, ['completionTokens', 'outputTokens']);
  if (prompt === undefined && completion === undefined) return;
  if ((prompt ?? 0) === 0 && (completion ?? 0) === 0) {
    withholdUsage(mapping);
    return;
  }
  mapping.put(S.LLM_TOKEN_COUNT_PROMPT, prompt);
  mapping.put(S.LLM_TOKEN_COUNT_COMPLETION, completion);
  mapping.put(S.LLM_TOKEN_COUNT_TOTAL, (prompt ?? 0) + (completion ?? 0));
  putPromptDetails(mapping, metrics, prompt ?? 0);
  putCompletionDetails(mapping, metrics, completion ?? 0);
}

/**
 * Leaves a call's usage to the span that has it. The raw `gen_ai.usage.*` go too: backends read
 * them where the OpenInference counts are missing, and would add the call up twice.
 */
export function withholdUsage(mapping: SpanMapping): void {
  for (const key in mapping.raw) {
    if (key.startsWith(GenAiAttr.USAGE_PREFIX)) mapping.omit(key);
  }
}

/**
 * Leaves out counts below zero, which is how providers and SDKs write "unknown" (-1), whoever set
 * them: sums of backends, session statistics and metrics would go down.
 */
export function omitNegativeCounts(mapping: SpanMapping): void {
  const { raw } = mapping;
  for (const key in raw) {
    const value = raw[key];
    if (typeof value !== 'number' || value >= 0) continue;
    if (key.startsWith(GenAiAttr.USAGE_PREFIX) || key.startsWith(TOKEN_COUNT_PREFIX)) {
      mapping.omit(key);
    }
  }
}

/**
 * Cached audio tokens count as cached. Where the overlap is not recorded, audio takes what the
 * total leaves it.
 */
function putPromptDetails(
  mapping: SpanMapping,
  metrics: JsonRecord | undefined,
  prompt: number,
): void {
  const { raw } = mapping;
  const details = record(metrics, 'inputTokenDetails');
  const reportedRead =
    readCount(raw, CACHE_READ) ??
    readCount(details, ['cachedTokens']) ??
    readCount(metrics, ['promptCachedTokens']);
  const cacheRead = Math.min(prompt, reportedRead ?? 0);
  const reportedWrite = readCount(raw, CACHE_WRITE) ?? readCount(metrics, ['cacheCreationTokens']);
  const cacheWrite = Math.min(prompt - cacheRead, reportedWrite ?? 0);
  const reportedAudio = readCount(raw, AUDIO_IN) ?? readCount(details, ['audioTokens']) ?? 0;
  const cachedAudio = readCount(record(details, 'cachedTokensDetails'), ['audioTokens']) ?? 0;
  const audio = Math.min(prompt - cacheRead - cacheWrite, reportedAudio - cachedAudio);
  putPositive(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ, cacheRead);
  putPositive(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE, cacheWrite);
  putPositive(mapping, S.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO, audio);
}

/** A model reasons in text: reasoning takes what audio leaves it. */
function putCompletionDetails(
  mapping: SpanMapping,
  metrics: JsonRecord | undefined,
  completion: number,
): void {
  const { raw } = mapping;
  const details = record(metrics, 'outputTokenDetails');
  const reportedAudio = readCount(raw, AUDIO_OUT) ?? readCount(details, ['audioTokens']);
  const audio = Math.min(completion, reportedAudio ?? 0);
  const reasoning = Math.min(completion - audio, readCount(raw, REASONING) ?? 0);
  putPositive(mapping, S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO, audio);
  putPositive(mapping, S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING, reasoning);
}

function putPositive(mapping: SpanMapping, key: string, count: number): void {
  if (count > 0) mapping.put(key, count);
}

function record(of: JsonRecord | undefined, key: string): JsonRecord | undefined {
  const value = of?.[key];
  return isRecord(value) ? value : undefined;
}

/** The first of these that is a count; -1 means unknown and is no count. */
function readCount(of: JsonRecord | undefined, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = asFiniteNumber(of?.[key]);
    if (value !== undefined && value >= 0) return value;
  }
  return undefined;
}
