import { describe, expect, it } from 'vitest';
import {
  anthropicSpanAttributes,
  isAnthropicScope,
} from '../../src/integrations/anthropic/native-spans.js';

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'claude-x',
  'gen_ai.usage.input_tokens': 7,
  'anthropic.message.stop_reason': 'end_turn',
  'anthropic.request.id': 'req_1',
};

describe('a span of @anthropic-ai/sdk', () => {
  it('is known by its scope, of other clouds too', () => {
    expect(isAnthropicScope('com.anthropic.sdk.typescript')).toBe(true);
    expect(isAnthropicScope('com.anthropic.sdk.typescript.bedrock')).toBe(true);
    expect(isAnthropicScope('com.anthropic.sdk.typescripted')).toBe(false);
  });

  it('is a model call where nobody counts it', () => {
    const span = { name: 'anthropic.messages.create', attributes: CALL, isOwned: false };
    expect(anthropicSpanAttributes(span)).toEqual({
      'openinference.span.kind': 'LLM',
      'llm.finish_reason': 'end_turn',
      ...CALL,
    });
  });

  it('is a step without counts where somebody does', () => {
    const span = { name: 'anthropic.messages.create', attributes: CALL, isOwned: true };
    expect(anthropicSpanAttributes(span)).toEqual({
      'openinference.span.kind': 'CHAIN',
      'anthropic.message.stop_reason': 'end_turn',
      'anthropic.request.id': 'req_1',
    });
  });

  it('is a tool, or a step that runs tools', () => {
    const tool = anthropicSpanAttributes({
      name: 'anthropic.custom_tool_use getWeather',
      attributes: {},
      isOwned: false,
    });
    expect(tool).toEqual({ 'openinference.span.kind': 'TOOL', 'tool.name': 'getWeather' });
    const runner = { name: 'anthropic.messages.tool_runner', attributes: {}, isOwned: false };
    expect(anthropicSpanAttributes(runner)).toEqual({ 'openinference.span.kind': 'CHAIN' });
  });

  it('keeps what somebody set on it', () => {
    const attributes = { ...CALL, 'openinference.span.kind': 'AGENT' };
    const span = { name: 'anthropic.messages.create', attributes, isOwned: false };
    expect(anthropicSpanAttributes(span)['openinference.span.kind']).toBe('AGENT');
  });
});
