import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '@opentelemetry/api';
import type { ContentClass } from '../../src/privacy/content-class.js';
import { CONTENT_CLASSES, resolvePolicy } from '../../src/privacy/content-policy.js';
import { CONTENT_RULES, HIDE_FLAGS, type HidingSwitch } from '../../src/privacy/content-rules.js';
import { DEFAULT_FLAGS, privacyWith, sendOne, type Put } from './guarded.js';

const CANARY = 'canary-7f3a9c';

/** One value of each class, under a key that has it. */
const SAMPLES: Readonly<Record<Exclude<ContentClass, 'none'>, string>> = {
  inputValue: 'input.value',
  inputMimeType: 'input.mime_type',
  outputValue: 'output.value',
  outputMimeType: 'output.mime_type',
  inputMessage: 'llm.input_messages.0.message.name',
  inputText: 'llm.input_messages.0.message.content',
  inputImage: 'llm.input_messages.0.message.contents.0.message_content.image.image.url',
  inputAudio: 'llm.input_messages.0.message.contents.0.message_content.audio.audio.url',
  outputMessage: 'llm.output_messages.0.message.role',
  outputText: 'llm.output_messages.0.message.content',
  outputImage: 'llm.output_messages.0.message.contents.0.message_content.image.image.url',
  outputAudio: 'llm.output_messages.0.message.contents.0.message_content.audio.audio.url',
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
  rawInput: 'lk.pii.user_input',
  rawOutput: 'lk.pii.response.text',
  raw: 'gen_ai.input.messages',
};

/**
 * What is sent of each class under each switch alone, written down a second time: `R` is
 * `__REDACTED__`, `E` LiveKit's words for an exception, `-` nothing. What is not here is sent.
 */
const EXPECTED: Readonly<Record<HidingSwitch, Readonly<Record<string, 'R' | 'E' | '-'>>>> = {
  noPii: withheld({ personal: '-' }),
  noContent: withheld({}),
  hideInputs: {
    inputValue: 'R',
    inputMimeType: '-',
    inputMessage: '-',
    inputText: '-',
    inputImage: '-',
    inputAudio: '-',
    llmTools: '-',
    toolDefinition: '-',
    toolArguments: 'R',
    prompt: 'R',
    embeddingText: 'R',
    embeddingVector: 'R',
    exception: 'E',
    metadata: '-',
    rawInput: '-',
    raw: '-',
  },
  hideOutputs: {
    outputValue: 'R',
    outputMimeType: '-',
    outputMessage: '-',
    outputText: '-',
    outputImage: '-',
    outputAudio: '-',
    choice: 'R',
    exception: 'E',
    metadata: '-',
    rawOutput: '-',
    raw: '-',
    // Their role was not seen, so they may be earlier answers.
    inputText: 'R',
    inputImage: 'R',
    inputAudio: 'R',
  },
  hideInputMessages: {
    inputMessage: '-',
    inputText: '-',
    inputImage: '-',
    inputAudio: '-',
    rawInput: '-',
    raw: '-',
  },
  hideOutputMessages: {
    outputMessage: '-',
    outputText: '-',
    outputImage: '-',
    outputAudio: '-',
    rawOutput: '-',
    raw: '-',
    inputText: 'R',
    inputImage: 'R',
    inputAudio: 'R',
  },
  hideInputText: { inputText: 'R', rawInput: '-', raw: '-' },
  hideOutputText: {
    outputText: 'R',
    rawOutput: '-',
    raw: '-',
    inputText: 'R',
    inputImage: 'R',
    inputAudio: 'R',
  },
  hideInputImages: { inputImage: '-', rawInput: '-', raw: '-' },
  hideInputAudio: { inputAudio: '-', rawInput: '-', raw: '-' },
  hideOutputAudio: { outputAudio: '-', rawOutput: '-', raw: '-' },
  hideLlmTools: { llmTools: '-', toolDefinition: '-', raw: '-' },
  hideLlmInvocationParameters: { invocationParameters: '-' },
  hidePrompts: { prompt: 'R', rawInput: '-', raw: '-' },
  hideChoices: { choice: 'R', rawOutput: '-', raw: '-' },
  hideEmbeddingsText: { embeddingText: 'R' },
  hideEmbeddingsVectors: { embeddingVector: 'R' },
};

