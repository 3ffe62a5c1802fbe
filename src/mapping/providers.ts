import { LLMProvider, LLMSystem } from '@arizeai/openinference-semantic-conventions';

interface Provider {
  readonly provider: string;
  readonly system: string;
}

/**
 * OpenInference's names for the providers that LiveKit reports in OpenTelemetry's registry spelling
 * (`telemetry/trace_types.ts`, `GEN_AI_PROVIDER_NAMES`). The OpenAI plugin reports the host of its
 * base URL, so hosts stand here too. A provider that is not listed keeps its own name: a host that
 * merely speaks OpenAI's protocol is not OpenAI.
 */
const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ['openai', { provider: LLMProvider.OPENAI, system: LLMSystem.OPENAI }],
  ['api.openai.com', { provider: LLMProvider.OPENAI, system: LLMSystem.OPENAI }],
  ['azure.ai.openai', { provider: LLMProvider.AZURE, system: LLMSystem.OPENAI }],
  ['azure.ai.inference', { provider: LLMProvider.AZURE, system: 'azure.ai.inference' }],
  ['anthropic', { provider: LLMProvider.ANTHROPIC, system: LLMSystem.ANTHROPIC }],
  ['api.anthropic.com', { provider: LLMProvider.ANTHROPIC, system: LLMSystem.ANTHROPIC }],
  ['cohere', { provider: LLMProvider.COHERE, system: LLMSystem.COHERE }],
  ['mistral_ai', { provider: LLMProvider.MISTRALAI, system: LLMSystem.MISTRALAI }],
  ['mistralai', { provider: LLMProvider.MISTRALAI, system: LLMSystem.MISTRALAI }],
  ['api.mistral.ai', { provider: LLMProvider.MISTRALAI, system: LLMSystem.MISTRALAI }],
  ['gcp.gemini', { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI }],
  ['gcp.vertex_ai', { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI }],
  ['gcp.gen_ai', { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI }],
  ['gemini', { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI }],
  ['google', { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI }],
  ['aws.bedrock', { provider: LLMProvider.AWS, system: LLMSystem.AMAZON }],
  ['x_ai', { provider: LLMProvider.XAI, system: 'xai' }],
  ['xai', { provider: LLMProvider.XAI, system: 'xai' }],
  ['api.x.ai', { provider: LLMProvider.XAI, system: 'xai' }],
  ['deepseek', { provider: LLMProvider.DEEPSEEK, system: 'deepseek' }],
  ['api.deepseek.com', { provider: LLMProvider.DEEPSEEK, system: 'deepseek' }],
  ['groq', { provider: LLMProvider.GROQ, system: 'groq' }],
  ['api.groq.com', { provider: LLMProvider.GROQ, system: 'groq' }],
  ['perplexity', { provider: LLMProvider.PERPLEXITY, system: 'perplexity' }],
  ['api.cerebras.ai', { provider: LLMProvider.CEREBRAS, system: 'cerebras' }],
  ['api.fireworks.ai', { provider: LLMProvider.FIREWORKS, system: 'fireworks' }],
  ['api.together.xyz', { provider: LLMProvider.TOGETHER, system: 'together' }],
]);

/** LiveKit's word for a provider that it does not know, as of a fallback adapter. */
const UNKNOWN = 'unknown';

/** OpenInference's `llm.provider` and `llm.system` of a reported provider; `undefined` if unknown. */
export function mapProvider(reported: string | undefined): Provider | undefined {
  if (reported === undefined || reported === UNKNOWN) return undefined;
  return PROVIDERS.get(reported.toLowerCase()) ?? { provider: reported, system: reported };
}
