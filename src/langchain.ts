// `catalyst-tracing/langchain`: a copy of `@langchain/core` that you pass by hand.

export {
  installLangChainInstrumentation,
  instrumentLangChain,
} from './integrations/langchain/instrument-langchain.js';
