import { setTimeout as sleep } from 'node:timers/promises';
import { llm, voice } from '@livekit/agents';
import { z } from 'zod';
import type { Reply } from './scripted-model.js';

const getWeather = llm.tool({
  name: 'getWeather',
  description: 'Get the weather for a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    await sleep(60);
    return { city, celsius: 21, sky: 'clear' };
  },
});

const bookTable = llm.tool({
  name: 'bookTable',
  description: 'Book a table at a restaurant.',
  parameters: z.object({ people: z.number(), hour: z.number() }),
  execute: async ({ people, hour }) => {
    await sleep(90);
    throw new llm.ToolError(`no table for ${people} is free at ${hour}:00`);
  },
});

class BillingAgent extends voice.Agent {
  constructor() {
    super({ id: 'billing_agent', instructions: 'You answer questions about invoices. Be brief.' });
  }

  override async onEnter(): Promise<void> {
    this.session.generateReply({ instructions: 'Say hello and ask what the question is.' });
  }
}

const transferToBilling = llm.tool({
  name: 'transferToBilling',
  description: 'Hand the user over to the billing agent.',
  execute: async () => llm.handoff({ agent: new BillingAgent() }),
});

/** The agent that a session starts with: two tools, of which one fails, and a way to a colleague. */
export function createConciergeAgent(): voice.Agent {
  return new voice.Agent({
    id: 'concierge_agent',
    instructions: 'You help guests plan an evening in Lisbon. Be brief.',
    tools: [getWeather, bookTable, transferToBilling],
  });
}

/** What the user says, turn by turn. */
export const USER_TURNS: readonly string[] = [
  'Hi, I would like to plan an evening in Lisbon.',
  'How is the weather, and can you book a table for two at eight?',
  'Too bad. I also have a question about my bill.',
  'Why was I charged twice in March?',
];

/** What the scripted model answers, call by call. */
export const SCRIPT: readonly Reply[] = [
  {
    text: 'With pleasure! Shall we start with the weather or with a table?',
    usage: { prompt: 118, completion: 14 },
  },
  {
    text: 'Let me look. ',
    toolCalls: [
      { name: 'getWeather', args: { city: 'Lisbon' } },
      { name: 'bookTable', args: { people: 2, hour: 20 } },
    ],
    usage: { prompt: 151, completion: 38 },
  },
  {
    text: 'It is a clear 21 degrees, but there is no table for two at eight.',
    usage: { prompt: 224, completion: 19 },
  },
  { toolCalls: [{ name: 'transferToBilling', args: {} }], usage: { prompt: 259, completion: 9 } },
  {
    text: 'Hello, this is billing. What is your question?',
    usage: { prompt: 96, completion: 11 },
  },
  {
    text: 'The second charge was a deposit; it went back to you on the third of April.',
    usage: { prompt: 127, completion: 18 },
  },
];
