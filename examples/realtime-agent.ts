/**
 * A realtime model: speech in, speech out. LiveKit records its tokens on a span, and its messages and
 * tool calls on none, so `observe()` adds them from the session's events.
 *
 *     npm install catalyst-tracing @opentelemetry/api @livekit/agents @livekit/rtc-node @livekit/agents-plugin-openai tsx
 *     node --env-file=.env.local --import tsx realtime-agent.ts dev   # LIVEKIT_*, OPENAI_API_KEY, CATALYST_*
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, ServerOptions, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'realtime-agent' });

export default defineAgent({
  entry: async (ctx) => {
    await ctx.connect();
    const session = new voice.AgentSession({
      llm: new openai.realtime.RealtimeModel({ voice: 'marin' }),
    });
    tracing.observe(session);
    // A realtime model that fails is on no span: with this listener and `observe()` its turn fails.
    session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));
    const agent = new voice.Agent({ instructions: 'You are a friendly voice.' });
    await session.start({ agent, room: ctx.room });
    session.generateReply({ instructions: 'Greet the caller.' });
  },
});

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) cli.runApp(new ServerOptions({ agent: path }));
