import { describe, expect, it } from 'vitest';
import type { ContentClass } from '../../src/privacy/content-class.js';
import { classifyRawKey } from '../../src/privacy/content-keys.js';
import { CONTENT_RULES, type ContentRule } from '../../src/privacy/content-rules.js';
import { ANSWER, leaks, MESSAGE, mutated, optionOf } from './mutation.js';

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

/** Each cell of the table: one class, withheld by one switch. */
const CELLS = Object.entries(KEY_BY_CLASS).flatMap(([content, key]) => {
  const rule = CONTENT_RULES[content as ContentClass];
  const switches = new Set([...rule.removedBy, ...rule.redactedBy]);
  return [...switches].map((hiding) => ({ content: content as ContentClass, key, hiding }));
});

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
