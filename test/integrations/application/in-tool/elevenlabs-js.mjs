// A call by voice: the package takes and gives audio, and nothing is sent as text.
import { setTimeout as wait } from 'node:timers/promises';
import conversation from '@elevenlabs/elevenlabs-js/api/resources/conversationalAi/conversation/index.js';
import { WebSocket } from 'ws';
import { runInTool } from './run-in-tool.mjs';

await runInTool(async () => {
  const said = [];
  const clientTools = new conversation.ClientTools();
  clientTools.register('weather', ({ city }) => `21 degrees (${city})`);
  const call = new conversation.Conversation({
    agentId: 'agent_1',
    requiresAuth: false,
    audioInterface: {
      start: (speak) => void setTimeout(() => speak(Buffer.from('weather in Oslo')), 50),
      stop: () => {},
      output: (audio) => said.push(audio.toString()),
      interrupt: () => {},
    },
    clientTools,
    webSocketFactory: { create: () => new WebSocket(process.env.ELEVENLABS_ORIGIN) },
    config: { extraBody: {}, conversationConfigOverride: {}, dynamicVariables: {} },
  });
  await call.startSession();
  await wait(400);
  call.endSession();
  return said.at(-1);
});
