// `catalyst-tracing/langsmith`: a copy of `langsmith` that you pass by hand.
import * as sdk from './integrations/instrument-module.js';
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
export const installLangSmith: sdk.Instrument = sdk.instrument(LANGSMITH);
