import { inspect } from 'node:util';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { privacyWith, sendOne } from './redacted.js';
import { EVENT, leaks, sendRows, type Row, type Withholding } from './wire.js';

const ANSWER = 'answered-5b1d';
const ASKED = 'asked-77c0';

afterEach(() => {
  trace.disable();
});

const json = (value: unknown): string => JSON.stringify(value);
const CHAT = [
  { role: 'user', content: ASKED },
  { role: 'assistant', content: ANSWER },
  { role: 'user', content: ASKED },
];
const LANGCHAIN = (name: string, content: string): unknown => ({
  lc: 1,
  type: 'constructor',
  id: ['langchain_core', 'messages', name],
  kwargs: { content },
});

/** The next request of a conversation, as tracers and APIs write it: the answer comes back in it. */
const REPEATED: readonly Row[] = [
  // Vocabularies of other tracers.
  ['LLM', 'ai.prompt', json({ messages: CHAT })],
  ['LLM', 'ai.prompt.messages', json(CHAT)],
  ['LLM', 'ai.request.body', json({ messages: CHAT })],
  ['LLM', 'gen_ai.prompt', json(CHAT)],
  ['LLM', 'gen_ai.prompt.1.content', ANSWER],
  ['LLM', 'gen_ai.prompt.1.tool_calls.0.arguments', ANSWER],
  ['CHAIN', 'traceloop.entity.input', json({ inputs: { history: [ANSWER] } })],
  ['CHAIN', 'traceloop.prompt.template', `Assistant: ${ANSWER}`],
  ['LLM', 'langfuse.observation.input', json(CHAT)],
  ['CHAIN', 'langfuse.trace.input', json(CHAT)],
  ['LLM', 'langsmith.inputs', json(CHAT)],
  ['LLM', 'llm.request.messages', json(CHAT)],
  ['LLM', 'llm.prompts.0.prompt.text', `Human: hi\n\nAssistant: ${ANSWER}`],
  ['LLM', 'llm.prompts', [`<|im_start|>assistant\n${ANSWER}`]],
  [EVENT, 'gen_ai.content.prompt', json(CHAT)],
  [EVENT, 'gen_ai.client.inference.operation.details', json(CHAT)],
  // Parameters of the call.
  ['LLM', 'llm.invocation_parameters', json({ temperature: 1, messages: CHAT })],
  ['LLM', 'llm.invocation_parameters', json({ contents: [{ parts: [{ text: ANSWER }] }] })],
  ['LLM', 'llm.invocation_parameters', json({ prompt: ANSWER })],
  ['LLM', 'llm.invocation_parameters.messages', json(CHAT)],
  // The request itself: OpenAI, in JSON inside JSON too.
  ['LLM', 'input.value', json({ messages: CHAT })],
  ['CHAIN', 'input.value', json({ body: json({ body: json({ messages: CHAT }) }) })],
  ['LLM', 'input.value', json({ messages: [{ role: 'critic', content: ANSWER }] })],
  // Responses
  ['LLM', 'input.value', json({ input: [{ type: 'function_call_output', output: ANSWER }] })],
  ['LLM', 'input.value', json({ input: [{ type: 'output_text', text: ANSWER }] })],
  ['LLM', 'input.value', json({ input: [{ type: 'reasoning', summary: [ANSWER] }] })],
  ['LLM', 'input.value', json({ input: [{ type: 'web_search_call', action: ANSWER }] })],
  // Anthropic
  [
    'CHAIN',
    'input.value',
    json([{ role: 'user', content: [{ type: 'tool_result', content: ANSWER }] }]),
  ],
  // LangChain: serialized, as tuples, printed.
  [
    'CHAIN',
    'input.value',
    json([[LANGCHAIN('HumanMessage', ASKED), LANGCHAIN('AIMessage', ANSWER)]]),
  ],
  ['CHAIN', 'input.value', json([LANGCHAIN('ToolMessage', ANSWER)])],
  ['CHAIN', 'input.value', json([{ type: 'AIMessageChunk', content: ANSWER }])],
  [
    'LLM',
    'input.value',
    json([
      ['human', ASKED],
      ['ai', ANSWER],
    ]),
  ],
  ['CHAIN', 'input.value', `[HumanMessage(content='${ASKED}'), AIMessage(content='${ANSWER}')]`],
  ['CHAIN', 'input.value', inspect(CHAT)],
  ['CHAIN', 'input.value', `[{'role': 'assistant', 'content': '${ANSWER}'}]`],
  // Gemini, where a tool answers as the user.
  ['LLM', 'input.value', json({ contents: [{ role: 'model', parts: [{ text: ANSWER }] }] })],
  [
    'LLM',
    'input.value',
    json({ contents: [{ role: 'user', parts: [{ functionResponse: { response: ANSWER } }] }] }),
  ],
  // Cohere
  [
    'LLM',
    'input.value',
    json({ message: ASKED, chat_history: [{ role: 'CHATBOT', message: ANSWER }] }),
  ],
  ['LLM', 'input.value', json({ role: 'user', tool_results: [{ outputs: [ANSWER] }] })],
  // Bedrock
  [
    'LLM',
    'input.value',
    json({
      messages: [{ role: 'user', content: [{ toolResult: { content: [{ text: ANSWER }] } }] }],
    }),
  ],
  ['LLM', 'input.value', json({ prompt: `\n\nHuman: hi\n\nAssistant: ${ANSWER}\n\nHuman: and?` })],
  ['LLM', 'input.value', json({ inputText: `User: hi\nBot: ${ANSWER}` })],
  // Vercel AI SDK
  [
    'LLM',
    'input.value',
    json([{ role: 'user', content: [{ type: 'tool-result', output: ANSWER }] }]),
  ],
  // Nobody is named as the author.
  ['LLM', 'input.value', json({ messages: [ASKED, ANSWER, ASKED] })],
  ['LLM', 'input.value', json({ inputs: { generated_responses: [ANSWER] } })],
  ['LLM', 'llm.input_messages.1.message.content', ANSWER],
];

