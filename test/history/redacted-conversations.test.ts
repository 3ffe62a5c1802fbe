import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConversationHistories } from '../../src/history/conversation-histories.js';
import { CountedReplay } from '../../src/privacy/counted-replay.js';
import { DEFAULT_REDACT_PATTERNS } from '../../src/privacy/patterns/default-patterns.js';
import type { Privacy } from '../../src/privacy/privacy.js';
import { createPrivacyCounts } from '../../src/privacy/privacy-stats.js';
import type { RedactionOptions } from '../../src/privacy/redaction-options.js';
import { privacyWith } from '../privacy/guarded.js';
import {
  RECORD,
  arbitraryCalls,
  createEncoder,
  send,
  text,
  type Call,
} from './arbitrary-conversations.js';

type Flags = Parameters<typeof privacyWith>[0];

const LIMITS: Flags = { base64ImageMaxLength: 40, base64AudioMaxLength: 40 };
const READY: RedactionOptions = { redactPatterns: 'default' };

/** A privacy of its own each time: what one remembers must not help the other. */
function create(flags: Flags, redaction: RedactionOptions): Privacy {
  return privacyWith(flags, { redactBudgetMillis: 60_000, ...redaction }).privacy;
}

/** Says `false` to every second match that it is asked about. */
function moodyPattern(): RedactionOptions {
  let asked = 0;
  const accepts = (): boolean => (asked += 1) % 2 === 0;
  return { redactPatterns: [{ name: 'moody', pattern: /[a-z@]+/, accepts }] };
}

function moodyHook(): RedactionOptions {
  let asked = 0;
  return { redact: (value) => `${value} ${(asked += 1)}` };
}

type Way = readonly [name: string, flags: Flags, redaction: () => RedactionOptions];

const REPLAYED: readonly Way[] = [
  ['the ready patterns', {}, () => READY],
  ['the ready patterns and limits to media', LIMITS, () => READY],
  [
    'a list of ready and own patterns, and paths',
    LIMITS,
    () => ({
      toolJsonPaths: ['$.a', '$..email'],
      redactPatterns: [
        ...DEFAULT_REDACT_PATTERNS,
        /a/gy,
        { name: 'b', pattern: /[bä]+/dg, needs: /b|ä/g },
      ],
    }),
  ],
  ['hashed identities', {}, () => ({ ...READY, hash: { key: 'k' } })],
  ['hidden tools', { hideLlmTools: true }, () => READY],
];
const ANEW: readonly Way[] = [
  ['a check that remembers', {}, moodyPattern],
  ['a hook that remembers', {}, moodyHook],
  ['hidden answers', { hideOutputs: true }, () => READY],
  ['hidden texts', { hideInputText: true }, () => READY],
  ['hidden images', { hideInputImages: true }, () => READY],
  ['hidden messages', { hideInputMessages: true }, () => READY],
];

/** Holds what is sent of calls, and what is counted, against a sender that remembers nothing. */
function expectSameAsAnew(calls: readonly Call[], privacy: Privacy, plainPrivacy: Privacy): void {
  const histories = new ConversationHistories();
  const [replaying, plain] = [createEncoder(), createEncoder()];
  for (const call of calls) {
    const sent = send(replaying, call, privacy, histories);
    const expected = send(plain, call, plainPrivacy, undefined);
    // Byte by byte is slow to compare; a difference shows better as text.
    if (!sent.bytes.equals(expected.bytes)) {
      expect(sent.bytes.toString()).toBe(expected.bytes.toString());
    }
    expect(privacy.counts).toEqual(plainPrivacy.counts);
  }
}

const turns = ['mail alice@example.com', 'thanks', 'or +1 415 555 2671', 'bye'];
const conversation: readonly Call[] = turns.map((_, turn) => ({
  session: 'a',
  system: [{ type: 'text', content: 'Be brief.' }],
  messages: turns.slice(0, turn + 1).map((said) => text('user', said)),
  write: JSON.stringify,
}));

function isRecalled(privacy: Privacy): boolean {
  const histories = new ConversationHistories();
  const encoder = createEncoder();
  const [first, second] = conversation;
  send(encoder, first!, privacy, histories);
  return histories.recall('a', second!.write(second!.messages), 1) !== undefined;
}

