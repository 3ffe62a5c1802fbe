import { inspect } from 'node:util';
import * as livekitAgents from '@livekit/agents';
import { llm, voice } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { setup } from '../../src/index.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';
import { privacyWith, sendOne } from './redacted.js';
import { leaks, sendRows, type Row } from './wire.js';

const NUMBER = '4111111111111111';
const RESULT = { status: 'ok', card: { number: NUMBER, größe: 1 } };
const PATHS = ['$.card.number', '$..number'];

afterEach(() => {
  trace.disable();
});

const json = (value: unknown): string => JSON.stringify(value);

/** A tool's result, or its arguments, as a tool or a model writes them. */
const WRITTEN: readonly (readonly [string, string])[] = [
  ['JSON', json(RESULT)],
  ['util.inspect', inspect(RESULT)],
  ['an object without prototype', inspect(Object.assign(Object.create(null) as object, RESULT))],
  ['a map', inspect(new Map([['number', NUMBER]]))],
  ['Python', `{'status': 'ok', 'card': {'number': '${NUMBER}'}}`],
  ['a list of Python', `['ok', {'number': '${NUMBER}'}]`],
  ['JSON5', `{status:'ok',/* paid */card:{number:${NUMBER}}}`],
  ['Ruby', `{:card=>{:number=>"${NUMBER}"}}`],
  ['a sentence', `The card is { number: '${NUMBER}' }, as said.`],
  ['JSON that breaks off', `{"status":"ok","card":{"number":"${NUMBER}`],
];

/** Where it comes back, on its own span and in the next request. */
function rowsOf(text: string): readonly Row[] {
  return [
    ['TOOL', 'output.value', text],
    ['TOOL', 'input.value', text],
    ['TOOL', 'gen_ai.tool.call.result', text],
    ['LLM', 'llm.input_messages.2.message.content', text],
    ['LLM', 'llm.input_messages.2.message.contents.0.message_content.text', text],
    ['LLM', 'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments', text],
    ['LLM', 'input.value', json({ messages: [{ role: 'tool', content: text }] })],
    ['LLM', 'gen_ai.input.messages', json([{ role: 'tool', parts: [{ response: text }] }])],
    ['AGENT', 'ai.prompt.messages', json([{ role: 'tool', content: [{ result: text }] }])],
    ['LLM', 'lk.pii.chat_ctx', json({ items: [{ output: text }] })],
    ['CHAIN', 'output.value', `Tool said: ${text}`],
  ];
}

describe('what a path masks in a tool’s result', () => {
  it.each(WRITTEN)('is masked wherever it comes back, written as %s', async (_as, text) => {
    const rows = rowsOf(text);
    expect(leaks(await sendRows({}, rows), NUMBER)).toHaveLength(rows.length);
    trace.disable();
    const spans = await sendRows({ privacy: { toolJsonPaths: PATHS } }, rows);
    expect(spans).toHaveLength(rows.length);
    expect(leaks(spans, NUMBER)).toEqual([]);
  });

  it('is masked from where a path begins: below each wrapping of a result', async () => {
    const value = { number: NUMBER };
    const wrapped = [
      { type: 'tool-result', output: { type: 'json', value } },
      { toolResult: { content: [{ json: value }] } },
      { content: [{ type: 'text', text: json(value) }], structuredContent: value },
      { functionResponse: { response: value } },
      { toolUse: { input: value } },
    ];
    const rows: readonly Row[] = wrapped.map((each) => ['LLM', 'input.value', json([each])]);
    const spans = await sendRows({ privacy: { toolJsonPaths: ['$.number'] } }, rows);
    expect(spans).toHaveLength(rows.length);
    expect(leaks(spans, NUMBER)).toEqual([]);
  });

  it('leaves what holds nothing of the kind', async () => {
    const texts = ['Use {name} here: the number', 'a { b: 1 } c', '[laughs] {ok}', '5 < {x: 1}'];
    const rows: readonly Row[] = texts.map((text) => ['LLM', 'input.value', text]);
    const spans = await sendRows({ privacy: { toolJsonPaths: PATHS } }, rows);
    expect(spans.map(({ attributes }) => attributes['input.value'])).toEqual(texts);
  });

  it.each(['{number', '{ number ', '{a:', "{'", '{"a":', "['a',", '{ => ', '{'.repeat(101)])(
    'is looked for in linear time: %s',
    (part) => {
      const { privacy } = privacyWith({}, { toolJsonPaths: PATHS });
      const text = `number ${part.repeat(Math.ceil(65_536 / part.length))}`;
      for (const kind of ['LLM', 'TOOL']) {
        const startedAt = process.cpuUsage().user;
        sendOne(privacy, ['output.value', text], kind);
        expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(100);
      }
    },
  );

  it('is masked in a session of LiveKit, on the tool’s span and in the next request', async () => {
    const receiver = await startReceiver();
    const tracing = await setup({
      endpoint: receiver.endpoint,
      modules: { livekitAgents },
      rawContent: true,
      privacy: { toolJsonPaths: PATHS },
    });
    const pay = llm.tool({
      name: 'pay',
      description: 'Pays',
      parameters: z.object({ note: z.string() }),
      execute: async () => inspect(RESULT),
    });
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.', tools: [pay] }),
      llm: new ScriptedLLM({
        replies: [
          { toolCalls: [{ name: 'pay', arguments: { note: inspect(RESULT) } }] },
          { text: 'Paid.' },
        ],
      }),
      turns: ['Pay'],
    });
    await tracing.shutdown();
    const spans = receiver.spans();
    await receiver.close();
    expect(spans.map(({ name }) => name)).toContain('function_tool');
    expect(leaks(spans, 'REDACTED')).not.toEqual([]);
    expect(leaks(spans, NUMBER)).toEqual([]);
  });
});
