// `catalyst-tracing/langchain`: a copy of `@langchain/core` that is given by hand.

export {
  installLangChainInstrumentation,
  instrumentLangChain,
} from './integrations/langchain/instrument-langchain.js';
