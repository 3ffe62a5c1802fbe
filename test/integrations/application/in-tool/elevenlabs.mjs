import { setTimeout as wait } from 'node:timers/promises';
import { Conversation } from '@elevenlabs/client';
import { WebSocket } from 'ws';
import { runInTool } from './run-in-tool.mjs';

globalThis.WebSocket ??= WebSocket;
await runInTool(async () => {
  const said = [];
  const conversation = await Conversation.startSession({
    agentId: 'agent_1',
    connectionType: 'websocket',
    textOnly: true,
    origin: process.env.ELEVENLABS_ORIGIN,
    clientTools: { weather: ({ city }) => `21 degrees (${city})` },
    onMessage: ({ message }) => said.push(message),
  });
  conversation.sendUserMessage('weather in Oslo');
  await wait(300);
  await conversation.endSession();
  return said.at(-1);
});
