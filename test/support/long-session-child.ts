import { initializeLogger, llm, voice } from '@livekit/agents';
import { z } from 'zod';
import { ScriptedModel, type Reply } from '../../examples/demo/scripted-model.js';
import { setup } from '../../src/index.js';

// A text session of many turns: every fourth asks a tool, of which one call fails.
const TOPICS = ['order 4711', 'the invoice of March', 'my address', 'a refund', 'the delivery'];
const FAILS_AT = 30;

const turns = Number(process.argv[2]);
const words: string[] = [];
const script: Reply[] = [];
for (let turn = 0; turn < turns; turn++) {
  const topic = TOPICS[turn % TOPICS.length] ?? '';
  words.push(`Question ${turn + 1}: can you tell me something about ${topic}?`);
  const usage = { prompt: 120 + turn * 30, completion: 24 };
  if (turn % 4 === 2) {
    const toolCalls = [{ name: 'lookUp', args: { topic, turn } }];
    script.push({ text: 'One moment, I will look that up. ', toolCalls, usage });
  }
  script.push({ text: `About ${topic}: all is well, see answer ${turn + 1}.`, usage });
}
const lookUp = llm.tool({
  name: 'lookUp',
  description: 'Look a topic up.',
  parameters: z.object({ topic: z.string(), turn: z.number() }),
  execute: async ({ topic, turn }) => {
    if (turn === FAILS_AT) throw new llm.ToolError('the archive does not answer');
    return { topic, found: true };
  },
});

const tracing = await setup();
initializeLogger({ pretty: false, level: 'silent' });
const session = new voice.AgentSession({ llm: new ScriptedModel(script), vad: null });
session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));
const instructions = 'You help callers of a support line. Be brief.';
await session.start({ agent: new voice.Agent({ id: 'support', instructions, tools: [lookUp] }) });
for (const userInput of words) await session.run({ userInput }).wait();
await session.close();
await tracing.shutdown();
