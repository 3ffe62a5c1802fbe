import type { DecodedAttributes, DecodedSpan } from '../support/otlp-decode.js';

/** A message as the attributes say it: text, and what tools were called. */
export interface Message {
  readonly role: unknown;
  readonly text?: unknown;
  readonly calls?: readonly unknown[];
}

export interface ModelCall {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

const TRIAGE = { role: 'system', text: 'Help, or hand over.' };
const WEATHER = 'getWeather({"city":"Paris"})';
const FIRST_TURN = { role: 'user', text: 'How is the weather in Paris?' };
const AFTER_TOOL = [
  TRIAGE,
  FIRST_TURN,
  { role: 'assistant', text: 'Let me look. ', calls: [WEATHER] },
  { role: 'tool', text: '{"city":"Paris","celsius":18}' },
];

/** What the four calls of the scripted session were asked and what they answered. */
export const EXPECTED_CALLS: readonly ModelCall[] = [
  {
    input: [TRIAGE, FIRST_TURN],
    output: [{ role: 'assistant', text: 'Let me look. ', calls: [WEATHER] }],
  },
  { input: AFTER_TOOL, output: [{ role: 'assistant', text: 'It is 18 degrees in Paris.' }] },
  {
    input: [
      ...AFTER_TOOL,
      { role: 'assistant', text: 'It is 18 degrees in Paris.' },
      { role: 'user', text: 'I have a question about my bill.' },
    ],
    output: [{ role: 'assistant', calls: ['toBilling({})'] }],
  },
  {
    input: [
      { role: 'system', text: 'Answer about bills.' },
      { role: 'user', text: 'Why?' },
    ],
    output: [{ role: 'assistant', text: 'It was a deposit.' }],
  },
];

/** The model calls of a session in order: from whichever span of a call holds its messages. */
export function conversationOf(spans: readonly DecodedSpan[]): readonly ModelCall[] {
  return spans
    .filter(({ attributes }) => 'llm.input_messages.0.message.role' in attributes)
    .toSorted((a, b) => Number(a.startNanos - b.startNanos))
    .map(({ attributes }) => ({
      input: messagesOf(attributes, 'llm.input_messages'),
      output: messagesOf(attributes, 'llm.output_messages'),
    }));
}

function messagesOf(attributes: DecodedAttributes, prefix: string): readonly Message[] {
  const messages: Message[] = [];
  for (let index = 0; ; index++) {
    const of = (key: string): unknown => attributes[`${prefix}.${index}.message.${key}`];
    const role = of('role');
    if (role === undefined) return messages;
    const calls: string[] = [];
    for (let call = 0; ; call++) {
      const name = of(`tool_calls.${call}.tool_call.function.name`);
      if (typeof name !== 'string') break;
      const given = of(`tool_calls.${call}.tool_call.function.arguments`);
      calls.push(`${name}(${typeof given === 'string' ? given : 'nothing'})`);
    }
    const text = of('content');
    messages.push({
      role,
      ...(text !== undefined && { text }),
      ...(calls.length > 0 && { calls }),
    });
  }
}
