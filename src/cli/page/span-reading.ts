import { isFailed, type SpanFacts, textOf } from '../span-facts.js';

/** Those of the model calls that were made while a span was open, in order of arrival. */
export function callsWithin(span: SpanFacts, calls: readonly SpanFacts[]): readonly SpanFacts[] {
  return calls.filter(
    (call) => call.startMillis >= span.startMillis && call.endMillis <= span.endMillis,
  );
}

/** What a row is called: the tool, or the span's own name. */
export function labelOf(span: SpanFacts): string {
  return textOf(span, 'tool.name') ?? span.name;
}

/** Why a span failed. */
export function errorOf(span: SpanFacts): string | undefined {
  if (!isFailed(span)) return undefined;
  const exception = span.events.find(({ name }) => name === 'exception');
  return span.status.message || showValue(exception?.attributes['exception.message']) || 'failed';
}

/** Any attribute as text: a string as it is, everything else as JSON. */
export function showValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A message of a model call, read back from OpenInference's flat attributes. */
export interface Message {
  role: string;
  readonly texts: string[];
  readonly toolCalls: Map<string, { name: string; args: string }>;
}

const MESSAGE = /^llm\.(input|output)_messages\.(\d+)\.message\.(.+)$/;
const TEXT = /^content$|^contents\.\d+\.message_content\.text$/;
const IMAGE = /^contents\.\d+\.message_content\.image\.image\.url$/;
const CALL = /^tool_calls\.(\d+)\.tool_call\.function\.(name|arguments)$/;

/** What a model was asked or answered, in order. */
export function messagesOf(
  { attributes }: SpanFacts,
  direction: 'input' | 'output',
): readonly Message[] {
  const byIndex = new Map<number, Message>();
  for (const [key, value] of Object.entries(attributes)) {
    const [, from, index = '', field = ''] = MESSAGE.exec(key) ?? [];
    if (from !== direction) continue;
    const message = byIndex.get(Number(index)) ?? {
      role: 'message',
      texts: [],
      toolCalls: new Map(),
    };
    byIndex.set(Number(index), message);
    addField(message, field, showValue(value));
  }
  return [...byIndex].toSorted(([a], [b]) => a - b).map(([, message]) => message);
}

function addField(message: Message, field: string, value: string): void {
  const { texts, toolCalls } = message;
  const [, index, part] = CALL.exec(field) ?? [];
  if (field === 'role') message.role = value;
  if (TEXT.test(field)) texts.push(value);
  if (IMAGE.test(field)) texts.push(`[image ${value.slice(0, 200)}]`);
  if (index === undefined) return;
  const call = toolCalls.get(index) ?? { name: '', args: '' };
  toolCalls.set(index, { ...call, [part === 'name' ? 'name' : 'args']: value });
}
