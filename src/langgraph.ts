// `catalyst-tracing/langgraph`: a copy of `@langchain/langgraph` that you pass by hand.
import * as sdk from './integrations/instrument-module.js';
import { LANGGRAPH } from './integrations/langchain/patch-langchain.js';

export { installLangChainInstrumentation } from './langchain.js';

/**
 * Makes the runs of the copy of `@langchain/core` that LangGraph uses spans of the live tracing, or
 * of the one you pass: graphs, their nodes, and what LangChain runs in them.
 *
 * @example
 * import * as langgraph from '@langchain/langgraph';
 * instrumentLangGraph(langgraph);
 */
export const instrumentLangGraph: sdk.Instrument = sdk.instrument(LANGGRAPH);