describe('a conversation that is redacted', () => {
  it.each([...REPLAYED, ...ANEW])(
    'is sent and counted as if each call were the first, with %s',
    (_, flags, redaction) => {
      fc.assert(
        fc.property(arbitraryCalls, (calls) => {
          expectSameAsAnew(calls, create(flags, redaction()), create(flags, redaction()));
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each(REPLAYED)('is recalled, with %s', (_, flags, redaction) => {
    expect(isRecalled(create(flags, redaction()))).toBe(true);
  });

  it.each(ANEW)('is not recalled, with %s', (_, flags, redaction) => {
    expect(isRecalled(create(flags, redaction()))).toBe(false);
  });

  it('is not recalled by a span of a tool, of which paths hide what is no JSON', () => {
    const paths = { toolJsonPaths: ['$.a'] };
    const said: Call = {
      ...conversation[0]!,
      messages: [text('user', "{'a': 1}"), text('user', 'x')],
    };
    const calls = [said, { ...said, kind: 'TOOL' }, said];
    expectSameAsAnew(calls, create({}, paths), create({}, paths));
    expectSameAsAnew(calls.slice(1), create({}, paths), create({}, paths));
  });

  it('counts what was masked in a message each time it is sent', () => {
    const privacy = create({}, READY);
    expectSameAsAnew(conversation, privacy, create({}, READY));
    // As message: the address in four calls, the number in two. As input of the span: each once.
    expect(privacy.counts).toMatchObject({ rewritten: 4 + 2 + 2 });
  });

  it.each([0, 1, 2, 3])('loses all of it once redaction is mandated, at call %i', (from) => {
    const calls = conversation.map((call, turn) =>
      turn === from ? { ...call, extra: { 'lk.redaction.enabled': true } } : call,
    );
    const privacy = create({}, READY);
    expectSameAsAnew(calls, privacy, create({}, READY));
    const histories = new ConversationHistories();
    const marked = create({}, READY);
    const sent = calls.map((call) => send(createEncoder(), call, marked, histories).bytes);
    sent.forEach((bytes, turn) => {
      expect(bytes.includes('[REDACTED:email]'), `${turn}`).toBe(turn < from);
      expect(bytes.includes('thanks'), `${turn}`).toBe(turn >= 1 && turn < from);
    });
  });
});

/** Needs the square of what it is shown. */
const SLOW: RedactionOptions = { redactBudgetMillis: 20, redactPatterns: [/a*[bc]/] };
const ENDLESS = 'a'.repeat(16_000);

/** Three late values in a row, after which nothing is sent for half a minute. */
const PAUSE: readonly Call[] = [1, 2, 3].map(() => ({
  session: 'b',
  system: undefined,
  messages: [text('user', ENDLESS)],
  write: JSON.stringify,
}));

describe('a conversation whose redaction runs out of time', () => {
  const short = conversation[1]!;
  const late = { ...short, system: [{ type: 'text', content: ENDLESS }] };

  it('is not replayed in the span that is late', () => {
    expectSameAsAnew([short, late], create({}, SLOW), create({}, SLOW));
    const histories = new ConversationHistories();
    const privacy = create({}, SLOW);
    send(createEncoder(), short, privacy, histories);
    const { bytes } = send(createEncoder(), late, privacy, histories);
    expect(bytes.includes('alice')).toBe(false);
    expect(privacy.counts.tooSlow).toBeGreaterThan(3);
  });

  it('is not replayed while nothing is sent', () => {
    const calls = [short, ...PAUSE, short, conversation[2]!];
    expectSameAsAnew(calls, create({}, SLOW), create({}, SLOW));
  });

  it('is not replayed where it is all that the span says', () => {
    const messages = [text('assistant', 'hello')];
    const bare = {
      ...short,
      system: undefined,
      messages,
      extra: { 'gen_ai.output.messages': '[]' },
    };
    expectSameAsAnew([bare, ...PAUSE, bare], create({}, SLOW), create({}, SLOW));
  });

  it.each(['removed', 'hashed', 'failed', 'tooSlow'] as const)(
    'is not replayed where a value of it is counted as %s',
    (count) => {
      createEncoder().encodeSpan(RECORD, (sink) => {
        const counts = createPrivacyCounts();
        const replay = new CountedReplay(sink.replay!, counts, { isRepeatable: true });
        const kept = replay.mark();
        sink.put('a', 'b', 'inputText');
        expect(replay.since(kept)?.pieces[0]?.length).toBeGreaterThan(0);
        const lost = replay.mark();
        sink.put('a', 'b', 'inputText');
        counts[count] += 1;
        expect(replay.since(lost)).toBeUndefined();
      });
    },
  );

  it('is not kept', () => {
    const histories = new ConversationHistories();
    const privacy = create({}, SLOW);
    const messages = [text('user', 'hello'), text('user', ENDLESS)];
    const call = { ...short, messages };
    send(createEncoder(), call, privacy, histories);
    expect(histories.recall('a', call.write([...messages, text('user', 'x')]), 1)).toBeUndefined();
    expect(histories.bytes).toBe(0);
  });
});
