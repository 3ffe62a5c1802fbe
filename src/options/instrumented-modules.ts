/**
 * The module namespaces of the SDKs to instrument, as `import * as x` gives them. An SDK that is
 * listed here is connected through exactly this copy, which matters where a process holds an ESM
 * and a CJS copy of it.
 */
export interface InstrumentedModules {
  /** `import * as livekitAgents from '@livekit/agents'` */
  readonly livekitAgents?: unknown;
  /** `import OpenAI from 'openai'`, or its namespace. */
  readonly openai?: unknown;
  /** `import Anthropic from '@anthropic-ai/sdk'`, or its namespace. */
  readonly anthropic?: unknown;
  /** `import * as langchain from '@langchain/core/callbacks/manager'` */
  readonly langchain?: unknown;
  /** The same, under the name that `@inference/tracing` has for it. */
  readonly langchainCallbacksManager?: unknown;
  /** `import * as langgraph from '@langchain/langgraph'` */
  readonly langgraph?: unknown;
  /** `import * as langsmith from 'langsmith'` */
  readonly langsmith?: unknown;
  /** `import * as openaiAgents from '@openai/agents'` */
  readonly openaiAgents?: unknown;
  /** `import * as claudeAgentSdk from '@anthropic-ai/claude-agent-sdk'` */
  readonly claudeAgentSdk?: unknown;
  /** `import * as elevenlabs from '@elevenlabs/client'` */
  readonly elevenlabs?: unknown;
  /** `import * as piAi from '@mariozechner/pi-ai'` */
  readonly piAi?: unknown;
  /** `import * as cursorSdk from '@cursor/sdk'` */
  readonly cursorSdk?: unknown;
  /** `import * as ai from 'ai'` */
  readonly aiSdk?: unknown;
}

/** The names that `modules` knows. */
export const INSTRUMENTED_MODULE_NAMES: Readonly<Record<keyof InstrumentedModules, true>> = {
  livekitAgents: true,
  openai: true,
  anthropic: true,
  langchain: true,
  langchainCallbacksManager: true,
  langgraph: true,
  langsmith: true,
  openaiAgents: true,
  claudeAgentSdk: true,
  elevenlabs: true,
  piAi: true,
  cursorSdk: true,
  aiSdk: true,
};
