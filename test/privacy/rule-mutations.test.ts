import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setup, type PrivacyOptions } from '../../src/index.js';
import type { ContentClass } from '../../src/mapping/attribute-sink.js';
import { classifyRawKey } from '../../src/privacy/content-keys.js';
import {
  CONTENT_RULES,
  HIDE_FLAGS,
  type ContentRule,
  type HidingSwitch,
} from '../../src/privacy/content-rules.js';
import { FRAMEWORK_KEY_RULES } from '../../src/privacy/keys/framework-keys.js';
import { GEN_AI_KEY_RULES } from '../../src/privacy/keys/gen-ai-keys.js';
import { LIVEKIT_KEY_RULES } from '../../src/privacy/keys/livekit-keys.js';
import { TELEMETRY_KEY_RULES } from '../../src/privacy/keys/telemetry-keys.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

const CANARY = `canary${randomBytes(8).toString('hex')}`;
const MESSAGE = 'llm.input_messages.0.message';
const ANSWER = 'llm.output_messages.0.message';

/** A key of each class, as an instrumentation would write it. */
const KEY_BY_CLASS: Readonly<Record<Exclude<ContentClass, 'none'>, string>> = {
  inputValue: 'input.value',
  inputMimeType: 'input.mime_type',
  outputValue: 'output.value',
  outputMimeType: 'output.mime_type',
  inputMessage: `${MESSAGE}.name`,
  inputText: `${MESSAGE}.content`,
  inputImage: `${MESSAGE}.contents.0.message_content.image.image.url`,
  inputAudio: `${MESSAGE}.contents.1.message_content.audio.audio.url`,
  outputMessage: `${ANSWER}.name`,
  outputText: `${ANSWER}.content`,
  outputImage: `${ANSWER}.contents.0.message_content.image.image.url`,
  outputAudio: `${ANSWER}.contents.1.message_content.audio.audio.url`,
  llmTools: 'llm.tools.0.tool.json_schema',
  invocationParameters: 'llm.invocation_parameters',
  prompt: 'llm.prompts.0.prompt.text',
  choice: 'llm.choices.0.completion.text',
  embeddingText: 'embedding.embeddings.0.embedding.text',
  embeddingVector: 'embedding.embeddings.0.embedding.vector',
  toolArguments: 'tool.parameters',
  toolDefinition: 'tool.description',
  exception: 'exception.message',
  metadata: 'metadata',
  personal: 'user.id',
  rawInput: 'url.query',
  rawOutput: 'gen_ai.completion',
  raw: 'gen_ai.unheard_of',
};

const OPTION_OF: Readonly<Partial<Record<HidingSwitch, PrivacyOptions>>> = {
  noPii: { allowPii: false },
  noContent: { captureMessageContent: false },
};
const optionOf = (hiding: HidingSwitch): PrivacyOptions => OPTION_OF[hiding] ?? { [hiding]: true };
const EVERY_SWITCH: PrivacyOptions = Object.assign(
  { allowPii: false, captureMessageContent: false },
  ...HIDE_FLAGS.map((flag) => ({ [flag]: true })),
);

/** Each cell of the table: one class, withheld by one switch. */
const CELLS = Object.entries(KEY_BY_CLASS).flatMap(([content, key]) => {
  const rule = CONTENT_RULES[content as ContentClass];
  const switches = new Set([...rule.removedBy, ...rule.redactedBy]);
  return [...switches].map((hiding) => ({ content: content as ContentClass, key, hiding }));
});

const TABLES = [LIVEKIT_KEY_RULES, GEN_AI_KEY_RULES, FRAMEWORK_KEY_RULES, TELEMETRY_KEY_RULES];
const KNOWN_KEYS = TABLES.flatMap(({ exact }) =>
  Object.entries(exact)
    .filter(([, content]) => content !== 'none')
    .map(([key]) => ({ key, exact })),
);

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
afterEach(() => {
  trace.disable();
});

/** Whether the canary under this key reaches the collector. */
async function leaks(key: string, privacy: PrivacyOptions): Promise<boolean> {
  const before = receiver.requests().length;
  const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, privacy });
  const attributes = { [`${MESSAGE}.role`]: 'user', [key]: CANARY };
  tracing.provider.getTracer('app').startSpan('step', { attributes }).end();
  const { exported } = await tracing.shutdown();
  expect(exported).toBe(1);
  const bodies = receiver.requests().slice(before);
  return bodies.some(({ body }) => Buffer.from(body).includes(CANARY));
}

/** Runs with a table changed in one place, and puts it back. */
async function mutated<T>(
  table: object,
  place: string,
  value: unknown,
  run: () => Promise<T>,
): Promise<T> {
  const before: unknown = Reflect.get(table, place);
  Reflect.set(table, place, value);
  forgetKeys();
  try {
    return await run();
  } finally {
    Reflect.set(table, place, before);
    forgetKeys();
  }
}

/** The classes of keys are remembered, up to a bound. */
function forgetKeys(): void {
  for (let n = 0; n <= 4_096; n += 1) classifyRawKey(`mutation.${n}`);
}

describe('every cell of the content rules', () => {
  it.each(CELLS)('$content under $hiding alone', async ({ content, key, hiding }) => {
    expect(classifyRawKey(key)).toBe(content);
    expect(await leaks(key, {})).toBe(true);
    expect(await leaks(key, optionOf(hiding))).toBe(false);
    const rule = CONTENT_RULES[content];
    const without: ContentRule = {
      removedBy: rule.removedBy.filter((each) => each !== hiding),
      redactedBy: rule.redactedBy.filter((each) => each !== hiding),
    };
    const opened = await mutated(CONTENT_RULES, content, without, () =>
      leaks(key, optionOf(hiding)),
    );
    expect(opened).toBe(true);
  });
});

describe('every key that is known to hold words', () => {
  it.each(KNOWN_KEYS)('$key', async ({ key, exact }) => {
    expect(await leaks(key, EVERY_SWITCH)).toBe(false);
    expect(await mutated(exact, key, 'none', () => leaks(key, EVERY_SWITCH))).toBe(true);
  });
});
