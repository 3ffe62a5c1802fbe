/**
 * A traced worker with a function tool. `setup()` is at module level, because LiveKit imports
 * this file anew in the process of every job; spans are flushed when a job ends.
 *
 *     node --env-file=.env.local --import tsx worker-with-tools.ts dev
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, llm, ServerOptions, voice } from '@livekit/agents';
import { setup } from 'catalyst-tracing';
import { z } from 'zod';

await setup({ serviceName: 'appointment-worker' });

const findAppointment = llm.tool({
  name: 'findAppointment',
  description: 'Find the next free appointment on a day.',
  parameters: z.object({ day: z.string() }),
  execute: async ({ day }) => {
    if (day === 'Sunday') throw new llm.ToolError('we are closed on Sundays');
    return { day, time: '10:30' };
  },
});

export default defineAgent({
  entry: async (ctx) => {
    const session = new voice.AgentSession({
      stt: 'deepgram/nova-3',
      llm: 'openai/gpt-4.1-mini',
      tts: 'cartesia/sonic-3',
      tools: [findAppointment],
    });
    // Without a listener LiveKit tries no failed model call a second time.
    session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));
    const agent = new voice.Agent({ id: 'clerk', instructions: 'You find appointments.' });
    await session.start({ agent, room: ctx.room });
  },
});

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) cli.runApp(new ServerOptions({ agent: path }));
