// `catalyst-tracing/openai-agents`: one copy of `@openai/agents`, passed by hand.
import * as sdk from './integrations/instrument-module.js';
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
export const instrumentOpenAIAgents: sdk.Instrument = sdk.instrument(OPENAI_AGENTS);

/** The same for a tracer provider of your own. */
export const installOpenAIAgentsInstrumentation: sdk.Install = sdk.install(OPENAI_AGENTS);
