import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { AttributeSink } from '../../src/mapping/attribute-sink.js';
import { privacyWith, recordWith, send, sendOne, type Put } from './guarded.js';

const nowhere: AttributeSink = { put: () => undefined };

describe('privacy that is off', () => {
  it('hands back the sink and the record themselves', () => {
    const { privacy } = privacyWith({
      base64ImageMaxLength: Infinity,
      base64AudioMaxLength: Infinity,
    });
    const record = recordWith();
    expect(privacy.guard(nowhere, 'LLM')).toBe(nowhere);
    expect(privacy.guardRecord(record, 'LLM')).toBe(record);
    expect(privacy.forSpan({}).guard(nowhere, 'LLM')).toBe(nowhere);
  });

  it('keeps one sink for all spans where only media are limited', () => {
    const { privacy } = privacyWith({});
    expect(privacy.guard(nowhere, 'LLM')).toBe(privacy.guard(nowhere, 'TOOL'));
    const record = recordWith();
    expect(privacy.guardRecord(record, 'LLM')).toBe(record);
  });
});

describe('a project that mandates redaction', () => {
  const words: Put = ['input.value', 'hello', 'inputValue'];
  const user: Put = ['user.id', 'alice', 'personal'];

  it('withholds content from the first marked span on, whatever the options say', () => {
    const { privacy } = privacyWith({ allowPii: true });
    expect(send(privacy.forSpan({}), [words, user])).toEqual({
      'input.value': 'hello',
      'user.id': 'alice',
    });
    expect(send(privacy.forSpan({ 'lk.redaction.enabled': true }), [words, user])).toEqual({});
    // The job's own span was opened before the mark, and ends after it.
    expect(send(privacy.forSpan({}), [words, user])).toEqual({});
    expect(privacy.allows('inputText')).toBe(false);
    expect(privacy.counts.removed).toBe(4);
  });

  it('takes any mark but false for one, as LiveKit does', () => {
    const { privacy } = privacyWith({});
    expect(sendOne(privacy.forSpan({ 'lk.redaction.enabled': false }), words)).toBe('hello');
    expect(sendOne(privacy.forSpan({ 'lk.redaction.enabled': 'yes' }), words)).toBeUndefined();
  });
});

describe('what stands beside the attributes', () => {
  const secret = 'secret words';
  const record = recordWith({
    status: { code: SpanStatusCode.ERROR, message: secret },
    events: [
      {
        name: 'exception',
        time: [1, 2],
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': secret,
          'exception.stacktrace': `TypeError: ${secret}\n at x`,
        },
      },
      { name: 'gen_ai.user.message', time: [1, 3], attributes: { content: secret, role: secret } },
      { name: 'gen_ai.choice', time: [1, 3], attributes: { message: secret, index: 0 } },
      { name: 'note', time: [1, 4], attributes: { anything: secret, count: 3 } },
      { name: 'event_loop_blocked', time: [1, 5], attributes: { 'lk.blocking.duration': 0.2 } },
      { name: 'bare', time: [1, 6] },
    ],
    links: [
      { context: recordWith().spanContext, attributes: { why: secret, 'session.id': 's' } },
      { context: recordWith().spanContext },
    ],
  });

  it.each([{ allowPii: false }, { captureMessageContent: false }])('goes under %o', (flags) => {
    const guarded = privacyWith(flags).privacy.guardRecord(record, 'TOOL');
    expect(JSON.stringify(guarded)).not.toContain(secret);
    expect(guarded.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'exception details redacted',
    });
    expect(guarded.events.map(({ name, time }) => [name, time])).toEqual(
      record.events.map(({ name, time }) => [name, time]),
    );
    expect(guarded.events[0]?.attributes).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'exception details redacted',
    });
    expect(guarded.events[4]?.attributes).toEqual({ 'lk.blocking.duration': 0.2 });
    expect(guarded.links[0]?.attributes).toEqual({ 'session.id': 's' });
    expect(JSON.stringify(record), 'the record itself').toContain(secret);
  });

  it('follows the side that its event is of', () => {
    const inputs = privacyWith({ hideInputMessages: true }).privacy.guardRecord(record, 'LLM');
    expect(inputs.events[1]?.attributes).toEqual({});
    expect(inputs.events[2]?.attributes).toEqual({ message: secret, index: 0 });
    const outputs = privacyWith({ hideOutputMessages: true }).privacy.guardRecord(record, 'LLM');
    expect(outputs.events[1]?.attributes).toEqual({ content: secret, role: secret });
    expect(outputs.events[2]?.attributes).toEqual({});
  });

  it('is redacted like attributes, names by pattern', () => {
    const { privacy } = privacyWith(
      {},
      { redactPatterns: 'default', redact: (value, { key }) => value.replace('secret', key) },
    );
    const guarded = privacy.guardRecord({ ...record, name: 'look up alice@example.com' }, 'TOOL');
    expect(guarded.name).toBe('look up [REDACTED:email]');
    expect(guarded.status.message).toBe('status.message words');
    expect(guarded.events[0]?.attributes?.['exception.message']).toBe('exception.message words');
    expect(guarded.events[3]?.attributes).toEqual({ anything: 'anything words', count: 3 });
  });
});