function withheld(more: Readonly<Record<string, '-'>>): Record<string, 'E' | '-'> {
  const all: Record<string, 'E' | '-'> = { exception: 'E', ...more };
  for (const content of CONTENT_CLASSES) {
    if (!['none', 'exception', 'personal'].includes(content)) all[content] = '-';
  }
  return all;
}

const SENT = { R: '__REDACTED__', E: 'exception details redacted', '-': undefined } as const;
const SWITCHES: readonly HidingSwitch[] = ['noPii', 'noContent', ...HIDE_FLAGS];

function flagsOf(on: HidingSwitch): Partial<typeof DEFAULT_FLAGS> {
  if (on === 'noPii') return { allowPii: false };
  return on === 'noContent' ? { captureMessageContent: false } : { [on]: true };
}

function samples(): readonly Put[] {
  return CONTENT_CLASSES.flatMap((content): Put[] =>
    content === 'none' ? [] : [[SAMPLES[content], CANARY, content]],
  );
}

describe('what each switch does to each class of content', () => {
  it('has a row for every class and a column for every switch', () => {
    expect(Object.keys(SAMPLES).toSorted()).toEqual(
      CONTENT_CLASSES.filter((content) => content !== 'none').toSorted(),
    );
    const hiding = Object.keys(DEFAULT_FLAGS).filter((flag) => flag.startsWith('hide'));
    expect([...HIDE_FLAGS].toSorted()).toEqual(hiding.toSorted());
    expect(Object.keys(EXPECTED).toSorted()).toEqual([...SWITCHES].toSorted());
  });

  it.each(samples())('nothing set: %s is sent', (...put) => {
    expect(sendOne(privacyWith({}).privacy, put)).toBe(CANARY);
  });

  describe.each(SWITCHES)('%s', (on) => {
    it.each(samples())('%s', (key, value, content) => {
      const { privacy } = privacyWith(flagsOf(on));
      const mark = EXPECTED[on][content];
      const sent: AttributeValue | undefined = mark === undefined ? CANARY : SENT[mark];
      expect(sendOne(privacy, [key, value, content])).toBe(sent);
    });

    it('leaves structure, models, tokens and times alone', () => {
      const { privacy } = privacyWith(flagsOf(on));
      expect(sendOne(privacy, ['openinference.span.kind', 'LLM', 'none'])).toBe('LLM');
      expect(sendOne(privacy, ['llm.token_count.total', 42, 'none'])).toBe(42);
      expect(sendOne(privacy, ['lk.e2e_latency', 0.7, 'none'])).toBe(0.7);
    });
  });

  it('a mime type says nothing without its value', () => {
    const { privacy } = privacyWith({ hideInputs: true });
    expect(privacy.allows('inputMimeType')).toBe(false);
    expect(privacy.allows('inputValue')).toBe(true);
    expect(privacy.allows('outputValue')).toBe(true);
  });
});

describe('every entry of the table is needed', () => {
  const entries = SWITCHES.flatMap((on) =>
    CONTENT_CLASSES.filter((content) => {
      const { removedBy, redactedBy } = CONTENT_RULES[content];
      return removedBy.includes(on) || redactedBy.includes(on);
    }).map((content) => [on, content] as const),
  );

  it.each(entries)('without %s in the row of %s, the canary is let through', (on, content) => {
    const flags = { ...DEFAULT_FLAGS, ...flagsOf(on) };
    const { removedBy, redactedBy } = CONTENT_RULES[content];
    const mutated = {
      ...CONTENT_RULES,
      [content]: {
        removedBy: removedBy.filter((other) => other !== on),
        redactedBy: redactedBy.filter((other) => other !== on),
      },
    };
    expect(resolvePolicy(flags).verdicts.get(content)).not.toBe('keep');
    expect(resolvePolicy(flags, mutated).verdicts.get(content)).toBe('keep');
  });
});
