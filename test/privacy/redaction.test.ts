import { describe, expect, it, vi } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import { redact } from '../../src/privacy/redact.js';
import type {
  NamedPattern,
  RedactionContext,
  RedactionOptions,
} from '../../src/privacy/redaction-options.js';
import { privacyWith, send, sendOne, spanWith, type Entry } from './redacted.js';

const HELLO: Entry = ['input.value', 'hello alice@example.com'];
const NO_CONTENT: Entry = ['llm.model_name', 'm'];

describe('the redact hook', () => {
  it('sees every content value last, with its key and the kind of its span', () => {
    const seen: [string, RedactionContext][] = [];
    const { privacy } = privacyWith(
      {},
      {
        redactPatterns: 'default',
        redact: (value, context) => {
          seen.push([value, context]);
          return value.toUpperCase();
        },
      },
    );
    const sent = send(privacy, [NO_CONTENT, HELLO, ['tag.tags', ['a', 'b']]], 'AGENT');
    expect(sent).toEqual({
      'llm.model_name': 'm',
      'input.value': 'HELLO [REDACTED:EMAIL]',
      'tag.tags': ['A', 'B'],
    });
    expect(seen).toEqual([
      ['hello [REDACTED:email]', { key: 'input.value', kind: 'AGENT' }],
      ['a', { key: 'tag.tags', kind: 'AGENT' }],
      ['b', { key: 'tag.tags', kind: 'AGENT' }],
    ]);
  });

  it('is not shown what a switch hides', () => {
    const { privacy } = privacyWith(
      { hideInputs: true },
      {
        redact: () => 'shown',
      },
    );
    expect(sendOne(privacy, HELLO)).toBe('__REDACTED__');
  });

  it('removes a value by undefined, and one of several by a mark', () => {
    const { privacy } = privacyWith(
      {},
      {
        redact: (value) => (value.includes('x') ? undefined : value),
      },
    );
    expect(sendOne(privacy, ['input.value', 'x'])).toBeUndefined();
    expect(sendOne(privacy, ['tag.tags', ['a', 'x']])).toEqual(['a', '__REDACTED__']);
    expect(privacy.counts).toMatchObject({ failed: 0 });
  });

  it('keeps the type of numbers that it leaves alone', () => {
    const { privacy } = privacyWith({}, { redact: (value) => (value === '7' ? 'seven' : value) });
    expect(sendOne(privacy, ['app.n', 12])).toBe(12);
    expect(sendOne(privacy, ['app.n', 7])).toBe('seven');
    expect(sendOne(privacy, ['app.on', true])).toBe(true);
  });

  // @ts-expect-error returns what a hook in JavaScript may return
  const promising: RedactionOptions = { redact: (value) => Promise.resolve(value) };
  // @ts-expect-error
  const counting: RedactionOptions = { redact: () => 5 };
  // @ts-expect-error
  const nulling: RedactionOptions = { redact: () => null };
  const throwing: RedactionOptions = {
    redact: (value) => {
      throw new Error(`cannot redact ${value}`);
    },
  };
  it.each([
    ['a promise', promising],
    ['a number', counting],
    ['null', nulling],
    ['an exception', throwing],
  ])('%s drops the content, keeps the span and is counted and said once', (_, redaction) => {
    const { privacy, said } = privacyWith({}, redaction);
    expect(send(privacy, [NO_CONTENT, HELLO])).toEqual({ 'llm.model_name': 'm' });
    expect(privacy.counts.failed).toBe(1);
    expect(new Set(said.map(({ code }) => code))).toEqual(new Set(['redactor-failed']));
    expect(said.map(({ text }) => text).join()).not.toContain('alice');
  });

  it('may reject a promise that nobody awaits, and no process ends over it', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const rejecting: NamedPattern = {
      name: 'x',
      pattern: /hello/,
      // @ts-expect-error answers as a check in JavaScript may
      accepts: async () => Promise.reject(new Error('no')),
    };
    const { privacy } = privacyWith(
      {},
      // @ts-expect-error as above
      { redactPatterns: [rejecting], redact: async () => Promise.reject(new Error('no')) },
    );
    expect(send(privacy, [HELLO, NO_CONTENT])).toEqual({ 'llm.model_name': 'm' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('is not asked about what it makes itself', () => {
    let calls = 0;
    const { privacy, said } = privacyWith(
      {},
      {
        redact: (value) => {
          calls += 1;
          return `${value} ${JSON.stringify(send(privacy, [HELLO, NO_CONTENT]))}`;
        },
      },
    );
    const [, value] = HELLO;
    expect(sendOne(privacy, HELLO)).toBe(`${String(value)} {"llm.model_name":"m"}`);
    expect(sendOne(privacy, HELLO)).toContain('alice');
    expect(calls).toBe(2);
    expect(privacy.counts.failed).toBe(2);
    expect(said.map(({ code }) => code)).toContain('redactor-nested');
  });

  it('is not asked about the name of a span that its own check makes', () => {
    const names: string[] = [];
    const accepts = (): boolean => {
      if (names.length < 100) {
        names.push('');
        names.push(redact(spanWith({ name: 'call 17' }), privacy.policy).name);
      }
      return true;
    };
    const pattern = { name: 'number', pattern: /\d+/, accepts };
    const { privacy } = privacyWith({}, { redactPatterns: [pattern] });
    names.push(redact(spanWith({ name: 'call 18' }), privacy.policy).name);
    expect(names).toEqual(['', '__REDACTED__', 'call [REDACTED:number]']);
  });
});

it.each([
  'agent.id',
  'agent.name',
  'agent.role',
  'agent.previous_id',
  'ai.toolCall.name',
  'gen_ai.agent.id',
  'gen_ai.tool.name',
  'graph.node.parent_id',
  'lk.agent_label',
  'traceloop.entity.name',
  'traceloop.entity.path',
  'voice.session.agents',
])('patterns mask the name of an agent or tool under %s, in a list too', (key) => {
  const { privacy } = privacyWith({}, { redactPatterns: 'default' });
  const name = 'ask alice@example.com';
  expect(sendOne(privacy, [key, name])).toBe('ask [REDACTED:email]');
  expect(sendOne(privacy, [key, [name, 'b']])).toEqual(['ask [REDACTED:email]', 'b']);
  expect(sendOne(privacy, [key, 'support'])).toBe('support');
});

describe('JSON paths', () => {
  it('reach arguments and results of tools on every road', () => {
    const { privacy } = privacyWith({}, { toolJsonPaths: ['$.card', '$..ssn'] });
    const json = '{"card":"4111","who":{"ssn":"1"},"city":"Paris"}';
    const hidden = '{"card":"__REDACTED__","who":{"ssn":"__REDACTED__"},"city":"Paris"}';
    const puts: readonly Entry[] = [
      ['input.value', json],
      ['output.value', json],
      ['tool.parameters', json],
      ['gen_ai.tool.call.result', json],
      ['llm.input_messages.1.message.content', json],
    ];
    expect(Object.values(send(privacy, puts, 'TOOL'))).toEqual(puts.map(() => hidden));
  });

  it('hides a payload of a tool that is no JSON after all', () => {
    const { privacy } = privacyWith({}, { toolJsonPaths: ['$.card'] });
    const python: Entry = ['input.value', "{'card': '4111'}"];
    expect(sendOne(privacy, python, 'TOOL')).toBe('__REDACTED__');
    const told: Entry = ['output.value', "Found: {'card': '4111'}"];
    expect(sendOne(privacy, told, 'TOOL')).toBe('__REDACTED__');
    expect(sendOne(privacy, ['output.value', 'all good'], 'TOOL')).toBe('all good');
  });
});

describe('hashed identities', () => {
  const alice: Entry = ['user.id', 'alice'];
  const room: Entry = ['lk.pii.room_name', 'alice'];

  it('stay the same for one key and differ between keys', () => {
    const one = privacyWith({}, { hash: { key: 'a key of the application, k1' } }).privacy;
    const other = privacyWith({}, { hash: { key: 'a key of the application, k2' } }).privacy;
    const hashed = sendOne(one, alice);
    // printf alice | openssl dgst -sha256 -hmac 'a key of the application, k1'
    expect(hashed).toBe(
      'hmac-sha256:7b2893aeaa022e2f87229ed724157bd6c003e985aac6f29ccea8353e221bc09f',
    );
    expect(sendOne(one, alice)).toBe(hashed);
    expect(sendOne(one, ['lk.participant_identity', 'alice'])).toBe(hashed);
    expect(sendOne(other, alice)).not.toBe(hashed);
    expect(one.counts.hashed).toBe(3);
  });

  it('are sent where the name would be removed', () => {
    const { privacy } = privacyWith(
      { allowPii: false },
      { hash: { key: 'a key of the application, k1' } },
    );
    expect(sendOne(privacy, alice)).toMatch(/^hmac-sha256:/);
    expect(sendOne(privacy, room)).toBeUndefined();
  });

  it.each([
    'enduser.id',
    'langfuse.user.id',
    'langfuse.trace.user_id',
    'traceloop.association.properties.user_id',
    'ai.telemetry.metadata.userId',
    'gen_ai.user',
    'llm.user',
  ])('are known as %s too', (key) => {
    const { privacy } = privacyWith({}, { hash: { key: 'a key of the application, k1' } });
    const hashed = sendOne(privacy, alice);
    expect(sendOne(privacy, [key, 'alice'])).toBe(hashed);
  });

  it('are those that were asked for', () => {
    const { privacy } = privacyWith(
      {},
      { hash: { key: 'a key of the application, k1', fields: ['room.name'] } },
    );
    expect(sendOne(privacy, alice)).toBe('alice');
    expect(sendOne(privacy, room)).toMatch(/^hmac-sha256:/);
  });
});

describe('options that cannot be used', () => {
  it.each([
    [{ redact: 'x' }, 'privacy.redact'],
    [{ redactPatterns: 'all' }, 'privacy.redactPatterns'],
    [{ redactPatterns: ['x'] }, 'privacy.redactPatterns[0]'],
    [{ redactPatterns: [{ name: 'a b', pattern: /x/ }] }, 'privacy.redactPatterns[0]'],
    [{ redactPatterns: [/a/, { name: 'a', pattern: 'x' }] }, 'privacy.redactPatterns[1]'],
    [{ toolJsonPaths: '$.a' }, 'privacy.toolJsonPaths'],
    [{ toolJsonPaths: ['$.a', 'secret'] }, 'privacy.toolJsonPaths[1]'],
    [{ hash: {} }, 'privacy.hash.key'],
    [{ hash: { key: '' } }, 'privacy.hash.key'],
    [
      { hash: { key: 'a key of the application, secret', fields: ['name'] } },
      'privacy.hash.fields',
    ],
  ])('%o names %s and not the value', (options: object, option) => {
    let thrown: unknown;
    try {
      privacyWith({}, options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidOptionError);
    expect(thrown).toMatchObject({ option, code: 'invalid_option' });
    expect(String(thrown)).not.toContain('secret');
  });
});
