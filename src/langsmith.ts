// `catalyst-tracing/langsmith`: a copy of `langsmith` that you pass by hand.

export { installLangSmith } from './integrations/langsmith/install-langsmith.js';
