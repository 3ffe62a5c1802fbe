import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '@opentelemetry/api';
import { classifyRawKey } from '../../src/privacy/content-keys.js';
import {
  CONTENT_CLASSES,
  HIDE_FLAGS,
  type ContentClass,
  type HidingSwitch,
} from '../../src/privacy/content-rules.js';
import { DEFAULT_FLAGS, privacyWith, sendOne } from './redacted.js';

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

const SAMPLE_LIST = Object.entries(SAMPLES);

describe('what each switch does to each class of content', () => {
  it('has a row for every class and a column for every switch', () => {
    expect(Object.keys(SAMPLES).toSorted()).toEqual(
      CONTENT_CLASSES.filter((content) => content !== 'none').toSorted(),
    );
    const hiding = Object.keys(DEFAULT_FLAGS).filter((flag) => flag.startsWith('hide'));
    expect([...HIDE_FLAGS].toSorted()).toEqual(hiding.toSorted());
    expect(Object.keys(EXPECTED).toSorted()).toEqual([...SWITCHES].toSorted());
  });

  it.each(SAMPLE_LIST)('nothing set: %s is sent under %s', (content, key) => {
    expect(classifyRawKey(key)).toBe(content);
    expect(sendOne(privacyWith({}).privacy, [key, CANARY])).toBe(CANARY);
  });

  describe.each(SWITCHES)('%s', (on) => {
    it.each(SAMPLE_LIST)('%s', (content, key) => {
      const { privacy } = privacyWith(flagsOf(on));
      const mark = EXPECTED[on][content];
      const sent: AttributeValue | undefined = mark === undefined ? CANARY : SENT[mark];
      expect(sendOne(privacy, [key, CANARY])).toBe(sent);
    });

    it('leaves structure, models, tokens and times alone', () => {
      const { privacy } = privacyWith(flagsOf(on));
      expect(sendOne(privacy, ['llm.model_name', 'm'])).toBe('m');
      expect(sendOne(privacy, ['llm.token_count.total', 42])).toBe(42);
      expect(sendOne(privacy, ['lk.e2e_latency', 0.7])).toBe(0.7);
    });
  });

  it('a mime type says nothing without its value', () => {
    const { privacy } = privacyWith({ hideInputs: true });
    expect(sendOne(privacy, ['input.mime_type', 'text/plain'])).toBeUndefined();
    expect(sendOne(privacy, ['input.value', 'hello'])).toBe('__REDACTED__');
    expect(sendOne(privacy, ['output.mime_type', 'text/plain'])).toBe('text/plain');
  });
});
