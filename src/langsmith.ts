// `catalyst-tracing/langsmith`: a copy of `langsmith` that is given by hand.

export { installLangSmith } from './integrations/langsmith/install-langsmith.js';
