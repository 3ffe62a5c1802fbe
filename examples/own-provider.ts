/**
 * LiveKit on a tracer provider of the application's own: spans are mapped and sent by one of its
 * span processors, and its other processors receive them raw.
 *
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… npx tsx examples/own-provider.ts
 */
import * as livekitAgents from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  createOpenInferenceSpanProcessor,
  installLiveKitAgentsInstrumentation,
} from 'catalyst-tracing/livekit-agents';

const openInference = createOpenInferenceSpanProcessor();
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
