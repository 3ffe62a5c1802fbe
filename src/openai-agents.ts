// `catalyst-tracing/openai-agents`: one copy of `@openai/agents`, passed by hand.
import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import { installModule, instrumentModule } from './integrations/instrument-module.js';
import { OPENAI_AGENTS } from './integrations/openai-agents/patch-openai-agents.js';

/**
 * Makes the runs of `@openai/agents` (0.11 or newer) spans of the live tracing, or of the one you
 * pass: workflows, agents, turns, model calls, tools, handoffs and guardrails. The SDK's own trace
 * processors stay. Doing it twice does no harm; `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is not the namespace of that package.
 *
 * @example
 * import * as agents from '@openai/agents';
 * instrumentOpenAIAgents(agents);
 */
export function instrumentOpenAIAgents(
  module: unknown,
  tracing?: CatalystTracing | TracerProvider,
): InstallResult {
  return instrumentModule(OPENAI_AGENTS, module, tracing);
}

/** The same for a tracer provider of your own. */
export function installOpenAIAgentsInstrumentation(
  module: unknown,
  provider: TracerProvider,
): InstallResult {
  return installModule(OPENAI_AGENTS, module, provider);
}
