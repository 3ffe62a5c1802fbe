// The agent of a job: what its process does is said by the variables below.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAgent, type JobContext, voice } from '@livekit/agents';
import { manualSpan, setup, type SetupOptions } from '../../src/index.js';
import { ENTRY_DONE } from './job-process.js';
import { ScriptedLLM } from './scripted-llm.js';
import { runTextSession } from './sessions.js';

/** Where `setup()` is called: `module`, `prewarm`, `entry`; anything else, nowhere. */
const { SETUP_AT = 'module', SETUP_OPTIONS = '{}', SESSION_ID = '', SCENARIO = '' } = process.env;

/** Functions that give a session's id. */
const SESSION_IDS: Readonly<Record<string, SetupOptions['sessionId']>> = {
  'name of the room': (ctx) => ctx?.job?.room?.name,
  'name of the room, if joined': (ctx) => ctx?.room?.name,
};

async function setUp(place: string): Promise<void> {
  if (place !== SETUP_AT) return;
  const options: SetupOptions = JSON.parse(SETUP_OPTIONS) as SetupOptions;
  const sessionId = SESSION_IDS[SESSION_ID];
  await setup({ ...options, ...(sessionId !== undefined && { sessionId }) });
}

const SCENARIOS: Readonly<Record<string, (ctx: JobContext) => unknown>> = {
  throws: () => {
    process.stdout.write(ENTRY_DONE);
    throw new Error('the entry function failed');
  },
  callbacks: (ctx) => {
    ctx.addShutdownCallback(() =>
      manualSpan({ spanName: 'report' }, async () => {
        await sleep(300);
      }),
    );
    ctx.addShutdownCallback(() => Promise.reject(new Error('a callback failed')));
  },
  exits: () => process.exit(0),
  crashes: async () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    });
    await sleep(10_000);
  },
  signalled: async () => {
    process.kill(process.pid, 'SIGTERM');
    process.kill(process.pid, 'SIGINT');
    await sleep(100);
  },
  // A job whose entry function stays with its session until it is asked to end.
  stays: async (ctx) => {
    process.stdout.write(ENTRY_DONE);
    await new Promise<void>((resolve) => {
      ctx.addShutdownCallback(async () => resolve());
      setTimeout(resolve, 300);
    });
  },
};

await setUp('module');

const agent: ReturnType<typeof defineAgent<Record<string, unknown>>> = defineAgent({
  prewarm: () => setUp('prewarm'),
  entry: async (ctx) => {
    await setUp('entry');
    await runTextSession({
      agent: new voice.Agent({ instructions: 'You help.' }),
      llm: new ScriptedLLM({
        replies: [{ text: 'At your service.', usage: { prompt: 5, completion: 3 } }],
      }),
      turns: ['Good morning'],
      // As in an application: LiveKit closes it when the job ends.
      close: false,
    });
    await SCENARIOS[SCENARIO]?.(ctx);
    process.stdout.write(ENTRY_DONE);
  },
});

export default agent;
