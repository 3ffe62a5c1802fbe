/**
 * An agent as it runs in production: settings from a file, models loaded before the job, one span
 * around each job, events of the session, redaction, errors and logs with the ids of the trace.
 * README.md in this directory says how to install, run and deploy it.
 */
import { fileURLToPath } from 'node:url';
import {
  cli,
  defineAgent,
  inference,
  llm,
  log,
  ServerOptions,
  voice,
  type JobContext,
  type JobProcess,
} from '@livekit/agents';
import { addTraceContextToLogs, setup } from 'catalyst-tracing';
import { z } from 'zod';

// At module level: LiveKit runs every job in its own process, which imports this file again.
const tracing = await setup({
  serviceName: 'front-desk',
  metrics: true,
  privacy: { redactPatterns: 'default', toolJsonPaths: ['$.phone'] },
});

const bookTable = llm.tool({
  name: 'bookTable',
  description: 'Book a table.',
  parameters: z.object({ people: z.number(), hour: z.number(), phone: z.string() }),
  execute: async ({ people, hour }) => {
    // The model gets the message of a ToolError. Its span has status ERROR, its turn has not.
    if (hour < 12 || hour > 22) throw new llm.ToolError('we are open from 12 to 22');
    return { booked: true, people, hour };
  },
});

interface Preloaded {
  vad?: inference.VAD;
}

export default defineAgent<Preloaded>({
  prewarm: (process: JobProcess<Preloaded>) => {
    process.userData.vad = new inference.VAD();
  },
  entry: (ctx: JobContext<Preloaded>) =>
    tracing.job(ctx, { agentName: 'front-desk', tags: ['inbound'] }, async () => {
      addTraceContextToLogs(log());
      await ctx.connect();

      const session = new voice.AgentSession({
        vad: ctx.proc.userData.vad ?? null,
        stt: 'deepgram/nova-3',
        llm: 'openai/gpt-4.1-mini',
        tts: 'cartesia/sonic-3',
        tools: [bookTable],
      });
      tracing.observe(session);
      // Without a listener LiveKit does not retry a failed model call.
      session.on(voice.AgentSessionEventTypes.Error, ({ error }) => {
        log().error({ error }, 'a model failed');
      });
      session.on(voice.AgentSessionEventTypes.Close, ({ reason }) => {
        log().info({ reason, ...tracing.stats() }, 'the session closed');
      });

      const agent = new voice.Agent({ id: 'front_desk', instructions: 'You book tables.' });
      await session.start({ agent, room: ctx.room });
      await session.say('Good evening, for how many people?').waitForPlayout();
    }),
});

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) {
  cli.runApp(new ServerOptions({ agent: path, agentName: 'front-desk' }));
}
