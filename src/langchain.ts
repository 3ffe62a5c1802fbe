// `catalyst-tracing/langchain`: a copy of `@langchain/core` that you pass by hand.
import * as sdk from './integrations/instrument-module.js';
import { LANGCHAIN } from './integrations/langchain/patch-langchain.js';

/**
 * Makes the runs of one copy of `@langchain/core` (0.3 and 1) spans of the live tracing, or of the
 * one you pass: chains, prompts, models, tools and retrievers, and graphs of LangGraph. `setup()`
 * does this by itself where it finds the package. Doing it twice does no harm; `shutdown()` undoes
 * it.
 *
 * In a bundle the rest of the copy cannot be found: pass what it needs as one object.
 *
 * @example
 * import * as manager from '@langchain/core/callbacks/manager';
 * instrumentLangChain(manager);
 *
 * @example
 * import * as chatModels from '@langchain/core/language_models/chat_models';
 * import * as singletons from '@langchain/core/singletons';
 * instrumentLangChain({ ...manager, ...chatModels, ...singletons });
 */
export const instrumentLangChain: sdk.Instrument = sdk.instrument(LANGCHAIN);

/** The same for a tracer provider of your own. */
export const installLangChainInstrumentation: sdk.Install = sdk.install(LANGCHAIN);
