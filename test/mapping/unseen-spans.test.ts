import type { Attributes } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setup } from '../../src/setup.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { only, type ScriptedSpan, sendScript, span } from '../support/span-script.js';

// Shapes that no capture shows: versions between those captured, and content that the scenarios
// had none of. Derived from LiveKit's sources.

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

const send = (...spans: readonly ScriptedSpan[]) => sendScript(receiver, spans);

async function mapped(name: string, attributes: Attributes): Promise<DecodedSpan['attributes']> {
  return only(await send(span('agent_session', {}, span(name, attributes))), name).attributes;
}

function genAi(messages: unknown): string {
  return JSON.stringify(messages);
}

function chat(attributes: Attributes): Attributes {
  return { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', ...attributes };
}

describe('LiveKit 1.0.51', () => {
  const session = span(
    'agent_session',
    { 'lk.agent_label': 'default_agent' },
    { ...span('start_agent_activity', { 'lk.agent_label': 'greeter' }), root: true },
    span('user_speaking'),
    span(
      'agent_turn',
      { 'lk.speech_id': 's1', 'lk.user_input': 'hello' },
      span('llm_node', {
        'lk.chat_ctx': genAi({
          items: [
            { type: 'message', role: 'user', content: ['hello'] },
            { type: 'function_call', callId: 'i/fnc_0', name: 'look', args: '{"a":1}' },
            { type: 'function_call_output', callId: 'i/fnc_0', output: '"found"', isError: false },
          ],
        }),
        'lk.function_tools': '["look"]',
        'lk.response.text': 'hi',
      }),
    ),
    { ...span('drain_agent_activity', { 'lk.agent_label': 'greeter' }), root: true },
  );

  it('has the turn and the model call whole, without what it never recorded', async () => {
    const spans = await send(session);
    expect(only(spans, 'llm_node').attributes).toMatchObject({
      'llm.input_messages.0.message.content': 'hello',
      'llm.input_messages.1.message.tool_calls.0.tool_call.id': 'i/fnc_0',
      'llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments': '{"a":1}',
      'llm.input_messages.2.message.role': 'tool',
      'llm.input_messages.2.message.tool_call_id': 'i/fnc_0',
      'llm.input_messages.2.message.content': 'found',
      'llm.output_messages.0.message.content': 'hi',
      'input.value': 'hello',
      'output.value': 'hi',
    });
    expect(only(spans, 'agent_turn').attributes).toMatchObject({ 'input.value': 'hello' });
    expect(only(spans, 'agent_session').attributes['input.value']).toBe('hello');
  });

  it('has one session and one agent over its three traces', async () => {
    const spans = await send(session);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
    for (const name of ['agent_turn', 'llm_node', 'user_speaking', 'drain_agent_activity']) {
      expect(only(spans, name).attributes['agent.name'], name).toBe('greeter');
    }
  });
});

describe('a tool that says little', () => {
  it('of 1.4.11, which threw at once, has its arguments and is not failed', async () => {
    const spans = await send(
      span(
        'agent_turn',
        {},
        span('function_tool', {
          'lk.function_tool.name': 'boom',
          'lk.function_tool.arguments': '{"a":1}',
        }),
      ),
    );
    const tool = only(spans, 'function_tool');
    expect(tool.status.code).toBe(0);
    expect(tool.attributes).toMatchObject({ 'tool.name': 'boom', 'input.value': '{"a":1}' });
    expect(tool.attributes['output.value']).toBeUndefined();
  });

  it.each(['not json', '{"a": 1', '', '"quoted"', '7', 'null', '[1]'])(
    'keeps arguments %j and output as they were',
    async (text) => {
      const attributes = await mapped('function_tool', {
        'lk.pii.function_tool.arguments': text,
        'lk.pii.function_tool.output': text,
      });
      const said = text === '"quoted"' ? 'quoted' : text;
      expect(attributes['input.value']).toBe(said);
      expect(attributes['output.value']).toBe(said);
    },
  );
});

describe('the output of a model call that only asks for tools', () => {
  const recorded = { call_id: 'c1', name: 'look', arguments: '{"city":"Paris","days":[1]}' };
  const broken = { call_id: 'c2', name: 'look', arguments: '{"city": 1' };

  it('is the same on the node as on the request below it', async () => {
    const spans = await send(
      span(
        'agent_session',
        {},
        {
          ...span('llm_node', {
            'lk.pii.response.function_calls': JSON.stringify([recorded, broken]),
          }),
          children: [
            span(
              'llm_request',
              chat({
                'gen_ai.output.messages': genAi([
                  {
                    role: 'assistant',
                    parts: [
                      {
                        type: 'tool_call',
                        id: 'c1',
                        name: 'look',
                        arguments: { city: 'Paris', days: [1] },
                      },
                      { type: 'tool_call', id: 'c2', name: 'look', arguments: '{"city": 1' },
                    ],
                  },
                ]),
              }),
            ),
          ],
        },
      ),
    );
    const output = only(spans, 'llm_node').attributes['output.value'];
    expect(JSON.parse(String(output))).toEqual([
      { id: 'c1', name: 'look', arguments: { city: 'Paris', days: [1] } },
      { id: 'c2', name: 'look', arguments: '{"city": 1' },
    ]);
    expect(only(spans, 'llm_request').attributes['output.value']).toBe(output);
  });
});

function call(id: string): object {
  return { type: 'tool_call', id, name: 'look', arguments: { id } };
}

function result(id: string): object {
  return { type: 'tool_call_response', id, response: [id] };
}

describe('messages', () => {
  const input = 'llm.input_messages.0.message';

  it('has images by address, and says that there was one where the data was blanked', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.input.messages': genAi([
          {
            role: 'user',
            parts: [
              { type: 'text', content: 'look' },
              { type: 'uri', modality: 'image', mime_type: 'image/png', uri: 'https://x/a.png' },
              { type: 'uri', modality: 'image', uri: '' },
            ],
          },
        ]),
      }),
    );
    expect(attributes).toMatchObject({
      [`${input}.contents.0.message_content.text`]: 'look',
      [`${input}.contents.1.message_content.type`]: 'image',
      [`${input}.contents.1.message_content.image.image.url`]: 'https://x/a.png',
      [`${input}.contents.2.message_content.type`]: 'image',
      'input.value': 'look',
    });
    expect(attributes).not.toHaveProperty([`${input}.contents.2.message_content.image.image.url`]);
  });

  it('has what was said in audio', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.input.messages': genAi([
          {
            role: 'user',
            parts: [{ type: 'blob', modality: 'audio', content: '', transcript: 'spoken' }],
          },
        ]),
      }),
    );
    expect(attributes).toMatchObject({
      [`${input}.contents.0.message_content.type`]: 'audio',
      [`${input}.contents.0.message_content.audio.audio.transcript`]: 'spoken',
      'input.value': 'spoken',
    });
  });

  it('has reasoning beside the answer, and only the answer as output', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.output.messages': genAi([
          {
            role: 'assistant',
            parts: [
              { type: 'reasoning', content: 'let me think' },
              { type: 'text', content: 'done' },
            ],
          },
        ]),
      }),
    );
    expect(attributes).toMatchObject({
      'llm.output_messages.0.message.contents.0.message_content.type': 'reasoning',
      'llm.output_messages.0.message.contents.0.message_content.text': 'let me think',
      'llm.output_messages.0.message.contents.1.message_content.text': 'done',
      'output.value': 'done',
    });
  });

  it('has parallel calls in the order in which LiveKit tells them', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.input.messages': genAi([
          { role: 'assistant', parts: [call('a')] },
          { role: 'tool', parts: [result('a')] },
          { role: 'assistant', parts: [call('b')] },
          { role: 'tool', parts: [result('b'), result('c')] },
          { role: 'developer', parts: [{ type: 'text', content: 'be brief' }] },
        ]),
      }),
    );
    const roles = [0, 1, 2, 3, 4, 5].map((n) => attributes[`llm.input_messages.${n}.message.role`]);
    expect(roles).toEqual(['assistant', 'tool', 'assistant', 'tool', 'tool', 'developer']);
    expect(attributes['llm.input_messages.4.message.tool_call_id']).toBe('c');
    expect(attributes['llm.input_messages.4.message.content']).toBe('["c"]');
  });

  it('has instructions before everything, one message each', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.system_instructions': genAi([
          { type: 'text', content: 'one' },
          { type: 'text', content: 'two' },
        ]),
        'gen_ai.input.messages': genAi([
          { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
        ]),
      }),
    );
    expect(attributes).toMatchObject({
      [`${input}.role`]: 'system',
      [`${input}.content`]: 'one',
      'llm.input_messages.1.message.content': 'two',
      'llm.input_messages.2.message.role': 'user',
    });
  });

  it('loses no message of another shape', async () => {
    const attributes = await mapped(
      'llm_request',
      chat({
        'gen_ai.input.messages': genAi([
          'plain',
          { role: 'user', content: 'string content' },
          { role: 'assistant', content: null, tool_calls: [{ id: 'x' }] },
          { role: 'user', parts: ['bare', 7, { type: 'server_tool_call', id: 's' }] },
          { role: 'user', content: [{ type: 'text', text: 'of OpenAI' }] },
        ]),
      }),
    );
    expect(attributes).toMatchObject({
      [`${input}.content`]: 'plain',
      'llm.input_messages.1.message.content': 'string content',
      'llm.input_messages.2.message.content': '{"tool_calls":[{"id":"x"}]}',
      'llm.input_messages.3.message.contents.0.message_content.text': 'bare',
      'llm.input_messages.3.message.contents.1.message_content.text': '7',
      'llm.input_messages.3.message.contents.2.message_content.text':
        '{"type":"server_tool_call","id":"s"}',
      'llm.input_messages.4.message.content': 'of OpenAI',
    });
  });

  it.each(['{', 'no json', '{"role":"user"}', '7'])('keeps what is none: %j', async (text) => {
    const attributes = await mapped('llm_request', chat({ 'gen_ai.input.messages': text }));
    expect(attributes['gen_ai.input.messages']).toBe(text);
    expect(Object.keys(attributes).filter((key) => key.startsWith('llm.input_messages'))).toEqual(
      [],
    );
  });

  it('sends no empty list', async () => {
    const attributes = await mapped('llm_request', chat({ 'gen_ai.input.messages': '[]' }));
    expect(Object.keys(attributes).filter((key) => /messages/u.test(key))).toEqual([]);
  });

  it('carries any text: NUL, emoji, 40 KB, half a surrogate pair', async () => {
    const long = 'ä'.repeat(20_000);
    const said = `a\0b 👩‍👩‍👧 ${long}`;
    const attributes = await mapped('agent_turn', {
      'lk.pii.user_input': said,
      'lk.pii.response.text': 'half \ud83d',
    });
    expect(attributes['input.value']).toBe(said);
    expect(attributes['output.value']).toBe('half \ufffd');
  });
});

