// `catalyst-tracing/openai`: a copy of the `openai` package that you pass by hand.

export {
  installOpenAIInstrumentation,
  instrumentOpenAI,
} from './integrations/openai/instrument-openai.js';
