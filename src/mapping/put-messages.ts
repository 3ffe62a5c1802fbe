import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { asJsonText, asText, isRecord, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { isTextPart, putMessagePart } from './message-part.js';
import type { MessageSide } from './message-side.js';

const ROLE = `.${S.MESSAGE_ROLE}`;
const NAME = `.${S.MESSAGE_NAME}`;
const CONTENT = `.${S.MESSAGE_CONTENT}`;
const CONTENTS = `.${S.MESSAGE_CONTENTS}.`;
const TOOL_CALLS = `.${S.MESSAGE_TOOL_CALLS}.`;
const TOOL_CALL_ID = `.${S.MESSAGE_TOOL_CALL_ID}`;

/**
 * Puts messages in the GenAI format (`{role, parts}`) as `llm.*_messages.N.*`, in their order,
 * without index gaps, and returns the index after the last one.
 */
export function putMessages(
  mapping: SpanMapping,
  side: MessageSide,
  messages: readonly unknown[],
  firstIndex: number,
): number {
  let index = firstIndex;
  for (const message of messages) {
    if (isRecord(message)) index = putMessage(mapping, side, message, index);
  }
  return index;
}

/** System instructions come first, one message per part. */
export function putSystemInstructions(
  mapping: SpanMapping,
  side: MessageSide,
  parts: readonly unknown[],
): number {
  let index = 0;
  for (const part of parts) {
    if (isRecord(part)) index = putMessage(mapping, side, { role: 'system', parts: [part] }, index);
  }
  return index;
}

function putMessage(
  mapping: SpanMapping,
  side: MessageSide,
  message: JsonRecord,
  firstIndex: number,
): number {
  const parts = Array.isArray(message['parts']) ? message['parts'].filter(isRecord) : [];
  const role = asText(message['role']) ?? 'user';
  let index = firstIndex;
  const said: JsonRecord[] = [];
  const calls: JsonRecord[] = [];
  for (const part of parts) {
    if (part['type'] === 'tool_call_response') {
      putToolResult(mapping, `${side.prefix}${index}`, part);
      index += 1;
    } else if (part['type'] === 'tool_call') calls.push(part);
    else said.push(part);
  }
  if (said.length === 0 && calls.length === 0 && index > firstIndex) return index;
  const prefix = `${side.prefix}${index}`;
  mapping.putIndexed(prefix + ROLE, role);
  mapping.putIndexed(prefix + NAME, asText(message['name']));
  putSaid(mapping, prefix, said);
  calls.forEach((call, position) =>
    putToolCall(mapping, `${prefix}${TOOL_CALLS}${position}.`, call),
  );
  return index + 1;
}

/** Plain text goes to `message.content`; several parts, or one of another type, keep their order. */
function putSaid(mapping: SpanMapping, prefix: string, said: readonly JsonRecord[]): void {
  const [only] = said;
  if (said.length === 1 && only !== undefined && isTextPart(only)) {
    mapping.putIndexed(prefix + CONTENT, asJsonText(only['content']));
    return;
  }
  said.forEach((part, position) =>
    putMessagePart(mapping, `${prefix}${CONTENTS}${position}.`, part),
  );
}

function putToolCall(mapping: SpanMapping, prefix: string, call: JsonRecord): void {
  mapping.putIndexed(`${prefix}${S.TOOL_CALL_ID}`, asText(call['id']));
  const name = asText(call['name']);
  mapping.putIndexed(`${prefix}${S.TOOL_CALL_FUNCTION_NAME}`, name);
  const given = asJsonText(call['arguments']);
  mapping.putIndexed(`${prefix}${S.TOOL_CALL_FUNCTION_ARGUMENTS_JSON}`, given);
}

function putToolResult(mapping: SpanMapping, prefix: string, part: JsonRecord): void {
  mapping.putIndexed(prefix + ROLE, 'tool');
  mapping.putIndexed(prefix + TOOL_CALL_ID, asText(part['id']));
  // `response` is LiveKit's and an early spelling of the convention; `result` is a later one.
  const result = asJsonText(part['response'] ?? part['result']);
  mapping.putIndexed(prefix + CONTENT, result);
}