describe('earlier answers among the input', () => {
  const history: readonly Put[] = [
    ['llm.input_messages.0.message.role', 'system', 'inputMessage'],
    ['llm.input_messages.0.message.content', 'be kind', 'inputText'],
    ['llm.input_messages.1.message.role', 'user', 'inputMessage'],
    ['llm.input_messages.1.message.content', 'my question', 'inputText'],
    ['llm.input_messages.2.message.role', 'assistant', 'inputMessage'],
    ['llm.input_messages.2.message.content', 'my answer', 'inputText'],
    [
      'llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments',
      '{"a":"my answer"}',
      'inputText',
    ],
    ['llm.input_messages.3.message.role', 'tool', 'inputMessage'],
    ['llm.input_messages.3.message.content', 'my answer', 'inputText'],
    ['llm.input_messages.11.message.content', 'my answer, role unknown', 'inputText'],
    ['input.value', '[{"role": "assistant", "content": "my answer"}]', 'inputValue'],
  ];

  it.each([{ hideOutputs: true }, { hideOutputMessages: true }, { hideOutputText: true }])(
    'are hidden under %o, questions are not',
    (flags) => {
      const sent = send(privacyWith(flags).privacy, history);
      expect(JSON.stringify(sent)).not.toContain('my answer');
      expect(sent['llm.input_messages.0.message.content']).toBe('be kind');
      expect(sent['llm.input_messages.1.message.content']).toBe('my question');
      expect(sent['llm.input_messages.2.message.role']).toBe('assistant');
      expect(Object.keys(sent)).toHaveLength(history.length);
    },
  );

  it('are told from questions by a role that stands anywhere before them', () => {
    const rolesFirst = history.toSorted(
      ([a], [b]) => Number(b.endsWith('role')) - Number(a.endsWith('role')),
    );
    const { privacy } = privacyWith({ hideOutputs: true });
    expect(send(privacy, rolesFirst)).toEqual(send(privacy, history));
  });

  it('are sent when outputs are', () => {
    const sent = send(privacyWith({ hideLlmTools: true }).privacy, history);
    expect(Object.entries(sent)).toEqual(history.map(([key, value]) => [key, value]));
  });
});

it('an unknown number of LiveKit is a measurement, an unknown text is not', () => {
  const { privacy } = privacyWith({ allowPii: false });
  expect(sendOne(privacy, ['lk.new_delay', 3, 'raw'])).toBe(3);
  expect(sendOne(privacy, ['lk.new_flag', true, 'raw'])).toBe(true);
  expect(sendOne(privacy, ['lk.new_words', 'hello', 'raw'])).toBeUndefined();
  expect(sendOne(privacy, ['lk.new_words', ['hello'], 'raw'])).toBeUndefined();
});
