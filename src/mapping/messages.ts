import {
  AUDIO_MIME_TYPE as AUDIO_MIME_TYPE_KEY,
  AUDIO_TRANSCRIPT as AUDIO_TRANSCRIPT_KEY,
  AUDIO_URL,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { asJsonText, asText, isRecord, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

/** Prefixes of flattened messages: of the prompt and of the answer. */
export const INPUT_MESSAGES: string = `${S.LLM_INPUT_MESSAGES}.`;
export const OUTPUT_MESSAGES: string = `${S.LLM_OUTPUT_MESSAGES}.`;

const MEDIA_KEY: Readonly<Record<string, string>> = {
  image: `.${S.MESSAGE_CONTENT_IMAGE}.${S.IMAGE_URL}`,
  audio: `.${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_URL}`,
  video: `.${S.MESSAGE_CONTENT_VIDEO}.${S.VIDEO_URL}`,
};
const AUDIO_MIME_TYPE = `.${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_MIME_TYPE_KEY}`;
const AUDIO_TRANSCRIPT = `.${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_TRANSCRIPT_KEY}`;

/** The keys of one message. */
type MessageKeys = ReturnType<typeof createKeys>;

function createKeys(message: string) {
  return {
    role: `${message}.${S.MESSAGE_ROLE}`,
    name: `${message}.${S.MESSAGE_NAME}`,
    content: `${message}.${S.MESSAGE_CONTENT}`,
    contents: `${message}.${S.MESSAGE_CONTENTS}.`,
    toolCalls: `${message}.${S.MESSAGE_TOOL_CALLS}.`,
    toolCallId: `${message}.${S.MESSAGE_TOOL_CALL_ID}`,
  };
}

/** Keys of the first messages are kept: every model call of a session sends them again. */
const MAX_KEPT = 512;
const kept: Readonly<Record<string, MessageKeys[]>> = {
  [INPUT_MESSAGES]: [],
  [OUTPUT_MESSAGES]: [],
};

function messageKeys(side: string, index: number): MessageKeys {
  const known = kept[side]?.[index];
  if (known !== undefined) return known;
  const keys = createKeys(`${side}${index}`);
  const list = kept[side];
  // In order only, so that the list has no holes.
  if (list?.length === index && index < MAX_KEPT) list.push(keys);
  return keys;
}

/**
 * Puts messages in the GenAI format (`{role, parts}`) as `llm.*_messages.N.*`, in their order and
 * without index gaps, after system instructions, each of which is a message. Messages that somebody
 * set on the span win, and no key is sent twice.
 */
export function putMessages(
  mapping: SpanMapping,
  prefix: string,
  messages: readonly unknown[],
  system: readonly unknown[] = [],
): void {
  if ((messages.length === 0 && system.length === 0) || mapping.hasUnder(prefix)) return;
  let index = 0;
  for (const part of system) {
    if (isRecord(part))
      index = putMessage(mapping, prefix, { role: 'system', parts: [part] }, index);
  }
  for (const message of messages) {
    if (isRecord(message)) index = putMessage(mapping, prefix, message, index);
  }
}

/** Puts one message and returns the next index: a tool's result is a message by itself. */
function putMessage(
  mapping: SpanMapping,
  side: string,
  message: JsonRecord,
  firstIndex: number,
): number {
  let index = firstIndex;
  let content: JsonRecord[] | undefined;
  let calls: JsonRecord[] | undefined;
  const parts = message['parts'];
  for (const part of Array.isArray(parts) ? parts : []) {
    if (!isRecord(part)) continue;
    const type = part['type'];
    if (type === 'tool_call_response') {
      putToolResult(mapping, messageKeys(side, index), part);
      index += 1;
    } else if (type === 'tool_call') (calls ??= []).push(part);
    else (content ??= []).push(part);
  }
  if (content === undefined && calls === undefined && index > firstIndex) return index;
  const keys = messageKeys(side, index);
  mapping.putIndexed(keys.role, asText(message['role']) ?? 'user');
  mapping.putIndexed(keys.name, asText(message['name']));
  if (content !== undefined) putContent(mapping, keys, content);
  let position = 0;
  for (const call of calls ?? []) {
    putToolCall(mapping, `${keys.toolCalls}${position}.`, call);
    position += 1;
  }
  return index + 1;
}

/** Plain text goes to `message.content`; several parts, or one of another type, keep their order. */
function putContent(mapping: SpanMapping, keys: MessageKeys, parts: readonly JsonRecord[]): void {
  const [only] = parts;
  if (parts.length === 1 && only?.['type'] === 'text' && typeof only['content'] === 'string') {
    mapping.putIndexed(keys.content, only['content']);
    return;
  }
  let position = 0;
  for (const part of parts) {
    putPart(mapping, `${keys.contents}${position}`, part);
    position += 1;
  }
}

/**
 * Puts one part under `message.contents.N` (part types of `telemetry/gen_ai.ts`,
 * `toInputMessages`). A part of an unknown type keeps its JSON as text: nothing is lost.
 */
function putPart(mapping: SpanMapping, prefix: string, part: JsonRecord): void {
  const type = asText(part['type']);
  const modality = asText(part['modality']) ?? '';
  if ((type === 'uri' || type === 'blob') && Object.hasOwn(MEDIA_KEY, modality)) {
    putMedia(mapping, prefix, modality, part);
    return;
  }
  const isText = type === 'text' || type === 'reasoning';
  const text = isText ? (asJsonText(part['content']) ?? '') : JSON.stringify(part);
  mapping.putIndexed(`${prefix}.${S.MESSAGE_CONTENT_TYPE}`, isText ? type : 'text');
  mapping.putIndexed(`${prefix}.${S.MESSAGE_CONTENT_TEXT}`, text);
  if (!isText) return;
  mapping.putIndexed(`${prefix}.${S.MESSAGE_CONTENT_SIGNATURE}`, asText(part['signature']));
}

/**
 * LiveKit blanks inline data (`uri: ""`, `content: ""`), so a media part may have no address: its
 * type still says that the message had one.
 */
function putMedia(mapping: SpanMapping, prefix: string, modality: string, part: JsonRecord): void {
  mapping.putIndexed(`${prefix}.${S.MESSAGE_CONTENT_TYPE}`, modality);
  mapping.putIndexed(`${prefix}${MEDIA_KEY[modality]}`, mediaUrl(part));
  if (modality !== 'audio') return;
  mapping.putIndexed(prefix + AUDIO_MIME_TYPE, asText(part['mime_type']));
  mapping.putIndexed(prefix + AUDIO_TRANSCRIPT, asText(part['transcript']));
}

function mediaUrl(part: JsonRecord): string | undefined {
  const uri = asText(part['uri']);
  if (uri !== undefined) return uri;
  const data = asText(part['content']);
  if (data === undefined) return undefined;
  return `data:${asText(part['mime_type']) ?? 'application/octet-stream'};base64,${data}`;
}

function putToolCall(mapping: SpanMapping, prefix: string, call: JsonRecord): void {
  mapping.putIndexed(prefix + S.TOOL_CALL_ID, asText(call['id']));
  mapping.putIndexed(prefix + S.TOOL_CALL_FUNCTION_NAME, asText(call['name']));
  const text = asJsonText(call['arguments']);
  mapping.putIndexed(prefix + S.TOOL_CALL_FUNCTION_ARGUMENTS_JSON, text);
}

function putToolResult(mapping: SpanMapping, keys: MessageKeys, part: JsonRecord): void {
  mapping.putIndexed(keys.role, 'tool');
  mapping.putIndexed(keys.toolCallId, asText(part['id']));
  // `response` is LiveKit's and an early spelling of the convention; `result` is a later one.
  mapping.putIndexed(keys.content, asJsonText(part['response'] ?? part['result']));
}
