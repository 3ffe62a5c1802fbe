/**
 * A traced text-only session: no room, no audio.
 *
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx text-only-agent.ts
 */
import { initializeLogger, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';

initializeLogger({ pretty: true, level: 'warn' });
const tracing = await setup({ serviceName: 'text-only-agent' });

const session = new voice.AgentSession({
  llm: new openai.LLM({ model: 'gpt-4.1-mini' }),
  vad: null,
  turnHandling: { turnDetection: null },
});
// Without a listener LiveKit tries no failed model call a second time.
session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));
session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
  if (item.type === 'message') console.log(`${item.role}: ${item.textContent}`);
});

await session.start({ agent: new voice.Agent({ instructions: 'You are a helpful assistant.' }) });
await session.run({ userInput: 'What is OpenTelemetry?' }).wait();
await session.run({ userInput: 'And OpenInference?' }).wait();
await session.close();

await tracing.shutdown();
