// `catalyst-tracing/anthropic`: a copy of `@anthropic-ai/sdk` that you pass by hand.

export {
  installAnthropicInstrumentation,
  instrumentAnthropic,
} from './integrations/anthropic/instrument-anthropic.js';
