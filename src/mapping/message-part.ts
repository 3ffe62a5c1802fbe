import {
  AUDIO_MIME_TYPE as AUDIO_MIME_TYPE_KEY,
  AUDIO_TRANSCRIPT as AUDIO_TRANSCRIPT_KEY,
  AUDIO_URL,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { asJsonText, asText, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import type { MessageSide } from './message-side.js';

const MEDIA_KEY: Readonly<Record<string, string>> = {
  image: `${S.MESSAGE_CONTENT_IMAGE}.${S.IMAGE_URL}`,
  audio: `${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_URL}`,
  video: `${S.MESSAGE_CONTENT_VIDEO}.${S.VIDEO_URL}`,
};
const AUDIO_MIME_TYPE = `${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_MIME_TYPE_KEY}`;
const AUDIO_TRANSCRIPT = `${S.MESSAGE_CONTENT_AUDIO}.${AUDIO_TRANSCRIPT_KEY}`;

/** Part types of the GenAI message format (`telemetry/gen_ai.ts`, `toInputMessages`). */
export function isTextPart(part: JsonRecord): boolean {
  return part['type'] === 'text' && typeof part['content'] === 'string';
}

/**
 * Puts one part of a message that has several, or one that is not plain text, under
 * `message.contents.N`. A part of an unknown type keeps its JSON as text: nothing is lost.
 */
export function putMessagePart(
  mapping: SpanMapping,
  side: MessageSide,
  prefix: string,
  part: JsonRecord,
): void {
  const type = asText(part['type']);
  if (type === 'text' || type === 'reasoning') {
    mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_TYPE}`, type, side.structure);
    const text = asJsonText(part['content']) ?? '';
    mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_TEXT}`, text, side.text);
    const signature = asText(part['signature']);
    mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_SIGNATURE}`, signature, side.text);
    return;
  }
  const modality = asText(part['modality']) ?? '';
  if ((type === 'uri' || type === 'blob') && Object.hasOwn(MEDIA_KEY, modality)) {
    putMedia(mapping, side, prefix, modality, part);
    return;
  }
  mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_TYPE}`, 'text', side.structure);
  mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_TEXT}`, JSON.stringify(part), side.text);
}

/**
 * LiveKit blanks inline data (`uri: ""`, `content: ""`), so a media part may have no address: its
 * type still says that the message held one.
 */
function putMedia(
  mapping: SpanMapping,
  side: MessageSide,
  prefix: string,
  modality: string,
  part: JsonRecord,
): void {
  mapping.putIndexed(`${prefix}${S.MESSAGE_CONTENT_TYPE}`, modality, side.structure);
  const content = modality === 'image' ? side.image : side.audio;
  mapping.putIndexed(`${prefix}${MEDIA_KEY[modality]}`, mediaUrl(part), content);
  if (modality !== 'audio') return;
  mapping.putIndexed(`${prefix}${AUDIO_MIME_TYPE}`, asText(part['mime_type']), side.structure);
  mapping.putIndexed(`${prefix}${AUDIO_TRANSCRIPT}`, asText(part['transcript']), side.text);
}

function mediaUrl(part: JsonRecord): string | undefined {
  const uri = asText(part['uri']);
  if (uri !== undefined) return uri;
  const data = asText(part['content']);
  if (data === undefined) return undefined;
  return `data:${asText(part['mime_type']) ?? 'application/octet-stream'};base64,${data}`;
}
