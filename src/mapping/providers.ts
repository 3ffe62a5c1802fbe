import { LLMProvider as P, LLMSystem as L } from '@arizeai/openinference-semantic-conventions';

interface Provider {
  readonly provider: string;
  readonly system: string;
}

type Row = readonly [provider: string, system: string, names: readonly string[]];

/**
 * OpenInference's names for the providers that LiveKit reports: from 1.8 in OpenTelemetry's registry
 * spelling (`telemetry/trace_types.ts`, `GEN_AI_PROVIDER_NAMES`), before as each plugin calls itself
 * ("AWS Bedrock", "MistralAI"). A name is letters and digits alone, which all spellings share. The
 * OpenAI plugin reports the host of its base URL: a name with a dot is the end of a host.
 */
// prettier-ignore
const PROVIDERS: readonly Row[] = [
  [P.OPENAI, L.OPENAI, ['openai', 'api.openai.com']],
  [P.AZURE, L.OPENAI, ['azureaiopenai', 'azureopenai', '.openai.azure.com']],
  [P.AZURE, 'azure.ai.inference', ['azureaiinference', '.services.ai.azure.com']],
  [P.ANTHROPIC, L.ANTHROPIC, ['anthropic', 'api.anthropic.com']],
  [P.COHERE, L.COHERE, ['cohere', 'api.cohere.ai', 'api.cohere.com']],
  [P.MISTRALAI, L.MISTRALAI, ['mistral', 'mistralai', 'api.mistral.ai']],
  [P.GOOGLE, L.VERTEXAI, ['gcpgemini', 'gcpvertexai', 'gcpgenai', 'gemini', 'google', 'googlecloudplatform', 'googlegenai', 'vertexai', 'vertexaimodelgarden', 'generativelanguage.googleapis.com', 'aiplatform.googleapis.com']],
  [P.AWS, L.AMAZON, ['awsbedrock', 'amazonbedrock', 'bedrock', 'amazon']],
  [P.XAI, 'xai', ['xai', 'api.x.ai']],
  [P.DEEPSEEK, 'deepseek', ['deepseek', 'api.deepseek.com']],
  [P.GROQ, 'groq', ['groq', 'api.groq.com']],
  [P.MOONSHOT, 'moonshot', ['moonshot', 'moonshotai', 'api.moonshot.ai', 'api.moonshot.cn']],
  [P.PERPLEXITY, 'perplexity', ['perplexity', 'api.perplexity.ai']],
  [P.CEREBRAS, 'cerebras', ['cerebras', 'api.cerebras.ai']],
  [P.FIREWORKS, 'fireworks', ['fireworks', 'api.fireworks.ai']],
  [P.TOGETHER, 'together', ['together', 'api.together.xyz']],
  ['ibm.watsonx.ai', 'ibm.watsonx.ai', ['watsonx', 'ibmwatsonxai']],
];

const BY_NAME: ReadonlyMap<string, Provider> = new Map(
  PROVIDERS.flatMap(([provider, system, names]) =>
    names.map((name) => [name, { provider, system }] as const),
  ),
);

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
  // Bedrock's endpoints alone: every other service of AWS shares their domain.
  if (name.startsWith('bedrock') && name.endsWith('.amazonaws.com')) return BY_NAME.get('bedrock');
  for (const [end, provider] of BY_NAME) {
    if (end.includes('.') && name.endsWith(end)) return provider;
  }
  return { provider: reported, system: reported };
}
