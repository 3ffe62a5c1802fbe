// `catalyst-tracing/langsmith`: a copy of `langsmith` that you pass by hand.
import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import { instrumentModule } from './integrations/instrument-module.js';
import { LANGSMITH } from './integrations/langsmith/bridge-langsmith.js';

/**
 * Makes the runs that one copy of `langsmith` gets (`traceable`, `wrapOpenAI`, LangChain) spans of
 * the live tracing, or of the one you pass. LangSmith goes on to post them; its tracing has to be
 * on (`LANGSMITH_TRACING=true`). Doing it twice does no harm; `shutdown()` undoes it.
 *
 * @example
 * import * as langsmith from 'langsmith';
 * installLangSmith(langsmith);
 */
export function installLangSmith(
  module: unknown,
  tracing?: CatalystTracing | TracerProvider,
): InstallResult {
  return instrumentModule(LANGSMITH, module, tracing);
}
