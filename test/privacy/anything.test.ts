import type { Attributes, AttributeValue } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyRawKey, KEY_RULES } from '../../src/privacy/content-keys.js';
import type { Privacy } from '../../src/privacy/privacy.js';
import { redact } from '../../src/privacy/redact.js';
import { EVERYTHING_HIDDEN, privacyWith, SPAN_CONTEXT, send, spanWith } from './redacted.js';

const CANARY = 'canary-5be1d0';

const KEYS: readonly string[] = [
  ...KEY_RULES.flatMap(([, names]) =>
    names
      .split(/\s+/)
      .flatMap((name) =>
        name.endsWith('*') ? [name.slice(0, -1), name.replace('*', 'x')] : [name],
      ),
  ),
  'input.value',
  'input.audio.transcript',
  'output.value',
  'llm.input_messages.0.message.content',
  'llm.input_messages.0.message.contents.0.message_content.text',
  'llm.output_messages.0.message.content',
  'llm.tools.0.tool.json_schema',
  'llm.prompts.0.prompt.text',
  'llm.choices.0.completion.text',
  'embedding.embeddings.0.embedding.text',
  'retrieval.documents.0.document.content',
  'metadata',
  'user.id',
  'lk.pii.anything',
  'app.PII.x',
  '__proto__',
  'constructor',
];

/** All of a span with these attributes, in attributes, events, links and status, as it is sent. */
function textOf(privacy: Privacy, attributes: Attributes): string {
  const span = spanWith({
    status: { code: 2, message: CANARY },
    events: [{ name: 'e', time: [1, 1], attributes }],
    links: [{ context: SPAN_CONTEXT, attributes }],
    entries: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value }],
    ),
  });
  const { status, events, links, entries } = redact(span, privacy.policy);
  return JSON.stringify([status, events, links, entries]);
}

const secretive: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constant(CANARY),
  fc.string({ unit: 'binary' }).map((text) => `${text}${CANARY}${text}`),
  fc.jsonValue().map((value) => JSON.stringify([value, { deep: CANARY }])),
  fc.array(fc.string()).map((texts) => [...texts, CANARY]),
);
const anyKey = fc.oneof(
  fc.constantFrom(...KEYS),
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `lk.${text}`),
  fc.string().map((text) => `gen_ai.${text}`),
);

describe('a canary in any attribute', () => {
  it.each(['allowPii', 'captureMessageContent', 'mandated', 'everything'])(
    'leaves by no classified key under %s',
    (by) => {
      const flags =
        by === 'everything' ? EVERYTHING_HIDDEN : by === 'mandated' ? {} : { [by]: false };
      const { privacy } = privacyWith(flags);
      if (by === 'mandated') privacy.check({ 'lk.redaction.enabled': true });
      const hidden = (key: string): boolean => {
        const content = classifyRawKey(key);
        if (content === 'none') return false;
        return content !== 'personal' || by !== 'captureMessageContent';
      };
      fc.assert(
        fc.property(fc.array(fc.tuple(anyKey, secretive), { maxLength: 12 }), (entries) => {
          const attributes = Object.fromEntries(entries.filter(([key]) => hidden(key)));
          expect(textOf(privacy, attributes)).not.toContain(CANARY);
        }),
        { numRuns: 200 },
      );
    },
  );

  it('is seen by this test when nothing is hidden', () => {
    const { privacy } = privacyWith({});
    for (const key of KEYS) {
      expect(textOf(privacy, Object.fromEntries([[key, CANARY]])), key).toContain(CANARY);
    }
  });
});

describe('redaction over anything', () => {
  const { privacy } = privacyWith(
    { hideOutputText: true, hideInputImages: true },
    {
      redactPatterns: 'default',
      toolJsonPaths: ['$.a', '$..secret', '$[*].b'],
      hash: { key: 'a key of the application, k' },
      redact: (value) => value,
    },
  );
  const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.jsonValue().map((value) => JSON.stringify({ secret: CANARY, value })),
    fc.jsonValue().map((value) => JSON.stringify(JSON.stringify([{ b: CANARY }, value]))),
    fc.double(),
    fc.boolean(),
    fc.array(fc.string({ unit: 'binary' })),
    fc.array(fc.double()),
  );

  it('neither throws nor lets through what a path selects', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyKey, anyValue)),
        fc.constantFrom('LLM', 'TOOL'),
        (entries, kind) => {
          const checked = entries.filter(([key]) => classifyRawKey(key) !== 'none');
          expect(JSON.stringify(send(privacy, checked, kind))).not.toContain(CANARY);
        },
      ),
      { numRuns: 200 },
    );
    expect(privacy.counts.failed).toBe(0);
  });

  it.each([
    ['megabytes of one letter', 'a'.repeat(2_000_000)],
    ['megabytes of digits', '1'.repeat(2_000_000)],
    ['megabytes of at signs', 'a@'.repeat(500_000)],
    ['megabytes of brackets', '['.repeat(2_000_000)],
    ['megabytes of quotes', '"'.repeat(1_000_000)],
    ['a JSON text 10,000 deep', `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`],
    ['phone numbers that are none', '1-'.repeat(500_000)],
    ['keys that are none', 'token'.repeat(300_000)],
    ['JSON Web Tokens that are none', 'eyJ.'.repeat(300_000)],
    ['dictation without an end', 'one two '.repeat(250_000)],
    ['addresses that are none', 'a at b dot '.repeat(150_000)],
    ['telephones that are named and none', 'call me at 1-'.repeat(100_000)],
    ['passwords in addresses that are none', '://a:b'.repeat(300_000)],
    ['lone surrogates', '\ud800'.repeat(300_000)],
  ])('%s: comes to an end', (_, value) => {
    const sent = send(privacy, [['input.value', value]]);
    expect(typeof sent['input.value']).toBe('string');
  });
});
