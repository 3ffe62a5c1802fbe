// `catalyst-tracing/livekit-agents`: LiveKit on a tracer provider of the application's own.

export {
  createOpenInferenceSpanProcessor,
  type OpenInferenceProcessorOptions,
} from './custom-provider-processor.js';
export {
  installLiveKitAgentsInstrumentation,
  instrumentLiveKitAgents,
} from './livekit/instrument-livekit.js';
