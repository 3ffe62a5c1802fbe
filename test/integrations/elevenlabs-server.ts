import type { AddressInfo } from 'node:net';
import { loadAgentSdk } from './installations.js';

interface Socket {
  on(event: 'message', listener: (data: Buffer) => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}
interface SocketServer {
  on(event: 'connection', listener: (socket: Socket) => void): void;
  once(event: 'listening', listener: () => void): void;
  address(): AddressInfo;
  close(): void;
}
export interface WsModule {
  readonly WebSocket: new (url: string, protocols?: unknown) => unknown;
  readonly WebSocketServer: new (options: unknown) => SocketServer;
}
type Json = Readonly<Record<string, unknown>>;

export interface AgentServer {
  readonly origin: string;
  readonly WebSocket: WsModule['WebSocket'];
  /** What tools have answered. */
  readonly toolResults: readonly Json[];
  close(): void;
}

/** An agent of ElevenLabs, as its socket speaks: a conversation about the weather, in text or by voice. */
export async function startAgentServer(): Promise<AgentServer> {
  const { WebSocketServer, WebSocket } = (await loadAgentSdk('ws')) as WsModule;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const toolResults: Json[] = [];
  server.on('connection', (socket) => {
    const send = (event: Json): void => socket.send(JSON.stringify(event));
    let isVoice = false;
    const answer = (text: string): void => {
      send({ type: 'agent_response', agent_response_event: { agent_response: text, event_id: 1 } });
      const audio = { audio_base_64: Buffer.from(text).toString('base64'), event_id: 1 };
      if (isVoice) send({ type: 'audio', audio_event: audio });
    };
    const callTool = (name: string): void => {
      const parameters = { city: 'Oslo' };
      const call = { tool_name: name, tool_call_id: 'call_1', parameters, event_id: 1 };
      send({ type: 'client_tool_call', client_tool_call: call });
    };
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as Json;
      // What is heard is in these tests what it says.
      const heard = message['user_audio_chunk'];
      isVoice ||= typeof heard === 'string';
      const text =
        typeof heard === 'string' ? Buffer.from(heard, 'base64').toString() : message['text'];
      switch (typeof heard === 'string' ? 'user_message' : message['type']) {
        case 'conversation_initiation_client_data':
          return send({
            type: 'conversation_initiation_metadata',
            conversation_initiation_metadata_event: {
              conversation_id: 'conv_1',
              agent_output_audio_format: 'pcm_16000',
              user_input_audio_format: 'pcm_16000',
            },
          });
        case 'user_message':
          send({
            type: 'user_transcript',
            user_transcription_event: { user_transcript: text, event_id: 1 },
          });
          if (text === 'crash') return socket.close(1011, 'agent crashed');
          if (text === 'thanks') return answer('Sure.');
          return callTool(text === 'break' ? 'broken' : 'weather');
        case 'client_tool_result': {
          toolResults.push(message);
          const call = { tool_name: 'kb_lookup', tool_call_id: 'srv_1', tool_type: 'webhook' };
          send({ type: 'agent_tool_request', agent_tool_request: { ...call, event_id: 1 } });
          const response = { ...call, is_error: false, event_id: 1 };
          send({ type: 'agent_tool_response', agent_tool_response: response });
          answer('It is 21 degrees in Oslo.');
          send({ type: 'interruption', interruption_event: { event_id: 1 } });
          return send({
            type: 'agent_response_correction',
            agent_response_correction_event: {
              original_agent_response: 'It is 21 degrees in Oslo.',
              corrected_agent_response: 'It is',
              event_id: 1,
            },
          });
        }
        default:
      }
    });
  });
  return {
    origin: `ws://127.0.0.1:${server.address().port}`,
    WebSocket,
    toolResults,
    close: () => server.close(),
  };
}
