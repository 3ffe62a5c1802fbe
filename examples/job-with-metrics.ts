/**
 * A worker whose jobs are whole: one span around each job, what its session's events report, a greeting
 * as a separate step, metrics, and the ids of the trace in the log.
 *
 *     node --env-file=.env.local --import tsx job-with-metrics.ts dev
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, log, ServerOptions, voice } from '@livekit/agents';
import { addTraceContextToLogs, manualSpan, setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'front-desk', metrics: true });

export default defineAgent({
  entry: (ctx) =>
    tracing.job(ctx, { agentId: 'front_desk', tenantId: 'acme', tags: ['inbound'] }, async () => {
      addTraceContextToLogs(log());
      await ctx.connect();
      const session = new voice.AgentSession({
        stt: 'deepgram/nova-3',
        llm: 'openai/gpt-4.1-mini',
        tts: 'cartesia/sonic-3',
      });
      tracing.observe(session);
      const agent = new voice.Agent({ id: 'receptionist', instructions: 'You answer calls.' });
      await session.start({ agent, room: ctx.room });
      await manualSpan({ spanName: 'voice.deliver_initial_greeting' }, async () => {
        await session.say('Good morning, how can I help?').waitForPlayout();
        log().info('greeted');
      });
    }),
});

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) cli.runApp(new ServerOptions({ agent: path }));
