import { describe, expect, it } from 'vitest';
import { readUsage, usageAttributes, withTotal } from '../../src/spans/usage.js';

const SHAPES: readonly (readonly [name: string, reported: unknown, usage: object])[] = [
  [
    'OpenAI chat',
    {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 8, audio_tokens: 2 },
    },
    {
      prompt: 100,
      completion: 20,
      total: 120,
      cacheRead: 64,
      promptAudio: 5,
      reasoning: 8,
      completionAudio: 2,
    },
  ],
  [
    'OpenAI responses',
    {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 64 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 8 },
      total_tokens: 120,
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 64, reasoning: 8 },
  ],
  [
    'Anthropic, whose input tokens leave out the cache',
    {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 60,
      output_tokens: 20,
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 60, cacheWrite: 30 },
  ],
  [
    'Anthropic without a cache',
    {
      input_tokens: 10,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 2,
    },
    { prompt: 10, completion: 2, total: 12 },
  ],
  [
    'AI SDK 4',
    { promptTokens: 100, completionTokens: 20, totalTokens: 120 },
    { prompt: 100, completion: 20, total: 120 },
  ],
  [
    'AI SDK 4 that does not know',
    { promptTokens: NaN, completionTokens: NaN, totalTokens: NaN },
    {},
  ],
  [
    'AI SDK 5',
    {
      inputTokens: 100,
      outputTokens: 20,
      totalTokens: 120,
      reasoningTokens: 8,
      cachedInputTokens: 64,
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 64, reasoning: 8 },
  ],
  [
    'AI SDK 6',
    {
      inputTokens: 100,
      inputTokenDetails: { noCacheTokens: 6, cacheReadTokens: 64, cacheWriteTokens: 30 },
      outputTokens: 20,
      outputTokenDetails: { textTokens: 12, reasoningTokens: 8 },
      totalTokens: 120,
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 64, cacheWrite: 30, reasoning: 8 },
  ],
  [
    "the AI SDK's providers",
    {
      inputTokens: { total: 100, noCache: 6, cacheRead: 64, cacheWrite: 30 },
      outputTokens: { total: 20, text: 12, reasoning: 8 },
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 64, cacheWrite: 30, reasoning: 8 },
  ],
  [
    "LiveKit's metrics of an LLM",
    {
      type: 'llm_metrics',
      promptTokens: 100,
      completionTokens: 20,
      totalTokens: 120,
      promptCachedTokens: 64,
      cacheCreationTokens: 30,
    },
    { prompt: 100, completion: 20, total: 120, cacheRead: 64, cacheWrite: 30 },
  ],
  [
    "LiveKit's metrics of a realtime model",
    {
      type: 'realtime_model_metrics',
      inputTokens: 100,
      outputTokens: 20,
      totalTokens: 120,
      inputTokenDetails: { audioTokens: 80, textTokens: 20, cachedTokens: 64 },
      outputTokenDetails: { audioTokens: 15, textTokens: 5 },
    },
    {
      prompt: 100,
      completion: 20,
      total: 120,
      cacheRead: 64,
      promptAudio: 80,
      completionAudio: 15,
    },
  ],
  [
    'an answer with its usage',
    { id: 'chatcmpl-1', usage: { prompt_tokens: 3, completion_tokens: 4 } },
    { prompt: 3, completion: 4, total: 7 },
  ],
  ['an embedding', { prompt_tokens: 9, total_tokens: 9 }, { prompt: 9, total: 9 }],
  ['a prompt alone', { input_tokens: 9 }, { prompt: 9, total: 9 }],
  ['counts that are none', { prompt_tokens: '9', completion_tokens: -1 }, {}],
  [
    'zero, which is a count',
    { prompt_tokens: 0, completion_tokens: 0 },
    { prompt: 0, completion: 0, total: 0 },
  ],
  ['nothing', undefined, {}],
  ['no object', 'usage', {}],
];

describe('usage', () => {
  it.each(SHAPES)('reads %s', (_, reported, usage) => {
    expect(withTotal(readUsage(reported))).toEqual(usage);
  });

  it('has details that share nothing, as backends price them', () => {
    const usage = readUsage({
      input_tokens: 100,
      output_tokens: 20,
      input_token_details: { cached_tokens: 64, audio_tokens: 80 },
      output_token_details: { audio_tokens: 15 },
    });
    expect(Object.fromEntries(usageAttributes(usage))).toEqual({
      'llm.token_count.prompt': 100,
      'llm.token_count.completion': 20,
      'llm.token_count.prompt_details.cache_read': 64,
      'llm.token_count.prompt_details.audio': 36,
      'llm.token_count.completion_details.audio': 15,
    });
  });

  it('survives what cannot be read', () => {
    const hostile = {
      get prompt_tokens(): never {
        throw new Error('no');
      },
    };
    expect(readUsage(hostile)).toEqual({});
  });
});
