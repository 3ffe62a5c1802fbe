import { LLMProvider, LLMSystem } from '@arizeai/openinference-semantic-conventions';

interface Provider {
  readonly provider: string;
  readonly system: string;
}

const OPENAI: Provider = { provider: LLMProvider.OPENAI, system: LLMSystem.OPENAI };
const AZURE_OPENAI: Provider = { provider: LLMProvider.AZURE, system: LLMSystem.OPENAI };
const AZURE: Provider = { provider: LLMProvider.AZURE, system: 'azure.ai.inference' };
const ANTHROPIC: Provider = { provider: LLMProvider.ANTHROPIC, system: LLMSystem.ANTHROPIC };
const COHERE: Provider = { provider: LLMProvider.COHERE, system: LLMSystem.COHERE };
const MISTRAL: Provider = { provider: LLMProvider.MISTRALAI, system: LLMSystem.MISTRALAI };
const GOOGLE: Provider = { provider: LLMProvider.GOOGLE, system: LLMSystem.VERTEXAI };
const AWS: Provider = { provider: LLMProvider.AWS, system: LLMSystem.AMAZON };
const XAI: Provider = { provider: LLMProvider.XAI, system: 'xai' };
const DEEPSEEK: Provider = { provider: LLMProvider.DEEPSEEK, system: 'deepseek' };
const GROQ: Provider = { provider: LLMProvider.GROQ, system: 'groq' };
const MOONSHOT: Provider = { provider: LLMProvider.MOONSHOT, system: 'moonshot' };
const PERPLEXITY: Provider = { provider: LLMProvider.PERPLEXITY, system: 'perplexity' };
const CEREBRAS: Provider = { provider: LLMProvider.CEREBRAS, system: 'cerebras' };
const FIREWORKS: Provider = { provider: LLMProvider.FIREWORKS, system: 'fireworks' };
const TOGETHER: Provider = { provider: LLMProvider.TOGETHER, system: 'together' };
const WATSONX: Provider = { provider: 'ibm.watsonx.ai', system: 'ibm.watsonx.ai' };

/**
 * OpenInference's names for the providers that LiveKit reports: from 1.8 in OpenTelemetry's registry
 * spelling (`telemetry/trace_types.ts`, `GEN_AI_PROVIDER_NAMES`), before as each plugin calls itself
 * ("AWS Bedrock", "MistralAI"). Keyed by letters and digits alone, which all spellings share.
 */
const BY_NAME: ReadonlyMap<string, Provider> = new Map([
  ['openai', OPENAI],
  ['azureaiopenai', AZURE_OPENAI],
  ['azureopenai', AZURE_OPENAI],
  ['azureaiinference', AZURE],
  ['anthropic', ANTHROPIC],
  ['cohere', COHERE],
  ['mistral', MISTRAL],
  ['mistralai', MISTRAL],
  ['gcpgemini', GOOGLE],
  ['gcpvertexai', GOOGLE],
  ['gcpgenai', GOOGLE],
  ['gemini', GOOGLE],
  ['google', GOOGLE],
  ['googlegenai', GOOGLE],
  ['vertexai', GOOGLE],
  ['awsbedrock', AWS],
  ['amazonbedrock', AWS],
  ['bedrock', AWS],
  ['amazon', AWS],
  ['xai', XAI],
  ['deepseek', DEEPSEEK],
  ['groq', GROQ],
  ['moonshot', MOONSHOT],
  ['moonshotai', MOONSHOT],
  ['perplexity', PERPLEXITY],
  ['cerebras', CEREBRAS],
  ['fireworks', FIREWORKS],
  ['together', TOGETHER],
  ['watsonx', WATSONX],
  ['ibmwatsonxai', WATSONX],
]);

/** The OpenAI plugin reports the host of its base URL. Each of these is the end of a host. */
const BY_HOST: readonly (readonly [string, Provider])[] = [
  ['api.openai.com', OPENAI],
  ['.openai.azure.com', AZURE_OPENAI],
  ['.services.ai.azure.com', AZURE],
  ['api.anthropic.com', ANTHROPIC],
  ['api.cohere.ai', COHERE],
  ['api.cohere.com', COHERE],
  ['api.mistral.ai', MISTRAL],
  ['generativelanguage.googleapis.com', GOOGLE],
  ['aiplatform.googleapis.com', GOOGLE],
  ['api.x.ai', XAI],
  ['api.deepseek.com', DEEPSEEK],
  ['api.groq.com', GROQ],
  ['api.moonshot.ai', MOONSHOT],
  ['api.moonshot.cn', MOONSHOT],
  ['api.perplexity.ai', PERPLEXITY],
  ['api.cerebras.ai', CEREBRAS],
  ['api.fireworks.ai', FIREWORKS],
  ['api.together.xyz', TOGETHER],
];

/** Bedrock's endpoints alone: every other service of AWS shares their domain. */
function isBedrockHost(name: string): boolean {
  return name.startsWith('bedrock') && name.endsWith('.amazonaws.com');
}

/** LiveKit's word for a provider that it does not know, as of a fallback adapter. */
const UNKNOWN = 'unknown';

/**
 * OpenInference's `llm.provider` and `llm.system` of a reported provider; `undefined` if unknown.
 * One that is not listed keeps its own name: a host that merely speaks OpenAI's protocol is not
 * OpenAI.
 */
export function mapProvider(reported: string | undefined): Provider | undefined {
  if (reported === undefined || reported === UNKNOWN) return undefined;
  const name = reported.toLowerCase();
  const known = BY_NAME.get(name) ?? BY_NAME.get(name.replaceAll(/[^a-z0-9]/gu, ''));
  if (known !== undefined) return known;
  if (isBedrockHost(name)) return AWS;
  for (const [host, provider] of BY_HOST) if (name.endsWith(host)) return provider;
  return { provider: reported, system: reported };
}
