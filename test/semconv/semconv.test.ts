import * as openInference from '@arizeai/openinference-semantic-conventions';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  Attr,
  MessageRole,
  OpenInferenceAttribute,
  SpanKindValues,
  type SpanKindValue,
} from '../../src/semconv.js';

describe('Attr', () => {
  it('has every documented attribute, by its wire key', () => {
    expect(Attr).toEqual({
      SPAN_KIND: 'openinference.span.kind',
      INPUT_VALUE: 'input.value',
      INPUT_MIME_TYPE: 'input.mime_type',
      OUTPUT_VALUE: 'output.value',
      OUTPUT_MIME_TYPE: 'output.mime_type',
      MODEL_NAME: 'llm.model_name',
      SYSTEM: 'gen_ai.system',
      LLM_SYSTEM: 'llm.system',
      LLM_PROVIDER: 'llm.provider',
      INVOCATION_PARAMETERS: 'llm.invocation_parameters',
      LLM_TOOLS: 'llm.tools',
      FINISH_REASON: 'llm.finish_reason',
      TOKEN_COUNT_PROMPT: 'llm.token_count.prompt',
      TOKEN_COUNT_COMPLETION: 'llm.token_count.completion',
      TOKEN_COUNT_TOTAL: 'llm.token_count.total',
      TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ: 'llm.token_count.prompt_details.cache_read',
      TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE: 'llm.token_count.prompt_details.cache_write',
      TOKEN_COUNT_PROMPT_DETAILS_AUDIO: 'llm.token_count.prompt_details.audio',
      TOKEN_COUNT_COMPLETION_DETAILS_REASONING: 'llm.token_count.completion_details.reasoning',
      TOKEN_COUNT_COMPLETION_DETAILS_AUDIO: 'llm.token_count.completion_details.audio',
      AGENT_ID: 'agent.id',
      AGENT_NAME: 'agent.name',
      AGENT_ROLE: 'agent.role',
      AGENT_TOOL_CALL_COUNT: 'agent.tool_call_count',
      AGENT_LLM_CALL_COUNT: 'agent.llm_call_count',
      AGENT_OUTCOME: 'agent.outcome',
      AGENT_STOP_REASON: 'agent.stop_reason',
      AGENT_FINALIZED: 'agent.finalized',
      USE_CASE: 'llm.use_case',
      CALL_SITE: 'llm.call_site',
      TOOL_NAME: 'tool.name',
      TOOL_DESCRIPTION: 'tool.description',
      TOOL_PARAMETERS: 'tool.parameters',
      TOOL_CALL_ID: 'tool_call.id',
      SESSION_ID: 'session.id',
      USER_ID: 'user.id',
      METADATA: 'metadata',
      TAG_TAGS: 'tag.tags',
    });
  });

  it('spells the keys as OpenInference does, apart from the documented additions', () => {
    const known = new Set<unknown>(
      [openInference, openInference.SemanticConventions].flatMap((keys) => Object.values(keys)),
    );
    expect(Object.values(Attr).filter((key) => !known.has(key))).toEqual([
      'gen_ai.system',
      'agent.id',
      'agent.role',
      'agent.tool_call_count',
      'agent.llm_call_count',
      'agent.outcome',
      'agent.stop_reason',
      'agent.finalized',
      'llm.use_case',
      'llm.call_site',
    ]);
  });

  it('is typed by the literal keys', () => {
    expectTypeOf(Attr.SPAN_KIND).toEqualTypeOf<'openinference.span.kind'>();
    expectTypeOf(Attr.MODEL_NAME).toEqualTypeOf<'llm.model_name'>();
    expectTypeOf(Attr.AGENT_ID).toEqualTypeOf<'agent.id'>();
    // @ts-expect-error a name that is not there
    expect(Attr.AGENT_IDD).toBeUndefined();
  });
});

describe('SpanKindValues', () => {
  it('are the kinds of OpenInference, all of them', () => {
    expect(SpanKindValues).toEqual({ ...openInference.OpenInferenceSpanKind });
    expectTypeOf<SpanKindValue>().toEqualTypeOf<`${openInference.OpenInferenceSpanKind}`>();
  });
});

describe('MessageRole', () => {
  it('names roles as messages have them', () => {
    expect(Object.values(MessageRole)).toEqual([
      'system',
      'developer',
      'user',
      'assistant',
      'tool',
    ]);
  });
});

describe('OpenInferenceAttribute', () => {
  const {
    inputMessagePrefix,
    outputMessagePrefix,
    messageContentPrefix,
    messageToolCallPrefix,
    toolPrefix,
    ...keys
  } = OpenInferenceAttribute;

  it('has OpenInference’s own keys under OpenInference’s own names', () => {
    const published: Readonly<Record<string, unknown>> = openInference;
    expect(Object.keys(keys).length).toBeGreaterThan(0);
    for (const [name, key] of Object.entries(keys)) expect(published[name], name).toBe(key);
  });

  it('builds the prefixes of flattened messages, parts, tool calls and tools', () => {
    const input = inputMessagePrefix(0);
    const output = outputMessagePrefix(2);
    expectTypeOf(input).toEqualTypeOf<`llm.input_messages.${number}`>();
    expect(input).toBe('llm.input_messages.0');
    expect(output).toBe('llm.output_messages.2');
    expect(`${input}.${keys.MESSAGE_ROLE}`).toBe('llm.input_messages.0.message.role');
    expect(messageContentPrefix(input, 1)).toBe('llm.input_messages.0.message.contents.1');
    expect(messageToolCallPrefix(output, 3)).toBe('llm.output_messages.2.message.tool_calls.3');
    expect(`${toolPrefix(4)}.${keys.TOOL_JSON_SCHEMA}`).toBe('llm.tools.4.tool.json_schema');
  });
});
