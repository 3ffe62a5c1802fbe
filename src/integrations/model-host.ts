import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
import { mapProvider } from '../mapping/providers.js';

/** Whose model it is and who hosts it, by the host that a client sends its requests to. */
export interface ModelHost {
  readonly system: string;
  readonly provider: string | undefined;
}

/** A host that merely speaks OpenAI's protocol has an unknown provider. */
export function modelHost(
  baseUrl: string | undefined,
  system: string = LLMSystem.OPENAI,
): ModelHost {
  const host = hostOf(baseUrl);
  const known = mapProvider(host);
  return known === undefined || known.provider === host ? { system, provider: undefined } : known;
}

function hostOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(url).hostname;
  } catch {
    return undefined;
  }
}
