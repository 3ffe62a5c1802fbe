import { describe, expect, it } from 'vitest';
import type { PrivacyOptions } from '../../src/index.js';
import type { ContentClass } from '../../src/privacy/content-class.js';
import { classifyRawKey } from '../../src/privacy/content-keys.js';
import {
  CONTENT_RULES,
  decideVerdict,
  HIDE_FLAGS,
  type HidingSwitch,
} from '../../src/privacy/content-rules.js';
import { FRAMEWORK_KEY_RULES } from '../../src/privacy/keys/framework-keys.js';
import { GEN_AI_KEY_RULES } from '../../src/privacy/keys/gen-ai-keys.js';
import { LIVEKIT_KEY_RULES } from '../../src/privacy/keys/livekit-keys.js';
import {
  OPENINFERENCE_KEY_RULES,
  OPENINFERENCE_PART_RULES,
} from '../../src/privacy/keys/openinference-keys.js';
import { TELEMETRY_KEY_RULES } from '../../src/privacy/keys/telemetry-keys.js';
import { ANSWER, arrival, leaks, MESSAGE, mutated, optionOf } from './mutation.js';

const SWITCHES: readonly HidingSwitch[] = ['noPii', 'noContent', ...HIDE_FLAGS];
const EVERY_SWITCH: PrivacyOptions = Object.assign(
  { allowPii: false, captureMessageContent: false },
  ...HIDE_FLAGS.map((flag) => ({ [flag]: true })),
);

const TABLES = [
  LIVEKIT_KEY_RULES,
  GEN_AI_KEY_RULES,
  OPENINFERENCE_KEY_RULES,
  FRAMEWORK_KEY_RULES,
  TELEMETRY_KEY_RULES,
];

/** A key that each part rule of OpenInference is for, in their order. */
const PART_KEYS = [
  `${MESSAGE}.role`,
  `${MESSAGE}.contents.0.message_content.image.image.url`,
  `${MESSAGE}.contents.1.message_content.audio.audio.url`,
  `${MESSAGE}.content`,
  `${ANSWER}.role`,
  `${ANSWER}.contents.0.message_content.image.image.url`,
  `${ANSWER}.contents.1.message_content.audio.audio.url`,
  `${ANSWER}.content`,
  'embedding.embeddings.0.embedding.vector',
  'embedding.embeddings.0.embedding.text',
  'annotations.0.annotation.label',
  'annotations.0.annotation.explanation',
];

interface KeyRule {
  /** A key that this rule, and no other before it, is for. */
  readonly key: string;
  readonly content: ContentClass;
  /** Where the rule stands, and what stands there when it is gone. */
  readonly table: object;
  readonly place: string;
  readonly nothing: unknown;
  /** What lets everything through. */
  readonly open: unknown;
}

const NO_RULE = ['\0', /$^/, 'none'];
const KEY_RULES: readonly KeyRule[] = [
  ...TABLES.flatMap(({ exact, prefixes }) => [
    ...Object.entries(exact).map(([key, content]) => {
      return { key, content, table: exact, place: key, nothing: undefined, open: 'none' };
    }),
    ...prefixes.map(([prefix, content], index) => {
      const key = `${prefix}${prefix.endsWith('.') ? '' : '.'}unheard_of`;
      return {
        key,
        content,
        table: prefixes,
        place: String(index),
        nothing: NO_RULE,
        open: [prefix, 'none'],
      };
    }),
  ]),
  ...OPENINFERENCE_PART_RULES.map(([prefix, pattern, content], index) => {
    const key = PART_KEYS[index] ?? '';
    return {
      key,
      content,
      table: OPENINFERENCE_PART_RULES,
      place: String(index),
      nothing: NO_RULE,
      open: [prefix, pattern, 'none'],
    };
  }),
];

/** Rules that say what would be so without them: rows for the reader. */
const SAID_TWICE: readonly string[] = [
  'lk.chat_ctx',
  'lk.amd.reason',
  'gen_ai.input.messages',
  'input.value',
  'output.value',
  'metadata',
  'tag.tags',
  'error.stack',
];

/** The first switch under which two classes fare differently. */
function tellingSwitch(one: ContentClass, other: ContentClass): HidingSwitch | undefined {
  return SWITCHES.find((hiding) => {
    const on = new Set([hiding]);
    return decideVerdict(CONTENT_RULES[one], on) !== decideVerdict(CONTENT_RULES[other], on);
  });
}

describe('every rule about keys', () => {
  it.each(KEY_RULES)('$key is $content', async ({ key, content, table, place, ...rule }) => {
    expect(classifyRawKey(key)).toBe(content);
    const without = await mutated(table, place, rule.nothing, async () => {
      const other = classifyRawKey(key);
      const telling = tellingSwitch(content, other);
      return { other, telling, arrived: telling && (await arrival(key, optionOf(telling))) };
    });
    const { other, telling, arrived } = without;
    const isSaidTwice =
      telling === undefined || arrived?.value === (await arrival(key, optionOf(telling))).value;
    expect(isSaidTwice, `without it ${other}`).toBe(SAID_TWICE.includes(key));
  });

  it.each(KEY_RULES.filter(({ content }) => content !== 'none'))(
    '$key holds words',
    async ({ key, table, place, open }) => {
      expect(await leaks(key, EVERY_SWITCH)).toBe(false);
      expect(await mutated(table, place, open, () => leaks(key, EVERY_SWITCH))).toBe(true);
    },
  );
});