describe('values of a type that nobody expects', () => {
  it.each([7, true, ['a', 'b'], 0.5])('stay as they are: %j', async (value) => {
    const keys = ['lk.pii.user_input', 'lk.pii.response.text', 'lk.interrupted', 'lk.e2e_latency'];
    const given = Object.fromEntries(keys.map((key) => [key, value]));
    const attributes = await mapped('agent_turn', given);
    expect(attributes).toMatchObject(given);
    expect(attributes['input.value']).toBeUndefined();
  });
});

function used(input: number, output: number): Attributes {
  return {
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
  };
}

function total(spans: readonly DecodedSpan[]): number {
  return spans.reduce(
    (sum, { attributes }) => sum + Number(attributes['llm.token_count.total'] ?? 0),
    0,
  );
}

describe('tokens', () => {
  const client: ScriptedSpan = {
    ...span('chat gpt', { ...chat(used(10, 5)), 'gen_ai.provider.name': 'openai' }),
    scope: '@opentelemetry/instrumentation-openai',
  };
  const request = span('llm_request', chat(used(10, 5)), {
    ...span('llm_request_run'),
    children: [client],
  });

  it('are those of the client where one is instrumented below', async () => {
    const spans = await send(span('agent_session', {}, request));
    expect(total(spans)).toBe(15);
    expect(only(spans, 'llm_request').attributes['gen_ai.usage.input_tokens']).toBeUndefined();
    expect(only(spans, 'chat gpt').attributes['llm.token_count.total']).toBe(15);
  });

  it('are those of the request where the client is filtered out', async () => {
    const spans = await sendScript(receiver, [span('agent_session', {}, request)], {
      exportScopes: 'livekit',
    });
    expect(total(spans)).toBe(15);
    expect(only(spans, 'llm_request').attributes['llm.token_count.total']).toBe(15);
  });

  it('of an LLM that a tool asks are its own, under the turn', async () => {
    const spans = await send(
      span(
        'agent_turn',
        { 'gen_ai.agent.name': 'clerk' },
        span('llm_node', {}, span('llm_request', chat(used(10, 5)))),
        span('function_tool', { 'gen_ai.tool.name': 'ask' }),
        {
          ...span('llm_request', chat(used(3, 1))),
          children: [{ ...span('llm_request_run'), error: 'down' }],
        },
      ),
    );
    expect(total(spans)).toBe(19);
    const [, inTool] = spans.filter(({ name }) => name === 'llm_request');
    expect(inTool?.status.code).toBe(2);
    expect(only(spans, 'agent_turn').status.code).toBe(0);
    expect(inTool?.attributes['agent.name']).toBe('clerk');
  });

  it.each([
    ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', {}],
    ['llm.token_count.prompt', 'llm.token_count.completion', { 'llm.token_count.total': -2 }],
  ])('of -1, which is unknown, are no tokens: %s', async (input, output, more) => {
    const unknown = { [input]: -1, [output]: -1, 'openinference.span.kind': 'LLM', ...more };
    const spans = await send(
      span('agent_session', {}, span('llm_request', chat(used(10, 5))), {
        ...span('llm_request', chat({ ...unknown })),
        scope: input.startsWith('llm') ? 'app' : 'livekit-agents',
      }),
    );
    expect(total(spans)).toBe(15);
    for (const { attributes } of spans) {
      const counts = Object.entries(attributes).filter(([key]) => /token_count|usage/u.test(key));
      expect(counts.filter(([, count]) => Number(count) < 0)).toEqual([]);
    }
    expect(only(spans, 'agent_session').attributes).toMatchObject({
      'voice.session.tokens_by_model': '{"m":{"input":10,"output":5}}',
      'agent.llm_call_count': 2,
    });
  });

  it('of which only one side is unknown are those of the other', async () => {
    const attributes = await mapped('llm_request', chat(used(-1, 7)));
    expect(attributes).not.toHaveProperty(['llm.token_count.prompt']);
    expect(attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(attributes).toMatchObject({
      'llm.token_count.completion': 7,
      'llm.token_count.total': 7,
    });
  });

  it('in the metrics of LiveKit up to 1.7.1 are none either where they are -1', async () => {
    const metrics = { promptTokens: 9, completionTokens: 3, promptCachedTokens: -1 };
    const attributes = await mapped('llm_request', { 'lk.llm_metrics': JSON.stringify(metrics) });
    expect(attributes['llm.token_count.total']).toBe(12);
    expect(Object.keys(attributes).filter((key) => key.includes('details'))).toEqual([]);
    const speech = await mapped('tts_request', {
      'lk.tts_metrics': JSON.stringify({ ttfbMs: -1, charactersCount: -1, audioDurationMs: -1 }),
    });
    expect(Object.keys(speech).filter((key) => key.startsWith('voice.'))).toEqual([]);
  });

  it('has details that are parts of the whole and share nothing', async () => {
    const attributes = await mapped('realtime_metrics', {
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.cache_read.input_tokens': 80,
      'gen_ai.usage.audio.input_tokens': 90,
      'gen_ai.usage.audio.output_tokens': 40,
      'gen_ai.usage.reasoning.output_tokens': 30,
    });
    const sum = (prefix: string): number =>
      Object.entries(attributes)
        .filter(([key]) => key.startsWith(prefix))
        .reduce((all, [, value]) => all + Number(value), 0);
    expect(sum('llm.token_count.prompt_details.')).toBeLessThanOrEqual(100);
    expect(sum('llm.token_count.completion_details.')).toBeLessThanOrEqual(50);
  });
});

describe('an answer that the user spoke over', () => {
  const generated = 'one two three four';
  const answer = genAi([{ role: 'assistant', parts: [{ type: 'text', content: generated }] }]);
  const turn = (heard: Attributes): ScriptedSpan =>
    span(
      'agent_turn',
      { 'lk.interrupted': true, ...heard },
      span(
        'llm_node',
        { 'lk.pii.response.text': generated },
        span('llm_request', chat({ 'gen_ai.output.messages': answer })),
      ),
    );

  it('is on the turn and the session as far as it was heard, on the model call as generated', async () => {
    // From 1.2.0 on, LiveKit's truncated transcript where the output reports one.
    const spans = await send(
      span('agent_session', {}, turn({ 'lk.pii.response.text': 'one two' })),
    );
    expect(only(spans, 'agent_turn').attributes).toMatchObject({
      'output.value': 'one two',
      'voice.interrupted': true,
    });
    expect(only(spans, 'agent_session').attributes['output.value']).toBe('one two');
    for (const name of ['llm_node', 'llm_request']) {
      expect(only(spans, name).attributes['output.value'], name).toBe(generated);
    }
  });

  it('before the first word is no output of turn or session', async () => {
    const spans = await send(
      span('agent_session', {}, span('agent_turn', { 'lk.pii.response.text': 'hello' }), turn({})),
    );
    const [, interrupted] = spans.filter(({ name }) => name === 'agent_turn');
    expect(interrupted?.attributes['output.value']).toBeUndefined();
    expect(interrupted?.attributes['voice.interrupted']).toBe(true);
    expect(only(spans, 'agent_session').attributes['output.value']).toBe('hello');
    expect(only(spans, 'llm_node').attributes['output.value']).toBe(generated);
  });
});

describe('the provider of a model', () => {
  it.each([
    ['openai', 'openai', 'openai'],
    ['api.openai.com', 'openai', 'openai'],
    ['azure.ai.openai', 'azure', 'openai'],
    ['acme.openai.azure.com', 'azure', 'openai'],
    ['gcp.vertex_ai', 'google', 'vertexai'],
    ['AWS Bedrock', 'aws', 'amazon'],
    ['Google Cloud Platform', 'google', 'vertexai'],
    ['Vertex AI Model Garden', 'google', 'vertexai'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'aws', 'amazon'],
    ['s3.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com'],
    ['127.0.0.1:8080', '127.0.0.1:8080', '127.0.0.1:8080'],
    ['unknown', undefined, undefined],
  ])('%s is %s', async (reported, provider, system) => {
    const attributes = await mapped('llm_request', chat({ 'gen_ai.provider.name': reported }));
    expect([attributes['llm.provider'], attributes['llm.system']]).toEqual([provider, system]);
  });
});

describe('the name of a model', () => {
  const names = (attributes: DecodedSpan['attributes']): unknown[] =>
    ['llm.model_name', 'gen_ai.request.model', 'gen_ai.response.model'].flatMap(
      (key) => attributes[key] ?? [],
    );

  it('stands on the client where one is instrumented below the request', async () => {
    const spans = await send(
      span(
        'llm_node',
        { 'gen_ai.request.model': 'm', 'lk.pii.response.text': 'hi' },
        {
          ...span('llm_request', chat(used(10, 5))),
          children: [{ ...span('chat m', chat(used(10, 5))), scope: 'openai' }],
        },
      ),
    );
    expect(names(only(spans, 'llm_node').attributes)).toEqual([]);
    expect(names(only(spans, 'llm_request').attributes)).toEqual([]);
    expect(only(spans, 'chat m').attributes['llm.model_name']).toBe('m');
  });

  it('stays on a node that has no request below, and on a request of which all failed', async () => {
    const spans = await send(
      span('llm_node', { 'gen_ai.request.model': 'm' }),
      span('llm_request', chat(used(0, 0)), { ...span('llm_request_run'), error: 'down' }),
    );
    expect(only(spans, 'llm_node').attributes['llm.model_name']).toBe('m');
    expect(only(spans, 'llm_request').attributes['llm.model_name']).toBe('m');
  });

  it('is never that of an adapter, also where it asked nobody', async () => {
    const attributes = await mapped('llm_request', {
      'gen_ai.request.model': 'FallbackAdapter',
      'gen_ai.response.model': 'FallbackAdapter',
    });
    expect(names(attributes)).toEqual([]);
    const before = await mapped('llm_request', {
      'gen_ai.request.model': 'FallbackAdapter',
      'lk.llm_metrics': JSON.stringify({ metadata: { modelName: 'FallbackAdapter' } }),
    });
    expect(names(before)).toEqual([]);
  });

  it('of a realtime call is with its metrics, also where those come late', async () => {
    const started = { 'gen_ai.operation.name': 'generate_content', 'gen_ai.request.model': 'rt' };
    const late = { ...started, ...used(5, 6), 'lk.realtime_model_metrics': '{}' };
    const spans = await send(
      span('agent_turn', {}, span('realtime_inference', started, span('realtime_metrics', late))),
      span('realtime_inference', { ...started, ...used(5, 6), 'lk.realtime_model_metrics': '{}' }),
    );
    const [inference, inTime] = spans.filter(({ name }) => name === 'realtime_inference');
    expect(names(inference?.attributes ?? {})).toEqual([]);
    expect(only(spans, 'realtime_metrics').attributes['llm.model_name']).toBe('rt');
    expect(inTime?.attributes['llm.model_name']).toBe('rt');
  });
});

function run(error?: string): ScriptedSpan {
  return error === undefined ? span('llm_request_run') : { ...span('llm_request_run'), error };
}

describe('attempts', () => {
  it('that failed and were repeated fail nothing above them, also after half an answer', async () => {
    const spans = await send(
      span(
        'agent_turn',
        {},
        span(
          'llm_node',
          {},
          span(
            'llm_request',
            chat({
              'gen_ai.output.messages': genAi([
                {
                  role: 'assistant',
                  parts: [
                    { type: 'text', content: 'Hel' },
                    { type: 'text', content: 'Hello' },
                  ],
                },
              ]),
              'gen_ai.response.finish_reasons': ['stop'],
            }),
            run('overloaded'),
            run(),
          ),
        ),
      ),
    );
    expect(spans.filter(({ status }) => status.code === 2)).toHaveLength(1);
    const request = only(spans, 'llm_request').attributes;
    expect(request['llm.finish_reason']).toBe('stop');
    expect(request['llm.output_messages.0.message.contents.1.message_content.text']).toBe('Hello');
  });

  it('of which the last failed fail request, node and turn with its words', async () => {
    const spans = await send(
      span(
        'agent_session',
        {},
        span(
          'agent_turn',
          {},
          span(
            'llm_node',
            {},
            span(
              'llm_request',
              chat({
                'gen_ai.response.finish_reasons': ['stop'],
              }),
              run(),
              run('overloaded'),
            ),
          ),
        ),
      ),
    );
    for (const name of ['llm_request', 'llm_node', 'agent_turn']) {
      expect(only(spans, name).status, name).toEqual({ code: 2, message: 'overloaded' });
    }
    expect(only(spans, 'agent_session').status.code).toBe(0);
    expect(only(spans, 'llm_request').attributes['llm.finish_reason']).toBe('error');
  });
});

describe('what the prompt says of a tool that found nothing', () => {
  it.each([
    ['gen_ai', { 'gen_ai.operation.name': 'chat' }],
    ['lk', {}],
  ])('is null, under the keys of %s', async (spelling, operation) => {
    const found = { type: 'tool_call_response', id: 'c1', response: null };
    const item = { type: 'function_call_output', call_id: 'c1', output: 'null' };
    const attributes = await mapped('llm_node', {
      ...operation,
      ...(spelling === 'lk'
        ? { 'lk.chat_ctx': JSON.stringify({ items: [item] }) }
        : { 'gen_ai.input.messages': genAi([{ role: 'tool', parts: [found] }]) }),
    });
    expect(attributes['llm.input_messages.0.message.content']).toBe('null');
  });
});

describe('a model call that recorded empty lists', () => {
  it('has the conversation that LiveKit recorded under its own keys', async () => {
    const attributes = await mapped('llm_node', {
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': '[]',
      'gen_ai.output.messages': '[]',
      'lk.pii.chat_ctx': JSON.stringify({
        items: [{ type: 'message', role: 'user', content: ['hello'] }],
      }),
      'lk.pii.response.text': 'hi',
    });
    expect(attributes).toMatchObject({
      'llm.input_messages.0.message.content': 'hello',
      'llm.output_messages.0.message.content': 'hi',
      'input.value': 'hello',
      'output.value': 'hi',
    });
  });

  it('has the role of its side on a message that names none', async () => {
    const parts = [{ type: 'text', content: 'hi' }];
    const attributes = await mapped('llm_request', {
      ...chat({}),
      'gen_ai.input.messages': genAi([{ parts }]),
      'gen_ai.output.messages': genAi([{ parts }]),
    });
    expect(attributes).toMatchObject({
      'llm.input_messages.0.message.role': 'user',
      'llm.output_messages.0.message.role': 'assistant',
      'input.value': 'hi',
      'output.value': 'hi',
    });
  });
});

describe('a span that was cut short', () => {
  it.each(['realtime_inference', 'realtime_metrics', 'llm_request'])(
    'by the user is interrupted: %s',
    async (name) => {
      const key = name === 'llm_request' ? 'lk.llm_metrics' : 'lk.realtime_model_metrics';
      const attributes = await mapped(name, { [key]: JSON.stringify({ cancelled: true }) });
      expect(attributes['voice.interrupted']).toBe(true);
    },
  );

  it('by shutdown is not: a tool that is still running', async () => {
    const before = receiver.spans().length;
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    tracing.provider.getTracer('livekit-agents').startSpan('function_tool');
    await tracing.shutdown();
    const { attributes } = only(receiver.spans().slice(before), 'function_tool');
    expect(attributes['catalyst.incomplete']).toBe(true);
    expect(attributes).not.toHaveProperty(['voice.interrupted']);
    expect(attributes).not.toHaveProperty(['metadata']);
  });
});

describe('counts of -1 on a span that is no model call', () => {
  it.each(['livekit-agents', 'app'])('are left out as well: scope %s', async (scope) => {
    const spans = await send({
      ...span('agent_turn', { ...used(-1, -1), 'gen_ai.operation.name': 'invoke_agent' }),
      scope,
    });
    expect(
      Object.keys(only(spans, 'agent_turn').attributes).filter((key) => key.includes('usage')),
    ).toEqual([]);
  });
});
