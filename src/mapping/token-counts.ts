import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr } from '../semconv/raw-attributes.js';
import { asFiniteNumber, isRecord, readNumber, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

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
 * backends price them; a call that reports 0 in and 0 out (failed or interrupted) has no counts.
 */
export function putTokenCounts(mapping: SpanMapping): void {
  const raw = mapping.raw;
  const metrics = mapping.modelMetrics();
  const prompt = readNumber(raw, PROMPT) ?? first(metrics, ['promptTokens', 'inputTokens']);
  const completion =
    readNumber(raw, COMPLETION) ?? first(metrics, ['completionTokens', 'outputTokens']);
  if (prompt === undefined && completion === undefined) return;
  if ((prompt ?? 0) === 0 && (completion ?? 0) === 0) {
    withholdUsage(mapping);
    return;
  }
  const put = (key: string, value: number | undefined): void => mapping.put(key, value);
  put(S.LLM_TOKEN_COUNT_PROMPT, prompt);
  put(S.LLM_TOKEN_COUNT_COMPLETION, completion);
  put(S.LLM_TOKEN_COUNT_TOTAL, (prompt ?? 0) + (completion ?? 0));
  const input = promptDetails(raw, metrics, prompt ?? 0);
  put(S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ, positive(input.cacheRead));
  put(S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE, positive(input.cacheWrite));
  put(S.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO, positive(input.audio));
  const output = completionDetails(raw, metrics, completion ?? 0);
  put(S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO, positive(output.audio));
  put(S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING, positive(output.reasoning));
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

interface PromptDetails {
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly audio: number;
}

/**
 * Cached audio tokens count as cached. Where the overlap is not recorded, audio takes what the
 * total leaves it.
 */
function promptDetails(
  raw: Attributes,
  metrics: JsonRecord | undefined,
  prompt: number,
): PromptDetails {
  const details = record(metrics, 'inputTokenDetails');
  const cacheRead = Math.min(
    prompt,
    readNumber(raw, CACHE_READ) ??
      first(details, ['cachedTokens']) ??
      first(metrics, ['promptCachedTokens']) ??
      0,
  );
  const cacheWrite = Math.min(
    prompt - cacheRead,
    readNumber(raw, CACHE_WRITE) ?? first(metrics, ['cacheCreationTokens']) ?? 0,
  );
  const audio = readNumber(raw, AUDIO_IN) ?? first(details, ['audioTokens']) ?? 0;
  const cachedAudio = first(record(details, 'cachedTokensDetails'), ['audioTokens']) ?? 0;
  const rest = prompt - cacheRead - cacheWrite;
  return { cacheRead, cacheWrite, audio: Math.min(audio - cachedAudio, rest) };
}

interface CompletionDetails {
  readonly audio: number;
  readonly reasoning: number;
}

/** A model reasons in text: reasoning takes what audio leaves it. */
function completionDetails(
  raw: Attributes,
  metrics: JsonRecord | undefined,
  completion: number,
): CompletionDetails {
  const details = record(metrics, 'outputTokenDetails');
  const audio = Math.min(
    completion,
    readNumber(raw, AUDIO_OUT) ?? first(details, ['audioTokens']) ?? 0,
  );
  return { audio, reasoning: Math.min(completion - audio, readNumber(raw, REASONING) ?? 0) };
}

function record(of: JsonRecord | undefined, key: string): JsonRecord | undefined {
  const value = of?.[key];
  return isRecord(value) ? value : undefined;
}

function first(of: JsonRecord | undefined, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = asFiniteNumber(of?.[key]);
    if (value !== undefined) return value;
  }
  return undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
