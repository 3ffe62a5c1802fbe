import {
  AUDIO_MIME_TYPE as AUDIO_MIME_TYPE_KEY,
  AUDIO_TRANSCRIPT as AUDIO_TRANSCRIPT_KEY,
  AUDIO_URL,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Message } from './conversation.js';
import type { AttributeEntry } from './mapped-span.js';
import { asJsonText, asText, type JsonRecord } from './read-attributes.js';

/** Prompt or answer: the prefix of its flattened messages, and the keys of the first ones. */
export interface MessageSide {
  readonly prefix: string;
  /** Kept, since every model call of a session sends the same messages again. */
  readonly keys: MessageKeys[];
}

export const INPUT_MESSAGES: MessageSide = { prefix: `${S.LLM_INPUT_MESSAGES}.`, keys: [] };
export const OUTPUT_MESSAGES: MessageSide = { prefix: `${S.LLM_OUTPUT_MESSAGES}.`, keys: [] };
const MAX_KEPT = 512;

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

function messageKeys({ prefix, keys }: MessageSide, index: number): MessageKeys {
  const known = keys[index];
  if (known !== undefined) return known;
  const created = createKeys(`${prefix}${index}`);
  if (index < MAX_KEPT) keys[index] = created;
  return created;
}

/**
 * Adds messages as `llm.*_messages.N.*`, in their order and without index gaps, after system
 * instructions, each of which is a message.
 */
export function addMessages(
  entries: AttributeEntry[],
  side: MessageSide,
  messages: readonly Message[],
  system: readonly JsonRecord[] = [],
): void {
  let index = 0;
  for (const part of system) {
    index = addMessage(entries, side, { role: 'system', parts: [part] }, index);
  }
  for (const message of messages) index = addMessage(entries, side, message, index);
}

/** Adds one message and returns the next index: a tool's result is a message by itself. */
function addMessage(
  entries: AttributeEntry[],
  side: MessageSide,
  { role, name, parts }: Message,
  firstIndex: number,
): number {
  let index = firstIndex;
  let contents = 0;
  let calls = 0;
  for (const part of parts) {
    const { type } = part;
    if (type === 'tool_call') calls += 1;
    else if (type !== 'tool_call_response') contents += 1;
    else {
      addToolResult(entries, messageKeys(side, index), part);
      index += 1;
    }
  }
  if (contents === 0 && calls === 0 && index > firstIndex) return index;
  const keys = messageKeys(side, index);
  add(entries, keys.role, role);
  if (name !== undefined) add(entries, keys.name, asText(name));
  let position = 0;
  let call = 0;
  for (const part of parts) {
    const { type, content } = part;
    if (type === 'tool_call_response') continue;
    if (type === 'tool_call') {
      addToolCall(entries, `${keys.toolCalls}${call}.`, part);
      call += 1;
    } else if (contents === 1 && type === 'text' && typeof content === 'string') {
      // Plain text; several parts, or one of another type, keep their order.
      add(entries, keys.content, content);
    } else {
      addPart(entries, `${keys.contents}${position}`, part);
      position += 1;
    }
  }
  return index + 1;
}

function add(entries: AttributeEntry[], key: string, value: string | undefined): void {
  if (value !== undefined) entries.push({ key, value });
}

/**
 * Adds one part under `message.contents.N` (part types of `telemetry/gen_ai.ts`,
 * `toInputMessages`). A part of an unknown type keeps its JSON as text: nothing is lost.
 */
function addPart(entries: AttributeEntry[], prefix: string, part: JsonRecord): void {
  const type = asText(part['type']);
  const modality = asText(part['modality']) ?? '';
  if ((type === 'uri' || type === 'blob') && Object.hasOwn(MEDIA_KEY, modality)) {
    addMedia(entries, prefix, modality, part);
    return;
  }
  const isText = type === 'text' || type === 'reasoning';
  const text = isText ? asJsonText(part['content'] ?? '') : JSON.stringify(part);
  add(entries, `${prefix}.${S.MESSAGE_CONTENT_TYPE}`, isText ? type : 'text');
  add(entries, `${prefix}.${S.MESSAGE_CONTENT_TEXT}`, text);
  if (!isText) return;
  add(entries, `${prefix}.${S.MESSAGE_CONTENT_SIGNATURE}`, asText(part['signature']));
}

/**
 * LiveKit blanks inline data (`uri: ""`, `content: ""`), so a media part may have no address: its
 * type still says that the message had one.
 */
function addMedia(
  entries: AttributeEntry[],
  prefix: string,
  modality: string,
  part: JsonRecord,
): void {
  add(entries, `${prefix}.${S.MESSAGE_CONTENT_TYPE}`, modality);
  add(entries, `${prefix}${MEDIA_KEY[modality]}`, mediaUrl(part));
  if (modality !== 'audio') return;
  add(entries, prefix + AUDIO_MIME_TYPE, asText(part['mime_type']));
  add(entries, prefix + AUDIO_TRANSCRIPT, asText(part['transcript']));
}

function mediaUrl(part: JsonRecord): string | undefined {
  const uri = asText(part['uri']);
  if (uri !== undefined) return uri;
  const data = asText(part['content']);
  if (data === undefined) return undefined;
  return `data:${asText(part['mime_type']) ?? 'application/octet-stream'};base64,${data}`;
}

function addToolCall(entries: AttributeEntry[], prefix: string, call: JsonRecord): void {
  add(entries, prefix + S.TOOL_CALL_ID, asText(call['id']));
  add(entries, prefix + S.TOOL_CALL_FUNCTION_NAME, asText(call['name']));
  add(entries, prefix + S.TOOL_CALL_FUNCTION_ARGUMENTS_JSON, asJsonText(call['arguments']));
}

function addToolResult(entries: AttributeEntry[], keys: MessageKeys, part: JsonRecord): void {
  add(entries, keys.role, 'tool');
  add(entries, keys.toolCallId, asText(part['id']));
  // `response` is LiveKit's and an early spelling of the convention; `result` is a later one.
  const { response, result } = part;
  add(entries, keys.content, asJsonText(response === undefined ? result : response));
}
