import { TOOL_DESCRIPTION, TOOL_NAME, toolCallPart, type ToolCall } from './conversation.js';
import type { PlanBuilder } from './session-plan.js';

interface ModelCallOptions {
  /** Number of the agent_turn span. */
  readonly parent: number;
  readonly requestId: string;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly output: { readonly text: string } | { readonly call: ToolCall };
}

const MODEL = 'gpt-4.1-mini';
const PROVIDER = 'openai';
/** Session time 0 in the wall-clock values inside the metrics JSON. */
const EPOCH_MILLIS = 1_795_224_738_000;

/**
 * One model call: llm_node → llm_request → llm_request_run. Both outer spans carry the whole
 * history, each in a spelling of its own, which is where nearly all bytes of a session are.
 */
export function planModelCall(builder: PlanBuilder, call: ModelCallOptions): void {
  const { conversation } = builder;
  const { startMillis, endMillis, output } = call;
  const length = conversation.length;
  const text = 'text' in output ? output.text : '';
  const ttft = conversation.seconds(0.2, 0.4);
  const usage = { prompt: 900 + length * 85, completion: 'text' in output ? 84 : 21 };

  const node = builder.start(startMillis, 'llm_node', call.parent);
  builder.set(startMillis, node, () => ({
    'lk.pii.chat_ctx': conversation.chatContextJson(length),
    'lk.function_tools': JSON.stringify([TOOL_NAME]),
  }));
  const request = builder.start(startMillis, 'llm_request', node);
  builder.set(startMillis, request, () => ({
    'gen_ai.request.model': MODEL,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.stream': true,
    ...builder.room,
    'gen_ai.output.type': 'text',
    'gen_ai.system_instructions': JSON.stringify([
      { type: 'text', content: conversation.instructions },
    ]),
    'gen_ai.input.messages': conversation.inputMessagesJson(length),
    'gen_ai.tool.definitions': JSON.stringify([
      { type: 'function', name: TOOL_NAME, description: TOOL_DESCRIPTION },
    ]),
  }));
  const run = builder.start(startMillis, 'llm_request_run', request);
  builder.set(startMillis, run, () => ({ 'lk.retry_count': 0 }));

  builder.set(endMillis, run, () => ({ 'lk.provider_request_ids': [call.requestId] }));
  builder.end(endMillis, run);
  builder.set(endMillis, request, () => ({
    'lk.llm_metrics': metricsJson(call, ttft, usage),
    'gen_ai.usage.input_tokens': usage.prompt,
    'gen_ai.usage.output_tokens': usage.completion,
    'gen_ai.usage.cache_read.input_tokens': 768,
    'gen_ai.usage.input_cached_tokens': 768,
    'gen_ai.response.id': call.requestId,
    'gen_ai.response.model': MODEL,
    'gen_ai.response.finish_reasons': ['text' in output ? 'stop' : 'tool_call'],
    'gen_ai.response.time_to_first_chunk': ttft,
    'gen_ai.output.messages': JSON.stringify([
      {
        role: 'assistant',
        parts: ['text' in output ? { type: 'text', content: text } : toolCallPart(output.call)],
        finish_reason: 'text' in output ? 'stop' : 'tool_call',
      },
    ]),
    'langfuse.observation.completion_start_time': new Date(
      EPOCH_MILLIS + startMillis + 300,
    ).toISOString(),
  }));
  builder.end(endMillis, request);
  builder.set(endMillis, node, () => ({
    'lk.pii.response.text': text,
    'lk.pii.response.function_calls': functionCallsJson(output),
    'lk.response.ttft': ttft,
    'gen_ai.request.model': MODEL,
    'gen_ai.provider.name': PROVIDER,
  }));
  builder.end(endMillis, node);
}

function functionCallsJson(output: ModelCallOptions['output']): string {
  if ('text' in output) return '[]';
  const { itemId, callId, name, argumentsJson } = output.call;
  return JSON.stringify([{ id: itemId, call_id: callId, name, arguments: argumentsJson }]);
}

function metricsJson(
  call: ModelCallOptions,
  ttft: number,
  usage: { readonly prompt: number; readonly completion: number },
): string {
  return JSON.stringify({
    type: 'llm_metrics',
    timestamp: EPOCH_MILLIS + call.endMillis,
    requestId: call.requestId,
    ttftMs: Math.round(ttft * 1000),
    durationMs: call.endMillis - call.startMillis,
    cancelled: false,
    label: 'openai.LLM',
    completionTokens: usage.completion,
    promptTokens: usage.prompt,
    promptCachedTokens: 768,
    cacheCreationTokens: 0,
    totalTokens: usage.prompt + usage.completion,
    tokensPerSecond: usage.completion / 0.7,
    metadata: { modelProvider: PROVIDER, modelName: MODEL },
  });
}
