/**
 * A span that no single function surrounds: it starts with the job, contains the whole session, and ends
 * in a shutdown callback, when the call is over.
 *
 *     node --env-file=.env.local --import tsx span-that-outlives-a-callback.ts dev
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, ServerOptions, voice, type AgentDefinition } from '@livekit/agents';
import { setup, startAgentSpan } from 'catalyst-tracing';

await setup({ serviceName: 'reception' });

const worker: AgentDefinition = defineAgent({
  entry: async (ctx) => {
    const call = startAgentSpan({
      agentId: 'reception',
      agentName: 'Reception',
      metadata: { job: ctx.job.id },
    });
    const session = new voice.AgentSession({
      stt: 'deepgram/nova-3',
      llm: 'openai/gpt-4.1-mini',
      tts: 'cartesia/sonic-3',
    });
    ctx.addShutdownCallback(async () => call.end());
    session.on(voice.AgentSessionEventTypes.Close, ({ reason }) => call.setStopReason(reason));
    const agent = new voice.Agent({ id: 'reception', instructions: 'You answer the phone.' });
    await call.run(() => session.start({ agent, room: ctx.room }));
  },
});
export default worker;

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) cli.runApp(new ServerOptions({ agent: path }));
