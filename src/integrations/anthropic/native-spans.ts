import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, Context, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';
import { ownerOf } from '../llm-owner.js';

/**
 * Scope of the spans that `@anthropic-ai/sdk` opens by itself from 0.134 on, in the global provider;
 * its packages for other clouds add their name.
 */
const SCOPE = 'com.anthropic.sdk.typescript';
const TOOL_SPAN = 'anthropic.custom_tool_use ';
const OPERATION = 'gen_ai.operation.name';
const COUNTED = /^gen_ai\.usage\.|^gen_ai\.operation\.name$|^gen_ai\.(?:request|response)\.model$/u;

export function isAnthropicScope(scopeName: string): boolean {
  return scopeName === SCOPE || scopeName.startsWith(`${SCOPE}.`);
}

/** Contexts of native spans whose call is counted above: what is above is known at the start alone. */
const owned = new WeakSet<SpanContext>();

export function noteNativeSpan(span: Span, parentContext: Context): void {
  if (!isAnthropicScope(span.instrumentationScope.name)) return;
  if (ownerOf(parentContext) !== undefined) owned.add(span.spanContext());
}

/** Attributes of a span as they are to be mapped: its own, unless it is a native one. */
export function nativeSpanAttributes(span: ReadableSpan): Attributes {
  const { name, attributes } = span;
  if (!isAnthropicScope(span.instrumentationScope.name)) return attributes;
  return anthropicSpanAttributes({ name, attributes, isOwned: owned.has(span.spanContext()) });
}

/**
 * The attributes of a native span with what OpenInference calls it added, to be mapped like those of
 * any span in OpenTelemetry's GenAI conventions.
 *
 * A call that our wrapper or a framework counts (`isOwned`) is a CHAIN without counts, and without
 * operation name and model, of which backends make a model call (Phoenix, Langfuse). One that nobody
 * counts is the LLM span.
 */
export function anthropicSpanAttributes({
  name,
  attributes,
  isOwned,
}: Pick<ReadableSpan, 'name' | 'attributes'> & { readonly isOwned: boolean }): Attributes {
  // What somebody set on the span stays.
  if (name.startsWith(TOOL_SPAN)) {
    const tool = name.slice(TOOL_SPAN.length);
    return { [S.OPENINFERENCE_SPAN_KIND]: 'TOOL', [S.TOOL_NAME]: tool, ...attributes };
  }
  const isCall = attributes[OPERATION] === 'chat';
  if (isCall && !isOwned) {
    const reason = attributes['anthropic.message.stop_reason'];
    return { [S.OPENINFERENCE_SPAN_KIND]: 'LLM', [S.LLM_FINISH_REASON]: reason, ...attributes };
  }
  const rest = Object.entries(attributes).filter(([key]) => !isCall || !COUNTED.test(key));
  return { [S.OPENINFERENCE_SPAN_KIND]: 'CHAIN', ...Object.fromEntries(rest) };
}
