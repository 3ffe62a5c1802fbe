/**
 * A conversation in text with an agent of ElevenLabs: its turns and tools as spans. Needs
 * `npm install @elevenlabs/client` and Node 22, which has `WebSocket`.
 *
 *     ELEVENLABS_AGENT_ID=… CATALYST_OTLP_ENDPOINT=… node examples/elevenlabs.mjs
 */
import { setTimeout as wait } from 'node:timers/promises';
import { env } from 'node:process';
import * as elevenlabs from '@elevenlabs/client';
import { setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'elevenlabs', modules: { elevenlabs } });
const conversation = await elevenlabs.Conversation.startSession({
  agentId: env.ELEVENLABS_AGENT_ID,
  connectionType: 'websocket',
  textOnly: true,
  clientTools: { weather: ({ city }) => `21 degrees (${city})` },
});
conversation.sendUserMessage('What is the weather in Oslo?');
await wait(5_000);
await conversation.endSession();
await tracing.shutdown();
