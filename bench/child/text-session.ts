import { setTimeout as sleep } from 'node:timers/promises';
import { initializeLogger, llm, voice } from '@livekit/agents';
import { ScriptedLLM, type ScriptedReply } from '../../test/support/scripted-llm.js';
import { MESSAGE_WORDS, SYSTEM_PROMPT_WORDS } from '../workload/conversation.js';
import { createRandom } from '../workload/random.js';
import { TOOL_EVERY_TURNS, TURN_MILLIS } from '../workload/session-plan.js';
import { createTextSource } from '../workload/text.js';
import type { Task } from './run-request.js';

/** Runs a real `AgentSession` on text, with a model that answers at once. */
export async function runTextSession({ turns, alphabet, timeScale }: Task): Promise<void> {
  initializeLogger({ pretty: false, level: 'silent' });
  const text = createTextSource(createRandom(1), alphabet);
  const callsTool = (turn: number): boolean => turn % TOOL_EVERY_TURNS === 0;
  const replies = Array.from({ length: turns }, (_, turn): readonly ScriptedReply[] => {
    const usage = { prompt: 900, completion: 80 };
    const answer = { text: text.words(MESSAGE_WORDS), usage };
    const call = { name: 'lookupOrder', arguments: { order: turn } };
    return callsTool(turn) ? [{ toolCalls: [call], usage }, answer] : [answer];
  }).flat();
  const lookupOrder = llm.tool({
    description: 'Look up the state of a customer order by its number',
    parameters: {
      type: 'object',
      properties: { order: { type: 'number' } },
      required: ['order'],
    },
    execute: async () => ({ state: 'shipped' }),
  });
  const session = new voice.AgentSession({
    vad: null,
    userAwayTimeout: null,
    llm: new ScriptedLLM({ replies }),
  });
  await session.start({
    agent: new voice.Agent({
      instructions: text.words(SYSTEM_PROMPT_WORDS),
      tools: { lookupOrder },
    }),
  });
  for (let turn = 0; turn < turns; turn++) {
    const beginMillis = performance.now();
    await session.run({ userInput: text.words(MESSAGE_WORDS) }).wait();
    await sleep(Math.max(0, TURN_MILLIS / timeScale - (performance.now() - beginMillis)));
  }
  await session.close();
}
