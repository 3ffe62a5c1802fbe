import { isFailed, type PageSpan, textOf } from '../span-facts.js';

/** Those of the model calls that were made while a span was open, in order of arrival. */
export function callsWithin(span: PageSpan, calls: readonly PageSpan[]): readonly PageSpan[] {
  return calls.filter(
    (call) => call.startMillis >= span.startMillis && call.endMillis <= span.endMillis,
  );
}

/** Whether somebody speaks in a span. */
export function isTurn({ name }: PageSpan): boolean {
  return name === 'agent_turn' || name === 'user_turn';
}

/** What a row is called: the tool, or the span's own name. */
export function labelOf(span: PageSpan): string {
  return textOf(span, 'tool.name') ?? span.name;
}

/** Why a span failed. */
export function errorOf(span: PageSpan): string | undefined {
  if (!isFailed(span)) return undefined;
  if (span.status.message !== '') return span.status.message;
  const exception = span.events.find(({ name }) => name === 'exception');
  const message = exception?.attributes['exception.message'];
  return typeof message === 'string' && message !== '' ? message : 'failed';
}

/** Any attribute as text: a string as it is, everything else as JSON. */
export function showValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A call of a tool that a message asks for. */
export interface MessageToolCall {
  readonly name: string;
  readonly args: string;
}

/** A message of a model call, read back from OpenInference's flat attributes. */
export interface Message {
  readonly role: string;
  readonly text: string;
  readonly toolCalls: readonly MessageToolCall[];
}

type Fields = Map<string, string>;

const MESSAGE = /^(\d+)\.message\.(.+)$/;
const PART = /^contents\.(\d+)\.message_content\.(?:(text)|(type)|image\.image\.(url))$/;
const CALL = /^tool_calls\.(\d+)\.tool_call\.function\.(name|arguments)$/;

/** The messages under `llm.input_messages` or `llm.output_messages`, in order. */
export function messagesOf(
  { attributes }: PageSpan,
  prefix: 'llm.input_messages' | 'llm.output_messages',
): readonly Message[] {
  const byIndex = new Map<number, Fields>();
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const [, index, field] = MESSAGE.exec(key.slice(prefix.length + 1)) ?? [];
    if (index === undefined || field === undefined) continue;
    const fields = byIndex.get(Number(index)) ?? new Map<string, string>();
    byIndex.set(Number(index), fields.set(field, showValue(value)));
  }
  return [...byIndex].toSorted(([a], [b]) => a - b).map(([, fields]) => toMessage(fields));
}

/** The tools that were offered to a model, each as its JSON. */
export function toolsOf({ attributes }: PageSpan): readonly string[] {
  return Object.entries(attributes)
    .filter(([key]) => /^llm\.tools\.\d+\.tool\.json_schema$/.test(key))
    .map(([, value]) => showValue(value));
}

function toMessage(fields: Fields): Message {
  const parts: string[] = [];
  const calls = new Map<string, { name: string; args: string }>();
  for (const [field, value] of fields) {
    const [, , text, , url] = PART.exec(field) ?? [];
    if (text !== undefined) parts.push(value);
    if (url !== undefined) parts.push(`[image ${value.slice(0, 200)}]`);
    const [, index, part] = CALL.exec(field) ?? [];
    if (index === undefined) continue;
    const call = calls.get(index) ?? { name: '', args: '' };
    calls.set(index, part === 'name' ? { ...call, name: value } : { ...call, args: value });
  }
  const content = fields.get('content');
  return {
    role: fields.get('role') ?? 'message',
    text: [...(content === undefined ? [] : [content]), ...parts].join('\n'),
    toolCalls: [...calls.values()],
  };
}
