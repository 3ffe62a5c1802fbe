// `catalyst-tracing/langgraph`: a copy of `@langchain/langgraph` that is given by hand.

export {
  installLangChainInstrumentation,
  instrumentLangGraph,
} from './integrations/langchain/instrument-langchain.js';
