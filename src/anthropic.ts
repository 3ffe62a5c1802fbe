// `catalyst-tracing/anthropic`: a copy of `@anthropic-ai/sdk` that is given by hand.

export {
  installAnthropicInstrumentation,
  instrumentAnthropic,
} from './integrations/anthropic/instrument-anthropic.js';
