/**
 * A conversation in text with an agent of ElevenLabs: its turns and tools as spans. Needs
 * `npm install @elevenlabs/client ws`; from Node 22 on, which has `WebSocket`, without `ws`.
 *
 *     ELEVENLABS_AGENT_ID=… CATALYST_OTLP_ENDPOINT=… node examples/elevenlabs.mjs
 *
 * Offline: ELEVENLABS_ORIGIN names another server that speaks its protocol, as `ws://127.0.0.1:…`.
 */
import { env } from 'node:process';
import * as elevenlabs from '@elevenlabs/client';
import { setup } from 'catalyst-tracing';

globalThis.WebSocket ??= (await import('ws')).WebSocket;
const tracing = await setup({ serviceName: 'elevenlabs', modules: { elevenlabs } });

let answer;
const answered = new Promise((resolve) => {
  answer = resolve;
});
const conversation = await elevenlabs.Conversation.startSession({
  agentId: env.ELEVENLABS_AGENT_ID,
  origin: env.ELEVENLABS_ORIGIN,
  connectionType: 'websocket',
  textOnly: true,
  clientTools: { weather: ({ city }) => `21 degrees (${city})` },
  onMessage: ({ role, message }) => {
    console.log(`${role}: ${message}`);
    if (role === 'agent') answer();
  },
});
conversation.sendUserMessage('What is the weather in Oslo?');
await answered;
await conversation.endSession();
await tracing.shutdown();
