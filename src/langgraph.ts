// `catalyst-tracing/langgraph`: a copy of `@langchain/langgraph` that you pass by hand.

export {
  installLangChainInstrumentation,
  instrumentLangGraph,
} from './integrations/langchain/instrument-langchain.js';
