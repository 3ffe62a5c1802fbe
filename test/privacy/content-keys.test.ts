import { describe, expect, it } from 'vitest';
import { classifyAttribute, classifyRawKey, KEY_RULES } from '../../src/privacy/content-keys.js';
import type { ContentClass } from '../../src/privacy/content-rules.js';
import { EVERYTHING_HIDDEN, privacyWith, sendOne } from './redacted.js';

const CLASSES: readonly (readonly [key: string, content: ContentClass])[] = [
  ['openinference.span.kind', 'none'],
  ['session.id', 'none'],
  ['input.value', 'inputValue'],
  ['input.mime_type', 'inputMimeType'],
  ['output.value', 'outputValue'],
  ['llm.input_messages.0.message.role', 'inputMessage'],
  ['llm.input_messages.0.message.content', 'inputText'],
  ['llm.input_messages.0.message.contents.1.message_content.text', 'inputText'],
  ['llm.input_messages.0.message.contents.1.message_content.type', 'inputMessage'],
  ['llm.input_messages.0.message.contents.1.message_content.image.image.url', 'inputImage'],
  ['llm.input_messages.0.message.contents.1.message_content.audio.audio.url', 'inputAudio'],
  ['llm.input_messages.0.message.contents.1.message_content.audio.audio.transcript', 'inputText'],
  ['llm.input_messages.0.message.contents.1.message_content.encrypted_content', 'inputText'],
  ['llm.input_messages.2.message.tool_calls.0.tool_call.id', 'inputMessage'],
  ['llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments', 'inputText'],
  ['llm.input_messages', 'inputText'],
  ['llm.output_messages.0.message.content', 'outputText'],
  ['llm.output_messages.0.message.role', 'outputMessage'],
  ['llm.tools.0.tool.json_schema', 'llmTools'],
  ['llm.prompts.0.prompt.text', 'prompt'],
  ['llm.prompt_template.variables', 'prompt'],
  ['llm.prompt_template.version', 'none'],
  ['llm.choices.0.completion.text', 'choice'],
  ['llm.invocation_parameters', 'invocationParameters'],
  ['llm.token_count.prompt_details.cache_read', 'none'],
  ['llm.model_name', 'none'],
  ['embedding.embeddings.0.embedding.text', 'embeddingText'],
  ['embedding.embeddings.0.embedding.vector', 'embeddingVector'],
  ['tool.parameters', 'toolArguments'],
  ['tool.description', 'toolDefinition'],
  ['tool.name', 'none'],
  ['metadata', 'metadata'],
  ['tag.tags', 'metadata'],
  ['user.id', 'personal'],
  ['annotations.0.annotation.explanation', 'raw'],
  ['annotations.0.annotation.score', 'none'],
  ['retrieval.documents.0.document.content', 'rawOutput'],
  ['gen_ai.input.messages', 'raw'],
  ['gen_ai.output.messages', 'rawOutput'],
  ['gen_ai.system_instructions', 'rawInput'],
  ['gen_ai.prompt.0.content', 'raw'],
  ['gen_ai.prompt.variable.name', 'raw'],
  ['gen_ai.completion.0.content', 'rawOutput'],
  ['gen_ai.tool.call.arguments', 'toolArguments'],
  ['gen_ai.tool.call.result', 'rawOutput'],
  ['gen_ai.tool.definitions', 'llmTools'],
  ['gen_ai.usage.input_tokens', 'none'],
  ['gen_ai.something.new', 'raw'],
  ['lk.user_input', 'rawInput'],
  ['lk.pii.user_input', 'rawInput'],
  ['lk.PII.user_input', 'rawInput'],
  ['lk.chat_ctx', 'raw'],
  ['lk.pii.response.text', 'rawOutput'],
  ['lk.function_tool.arguments', 'toolArguments'],
  ['lk.pii.function_tool.output', 'rawOutput'],
  ['lk.participant_identity', 'personal'],
  ['lk.pii.room_name', 'personal'],
  ['lk.amd.reason', 'raw'],
  ['lk.amd.category', 'none'],
  ['lk.e2e_latency', 'none'],
  ['lk.brand_new_key', 'raw'],
  ['lk.pii.e2e_latency', 'raw'],
  ['lk.chatpii', 'raw'],
  ['app.pii.note', 'metadata'],
  ['pii', 'metadata'],
  ['exception.message', 'exception'],
  ['exception.stacktrace', 'exception'],
  ['exception.type', 'none'],
  ['ai.prompt.messages', 'raw'],
  ['ai.response.text', 'rawOutput'],
  ['ai.toolCall.args', 'toolArguments'],
  ['traceloop.entity.input', 'raw'],
  ['langfuse.observation.completion_start_time', 'none'],
  ['http.url', 'rawInput'],
  ['http.request.header.authorization', 'rawInput'],
  ['http.request.method', 'none'],
  ['url.full', 'rawInput'],
  ['db.query.text', 'rawInput'],
  ['server.address', 'none'],
  ['client.address', 'personal'],
  ['service.name', 'none'],
  ['network.protocol.name', 'none'],
  ['code.function.name', 'none'],
  ['code.stacktrace', 'raw'],
  ['gen_ai.usage.input_cached_tokens', 'none'],
  ['llm.cost.total', 'none'],
  ['customer.note', 'metadata'],
  ['__proto__', 'metadata'],
  ['constructor', 'metadata'],
  ['toString', 'metadata'],
  ['', 'metadata'],
];

