/**
 * A traced text-only session: no room, no audio.
 *
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… CATALYST_OTLP_TOKEN=… npx tsx examples/text-only-agent.ts
 */
import { initializeLogger, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';

initializeLogger({ pretty: true, level: 'warn' });
const tracing = await setup({ serviceName: 'text-only-agent' });

const session = new voice.AgentSession({
  llm: new openai.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
});
// Without a listener LiveKit tries no failed model call a second time.
session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));

await session.start({ agent: new voice.Agent({ instructions: 'You are a helpful assistant.' }) });
for (const userInput of ['What is OpenTelemetry?', 'And OpenInference?']) {
  await session.run({ userInput }).wait();
  console.log(session.history.items.at(-1));
}
await session.close();

await tracing.shutdown();
