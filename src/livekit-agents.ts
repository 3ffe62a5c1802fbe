// `catalyst-tracing/livekit-agents`: LiveKit on a tracer provider of the application's own.

export { createOpenInferenceSpanProcessor } from './processor/create-processor.js';
export {
  OpenInferenceSpanProcessor,
  type OpenInferenceProcessorOptions,
} from './processor/open-inference-span-processor.js';
export {
  installLiveKitAgentsInstrumentation,
  instrumentLiveKitAgents,
} from './livekit/install-livekit.js';
