import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { MappedSpan } from '../../src/mapping/mapped-span.js';
import { redact } from '../../src/privacy/redact.js';
import { privacyWith, SPAN_CONTEXT, send, sendOne, spanWith, type Entry } from './redacted.js';

describe('a span in which nothing changes', () => {
  const span = spanWith({
    status: { code: SpanStatusCode.ERROR, message: 'no' },
    entries: [{ key: 'input.value', value: 'hello' }],
    events: [{ name: 'note', time: [1, 4], attributes: { words: ['a', 'b'] } }],
    links: [{ context: SPAN_CONTEXT, attributes: { why: 'b' } }],
  });

  it.each([
    [{ base64ImageMaxLength: Infinity, base64AudioMaxLength: Infinity }, {}],
    [{}, {}],
    [{}, { redactPatterns: 'default', redact: (value: string) => value }],
  ] as const)('is handed on itself under %o and %o', (flags, redaction) => {
    const { privacy } = privacyWith(flags, redaction);
    expect(redact(span, privacy.policy)).toBe(span);
    expect(new Set(Object.values(privacy.counts))).toEqual(new Set([0]));
  });
});

describe('a project that mandates redaction', () => {
  const words: Entry = ['input.value', 'hello'];
  const user: Entry = ['user.id', 'alice'];

  it('withholds content from the first marked span on, whatever the options say', () => {
    const { privacy } = privacyWith({ allowPii: true });
    privacy.check({});
    expect(send(privacy, [words, user])).toEqual({
      'input.value': 'hello',
      'user.id': 'alice',
    });
    privacy.check({ 'lk.redaction.enabled': true });
    expect(send(privacy, [words, user])).toEqual({});
    // The job's own span was opened before the mark, and ends after it.
    privacy.check({});
    expect(send(privacy, [words, user])).toEqual({});
    expect(privacy.counts.removed).toBe(4);
  });

  it('takes any mark but false for one, as LiveKit does', () => {
    const { privacy } = privacyWith({});
    privacy.check({ 'lk.redaction.enabled': false });
    expect(sendOne(privacy, words)).toBe('hello');
    privacy.check({ 'lk.redaction.enabled': 'yes' });
    expect(sendOne(privacy, words)).toBeUndefined();
  });
});

describe('what stands beside the attributes', () => {
  const secret = 'secret words';
  const span = spanWith({
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
      { context: SPAN_CONTEXT, attributes: { why: secret, 'session.id': 's' } },
      { context: SPAN_CONTEXT },
    ],
  });

  it.each([{ allowPii: false }, { captureMessageContent: false }])('goes under %o', (flags) => {
    const sent = redact(span, privacyWith(flags).privacy.policy);
    expect(JSON.stringify(sent)).not.toContain(secret);
    expect(sent.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'exception details redacted',
    });
    expect(sent.events.map(({ name, time }) => [name, time])).toEqual(
      span.events.map(({ name, time }) => [name, time]),
    );
    expect(sent.events[0]?.attributes).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'exception details redacted',
    });
    expect(sent.events[4]?.attributes).toEqual({ 'lk.blocking.duration': 0.2 });
    expect(sent.links[0]?.attributes).toEqual({ 'session.id': 's' });
    expect(JSON.stringify(span), 'the span itself').toContain(secret);
  });

  it('follows the side that its event is of', () => {
    const inputs = redact(span, privacyWith({ hideInputMessages: true }).privacy.policy);
    expect(inputs.events[1]?.attributes).toEqual({});
    expect(inputs.events[2]?.attributes).toEqual({ message: secret, index: 0 });
    const outputs = redact(span, privacyWith({ hideOutputMessages: true }).privacy.policy);
    expect(outputs.events[1]?.attributes).toEqual({ content: secret, role: secret });
    expect(outputs.events[2]?.attributes).toEqual({});
  });

  it('is redacted like attributes, names by pattern', () => {
    const { privacy } = privacyWith(
      {},
      { redactPatterns: 'default', redact: (value, { key }) => value.replace('secret', key) },
    );
    const sent = redact(
      new MappedSpan(span, { name: 'look up alice@example.com' }),
      privacy.policy,
    );
    expect(sent.name).toBe('look up [REDACTED:email]');
    expect(sent.status.message).toBe('status.message words');
    expect(sent.events[0]?.attributes?.['exception.message']).toBe('exception.message words');
    expect(sent.events[3]?.attributes).toEqual({ anything: 'anything words', count: 3 });
  });
});

describe('earlier answers among the input', () => {
  const history: readonly Entry[] = [
    ['llm.input_messages.0.message.role', 'system'],
    ['llm.input_messages.0.message.content', 'be kind'],
    ['llm.input_messages.1.message.role', 'user'],
    ['llm.input_messages.1.message.content', 'my question'],
    ['llm.input_messages.2.message.role', 'assistant'],
    ['llm.input_messages.2.message.content', 'my answer'],
    ['llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments', '{"a":"my answer"}'],
    ['llm.input_messages.3.message.role', 'tool'],
    ['llm.input_messages.3.message.content', 'my answer'],
    ['llm.input_messages.11.message.content', 'my answer, role unknown'],
    ['input.value', '[{"role": "assistant", "content": "my answer"}]'],
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
  expect(sendOne(privacy, ['lk.new_delay', 3])).toBe(3);
  expect(sendOne(privacy, ['lk.new_flag', true])).toBe(true);
  expect(sendOne(privacy, ['lk.new_words', 'hello'])).toBeUndefined();
  expect(sendOne(privacy, ['lk.new_words', ['hello']])).toBeUndefined();
});