/** Vocabularies of names, counts and places, where applications put words of their own as well. */
const PREFIXES = [
  'ai.usage.',
  'code.',
  'deployment.',
  'gen_ai.usage.',
  'llm.cost.',
  'llm.token_count.',
  'llm.usage.',
  'net.',
  'network.',
  'otel.',
  'server.',
  'service.',
  'telemetry.',
  'thread.',
];

describe('classifyRawKey', () => {
  it.each(PREFIXES)('takes a text under an unknown key of %s for content, no number', (prefix) => {
    const key = `${prefix}customer_said`;
    const { privacy } = privacyWith({ hideInputs: true });
    expect(sendOne(privacy, [key, 'I moved'])).toBeUndefined();
    expect(sendOne(privacy, [key, 17])).toBe(17);
  });

  it.each(CLASSES)('%s is %s', (key, content) => {
    expect(classifyRawKey(key)).toBe(content);
  });

  it('takes any number of keys, of any length', () => {
    for (let index = 0; index < 10_000; index += 1) {
      expect(classifyRawKey(`llm.input_messages.${index}.message.content`)).toBe('inputText');
    }
    const startedAt = process.cpuUsage().user;
    expect(classifyRawKey(`lk.${'x'.repeat(100_000)}`)).toBe('raw');
    expect(classifyRawKey('annotations.'.repeat(10_000))).toBe('raw');
    expect(classifyRawKey('a.pii.'.repeat(10_000))).toBe('metadata');
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(1_000);
  });

  it('takes a close reason of LiveKit for none, and any other for words', () => {
    const key = 'voice.session.close_reason';
    expect(classifyAttribute(key, 'participant_disconnected')).toBe('none');
    expect(classifyAttribute(key, 'the caller was rude')).toBe('metadata');
  });
});

describe('every rule about keys', () => {
  const rows = KEY_RULES.flatMap(([content, names, pattern]) =>
    pattern !== undefined
      ? []
      : names.split(/\s+/).map((name) => {
          return [name.replace(/\.?\*$/, '.unheard_of'), content] as const;
        }),
  );
  const { privacy } = privacyWith(EVERYTHING_HIDDEN);
  // The test's own spans have a kind already.
  const others = rows.filter(([key]) => key !== 'openinference.span.kind');

  it.each(others)('%s is %s, by this rule and by no other before it', (key, content) => {
    expect(classifyRawKey(key)).toBe(content);
    const sent = String(sendOne(privacy, [key, 'a canary']));
    expect(sent.includes('canary')).toBe(content === 'none');
  });
});
