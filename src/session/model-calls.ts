import type { Attributes } from '@opentelemetry/api';
import { readNumber } from '../mapping/read-attributes.js';
import type { SpanNode, Usage } from './span-node.js';

const INPUT = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'] as const;
const OUTPUT = ['gen_ai.usage.output_tokens', 'llm.token_count.completion'] as const;
const ADAPTER_MODEL = 'FallbackAdapter';

export function readUsage(attributes: Attributes): Usage | undefined {
  const input = readNumber(attributes, INPUT);
  const output = readNumber(attributes, OUTPUT);
  return input === undefined && output === undefined
    ? undefined
    : { input: input ?? 0, output: output ?? 0 };
}

/**
 * Whether the requests inside this one are its own call and not calls of another model. A fallback
 * adapter (`llm/fallback_adapter.ts`) repeats the usage of the request that answered; an LLM that
 * asks another one while it runs reports tokens of its own.
 */
export function isAdapter(node: SpanNode, attributes: Attributes): boolean {
  if (node.requests.length === 0) return false;
  if (attributes['gen_ai.request.model'] === ADAPTER_MODEL) return true;
  const usage = readUsage(attributes);
  return usage === undefined || node.requests.some(({ usage: inner }) => isSame(usage, inner));
}

function isSame(a: Usage, b: Usage | undefined): boolean {
  return b !== undefined && a.input === b.input && a.output === b.output;
}

/**
 * Whether a request of this node has the conversation, or will have it when it ends. The operation
 * name says so from the request's first moment on.
 */
export function hasMessagesBelow(node: SpanNode): boolean {
  return node.requests.some(
    (request) => request.hasMessages || isConversation(request.span?.attributes),
  );
}

export function isConversation(attributes: Attributes | undefined): boolean {
  return attributes?.['gen_ai.operation.name'] !== undefined;
}
