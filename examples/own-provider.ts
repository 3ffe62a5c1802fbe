/**
 * LiveKit on your own tracer provider, with OpenTelemetry's own batch processor and
 * exporter. `OpenInferenceSpanProcessor` maps every span for the processor that it wraps. The other
 * processors of the provider receive the spans raw.
 *
 *     npm install catalyst-tracing @opentelemetry/exporter-trace-otlp-http
 *     OPENAI_API_KEY=<key> OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx own-provider.ts
 */
import * as livekitAgents from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenInferenceSpanProcessor } from 'catalyst-tracing';
import { installLiveKitAgentsInstrumentation } from 'catalyst-tracing/livekit-agents';

// To send with the delivery of `setup()` instead: `createOpenInferenceSpanProcessor()`.
const openInference = new OpenInferenceSpanProcessor(
  new BatchSpanProcessor(new OTLPTraceExporter()),
);
const provider = new NodeTracerProvider({
  spanProcessors: [openInference, new SimpleSpanProcessor(new ConsoleSpanExporter())],
});
provider.register();
installLiveKitAgentsInstrumentation(livekitAgents, provider, openInference);

livekitAgents.initializeLogger({ pretty: true, level: 'warn' });
const session = new livekitAgents.voice.AgentSession({
  llm: new openai.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
  turnHandling: { turnDetection: null },
});
await session.start({
  agent: new livekitAgents.voice.Agent({ instructions: 'You are a helpful assistant.' }),
});
await session.run({ userInput: 'What is a span?' }).wait();
await session.close();

await provider.shutdown();