/** What has a single author, who asks. */
const ASKED_ALONE: readonly Row[] = [
  ['LLM', 'input.value', json({ messages: [{ role: 'user', content: ASKED }], tools: [] })],
  ['LLM', 'input.value', json([{ role: 'system', content: ASKED }])],
  ['LLM', 'input.value', json([['human', ASKED]])],
  ['LLM', 'input.value', json([LANGCHAIN('HumanMessage', ASKED)])],
  ['LLM', 'input.value', ASKED],
  ['CHAIN', 'input.value', json({ question: ASKED })],
  ['TOOL', 'input.value', json({ q: ASKED })],
  ['LLM', 'llm.prompts.0.prompt.text', ASKED],
  ['LLM', 'gen_ai.system_instructions', json([{ type: 'text', content: ASKED }])],
  ['LLM', 'lk.pii.user_input', ASKED],
  [EVENT, 'gen_ai.user.message', ASKED],
];

const WAYS: readonly (readonly [string, Withholding])[] = [
  ['hideOutputs, by variable', { env: { OPENINFERENCE_HIDE_OUTPUTS: 'true' } }],
  ['hideOutputs, by option', { privacy: { hideOutputs: true } }],
  ['hideOutputMessages, by variable', { env: { OPENINFERENCE_HIDE_OUTPUT_MESSAGES: 'true' } }],
  ['hideOutputText, by option', { privacy: { hideOutputText: true } }],
];

describe('an answer that comes back in the next request', () => {
  it('is there when nothing is hidden', async () => {
    const rows = [...REPEATED, ...ASKED_ALONE];
    const spans = await sendRows({}, rows);
    expect(spans).toHaveLength(rows.length);
    expect(leaks(spans, ANSWER)).toHaveLength(REPEATED.length);
  });

  it.each(WAYS)('is hidden as the output was: %s', async (_name, way) => {
    const spans = await sendRows(way, [...REPEATED, ...ASKED_ALONE]);
    expect(spans).toHaveLength(REPEATED.length + ASKED_ALONE.length);
    expect(leaks(spans, ANSWER)).toEqual([]);
    expect(leaks(spans.slice(-ASKED_ALONE.length), ASKED)).toHaveLength(ASKED_ALONE.length);
  });
});

describe('looking for earlier answers', () => {
  it.each([
    ['roles', 'role":"user",'],
    ['types', '"type":"a_'],
    ['tuples', '["user",'],
    ['backslashes', '\\'],
    ['line breaks', '\\n'],
    ['marks of prompts', '<|im_start|> '],
    ['braces', '{{"'],
    ['names of properties', 'chat_history tool_call Message '],
    ['spaces', '"type"       :       "'],
    ['labels', '\n       assistant       '],
  ])('takes linear time for %s', (_what, part) => {
    const { privacy } = privacyWith({ hideOutputs: true });
    const text = part.repeat(Math.ceil(65_536 / part.length));
    const startedAt = process.cpuUsage().user;
    sendOne(privacy, ['input.value', text], 'LLM');
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(100);
  });
});
